import Foundation
import Foundations
import TestSupport
import Testing

/// Each command's output and exit code, as a person and a script meet them: data on standard output, messages on standard error.
@Suite(.serialized) struct CommandLineTests {
    @Test(arguments: [
        "up", "collector", "evaluator", "agent", "dash", "board", "query", "logs", "logs backup", "logs restore", "logs delete", "alerts", "check", "check dashboard", "token create", "sink",
        "test promql", "test routes", "test rules", "metrics import", "metrics export", "metrics snapshot", "metrics restore", "beat", "heartbeats",
        "incidents", "replay", "ack", "resolve", "comment", "silence", "silence add", "silence list", "silence expire", "escalate", "oncall",
        "oncall show", "oncall override", "oncall note", "oncall calendar", "oncall escalations", "explain", "drill",
    ])
    func everyHelpHasExamplesAndExitCodesAndFitsTheScreen(_ command: String) async throws {
        let run = try await CommandRun.shell("$NIGHTJAR \(command) --help")
        #expect(run.code == 0 && run.messages.isEmpty, "\(run)")
        for part in ["OVERVIEW:", "USAGE: nightjar \(command)", "Example", "  nightjar \(command)", "Exit codes:"] { #expect(run.data.contains(part), "\(part) in \(run)") }
        let examples = run.data.split(separator: "\n").filter { $0.hasPrefix("  nightjar") || $0.hasPrefix("    --") }
        #expect(examples.allSatisfy { $0.count <= 80 }, "an example is broken in two: \(examples)")
    }

    @Test func theProgramAloneShowsItsCommands() async throws {
        let run = try await CommandRun.nightjar()
        #expect(run.code == 0 && run.data.contains("nightjar up") && run.data.contains("SUBCOMMANDS:"), "\(run)")
        #expect(try await CommandRun.nightjar("--version").data.firstMatch(of: /^\d+\.\d+\.\d+\n$/) != nil)
    }

    @Test(arguments: [
        (["upp"], "did you mean `nightjar up`?"), (["frobnicate"], "`nightjar --help` lists them"), (["query"], "<expression>"), (["query", "--frobnicate", "x"], "--frobnicate"),
        (["query", "x", "--url", "ftp://x"], "--url must be an address such as"), (["query", "x", "--json", "--csv"], "exclude each other"), (["query", "x", "--step", "1m"], "give --range too"),
        (["logs", "--since", "soon"], "such as 30m, yesterday or 2026-01-31"), (["logs", "--since", "5m", "--until", "10m"], "--since must be earlier than --until"),
        (["logs", "-n", "0"], "--limit must be from 1 to 5000"), (["logs", "--follow", "--context", "3"], "leave --context out"), (["logs", "--follow", "--until", "now"], "--follow has no end"), (["dash", "--size", "1x1"], "20 to 1000"),
        (["dash"], "needs a terminal"), (["agent"], "no collector to send to"), (["agent", "--collector", "x"], "must begin with http"), (["agent", "--interval", "500ms"], "whole seconds"),
        (["up", "--listen", "a:b"], "--listen must be an address"), (["collector", "--tls-cert", "c"], "--tls-cert and --tls-key go together"), (["check"], "name the files to check"),
        (["token", "create", "x"], "say what the token allows"), (["token", "create", "a b", "--scope", "read"], "a token's name is"), (["sink", "--listen", "x:y"], "--listen must be an address"),
    ])
    func aWrongCommandLineIsRefusedWithWhatIsRight(_ arguments: [String], _ words: String) async throws {
        let directory = TemporaryDirectory("empty")
        let quoted = arguments.map { "'\($0)'" }.joined(separator: " ")
        let run = try await CommandRun.shell("exec $NIGHTJAR \(quoted)", in: directory.path)
        #expect(run.code == 64 && run.data.isEmpty, "\(run)")
        #expect(run.messages.contains(words), "\(run)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty, "nothing is made before the command line is understood")
    }

    @Test func aQueryPrintsATableJSONOrCSV() async throws {
        let bench = try await Bench.start(logFiles: [])
        try await bench.push(metric: "shop_orders", labels: ["shop": "a \"b\" \u{1B}[2J"], value: 4.5)
        let url = "--url \(bench.probe.base)"
        let table = try await CommandRun.shell("$NIGHTJAR query shop_orders \(url)")
        #expect(table.code == 0 && table.data.hasSuffix("  4.5\n") && table.data.hasPrefix("shop_orders{") && table.messages.isEmpty, "\(table)")
        let csv = try await CommandRun.shell("$NIGHTJAR query shop_orders --csv \(url)")
        #expect(csv.code == 0 && csv.data.hasPrefix("labels,seconds,value\n\"shop_orders{shop=\"\"a ") && csv.data.hasSuffix(",4.5\n"), "\(csv)")
        let json = try await CommandRun.shell("$NIGHTJAR query shop_orders --json \(url)")
        let object = try JSONSerialization.jsonObject(with: Data(json.data.utf8)) as? [String: Any]
        #expect(json.code == 0 && object?["status"] as? String == "success", "\(json)")
        for run in [table, csv, json] { #expect(!run.data.utf8.contains(0x1B), "no control character reaches the terminal") }
        let chart = try await CommandRun.shell("$NIGHTJAR query shop_orders --range 1m --step 5s \(url)")
        #expect(chart.code == 0 && chart.data.contains("▄"), "\(chart)")
        #expect(try await CommandRun.shell("$NIGHTJAR query '1 + 1' \(url)").data == "2\n")
        let none = try await CommandRun.shell("$NIGHTJAR query nothing_of_the_kind \(url)")
        #expect(none.code == 1 && none.data.isEmpty && none.messages == "nightjar: no series match\n", "\(none)")
        let wrong = try await CommandRun.shell("$NIGHTJAR query 'sum by (a (b)' \(url)")
        #expect(wrong.code == 2 && wrong.data.isEmpty, "\(wrong)")
        #expect(wrong.messages.hasSuffix("\n  sum by (a (b)\n            ^\n"), "the place is marked: \(wrong)")
    }

    @Test func aRangeIsDrawnAsAChartAndSeveralSeriesAsATable() async throws {
        let bench = try await Bench.start(logFiles: [])
        for (shop, value) in [("north", 4.5), ("south", 2)] { try await bench.push(metric: "shop_orders", labels: ["shop": shop, "town": "x"], value: value) }
        let url = "--url \(bench.probe.base)"
        let table = try await CommandRun.shell("$NIGHTJAR query shop_orders \(url)")
        #expect(table.data == "shop_orders{town=\"x\"}\nSHOP   VALUE\nnorth    4.5\nsouth      2\n", "\(table)")
        let course = try await CommandRun.shell("$NIGHTJAR query shop_orders --range 1m --step 5s --limit 1 \(url)")
        #expect(course.data.contains("SHOP   MIN  MAX  LAST  COURSE") || course.data.contains("MIN  MAX  LAST  COURSE"), "\(course)")
        #expect(course.messages == "nightjar: results truncated due to limit\n")
        let one = try await CommandRun.shell("COLUMNS=60 $NIGHTJAR query 'shop_orders{shop=\"north\"}' --range 1m --step 5s --chart \(url)")
        #expect(one.code == 0 && one.data.contains("── shop_orders{shop=\"north\", town=\"x\"}  4.5"), "\(one)")
        #expect(one.data.split(separator: "\n").allSatisfy { $0.count <= 60 } && !one.data.utf8.contains(0x1B), "no colours and no longer lines where it is no terminal")
        let bands = try await CommandRun.shell("LANG=C $NIGHTJAR query shop_orders --range 1m --chart \(url)")
        #expect(bands.data.contains("shop_orders{shop=\"south\", town=\"x\"}  2\n") && bands.data.utf8.allSatisfy { $0 < 0x80 }, "\(bands)")
        let coloured = try TerminalRun(["query", "shop_orders", "--range", "1m", "--chart", "--url", bench.probe.base])
        #expect(try await coloured.waitForExit(seconds: 10) == 0)
        #expect(coloured.output.contains("\u{1B}["), "a terminal gets colours")
        let plan = try await CommandRun.shell("$NIGHTJAR query 'sum(shop_orders)' --explain \(url)")
        #expect(plan.code == 0 && plan.data.hasPrefix("PART ") && plan.data.contains("\n  shop_orders (search 0)") && plan.data.contains("\nSEARCH "), "\(plan)")
        let late = try await CommandRun.shell("$NIGHTJAR query shop_orders --timeout 10s --at '2020-01-01' \(url)")
        #expect(late.code == 1 && late.messages == "nightjar: no series match\n", "\(late)")
    }

    @Test func shellsCompleteMetricsLabelsAndValues() async throws {
        let bench = try await Bench.start(logFiles: [])
        try await bench.push(metric: "shop_orders", labels: ["shop": "north"], value: 4.5)
        try await bench.push(metric: "shop_orders", labels: ["shop": "$(echo bad)"], value: 1)
        // What bash hands to the function that `nightjar --generate-completion-script bash` makes.
        let script = """
            mkdir bin && ln -s "$NIGHTJAR" bin/nightjar && PATH=$PWD/bin:$PATH && source <(nightjar --generate-completion-script bash)
            complete_word() {
                COMP_WORDS=(nightjar query --url \(bench.probe.base) "$1"); COMP_CWORD=4; COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
                _nightjar nightjar "${1#\\'}" x
                printf '%s\\n' "${COMPREPLY[@]}"
            }
            complete_word "'sum(rate(shop_or"; complete_word "'shop_orders{sh"; complete_word "'shop_orders{shop=\\""
            """
        let directory = TemporaryDirectory("completion")
        let run = try await CommandRun.shell(script, in: directory.path)
        #expect(run.data == "sum(rate(shop_orders\nshop_orders{shop=\nshop_orders{shop=\"north\"\n" && run.messages.isEmpty, "\(run)")
        let nobody = try await CommandRun.shell("time $NIGHTJAR ---completion query -- positional@0 4 3 nightjar query --url http://127.0.0.1:1 up_")
        #expect(nobody.code == 0 && nobody.data.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty, "\(nobody)")
    }

    @Test func outputEndsQuietlyWithItsReaderAndSaysWhenItCanNotBeWritten() async throws {
        let bench = try await Bench.start(logFiles: ["app.log"])
        try bench.append("app.log", (0..<2000).map { "line \($0) \(String(repeating: "x", count: 100))\n" }.joined())
        try #require(try await eventually { try await bench.found("{filename=~\".*app.log\"} |= `line 1999`") ? true : nil } == true)
        let url = "--url \(bench.probe.base)"
        for command in ["query '{__name__=~\".+\"}'", "query '{__name__=~\".+\"}' --json", "logs line -n 2000", "logs line -f -n 2000", "--help"] {
            let run = try await CommandRun.shell("timeout 10 $NIGHTJAR \(command) \(command == "--help" ? "" : url) | head -n 1 | cut -c 1-20; echo ${PIPESTATUS[0]}")
            let code = run.data.split(separator: "\n").last
            #expect((code == "141" || code == "0") && run.messages.isEmpty, "\(command): \(run)")
        }
        let full = try await CommandRun.shell("$NIGHTJAR query node_load1 \(url) > /dev/full")
        #expect(full.code == 1 && full.messages == "nightjar: can't write to standard output: No space left on device\n", "\(full)")
    }

    @Test func logsAreFoundByWordsAndLogQLAndTimes() async throws {
        let bench = try await Bench.start(logFiles: ["app.log"])
        try bench.append("app.log", "{\"level\":\"error\",\"msg\":\"payment refused\",\"id\":\"p1\"}\n{\"level\":\"info\",\"msg\":\"payment done\",\"id\":\"p2\"}\n")
        try #require(try await eventually { try await bench.found("{filename=~\".*app.log\"} |= `done`") ? true : nil } == true)
        let url = "--url \(bench.probe.base)"
        for arguments in ["payment", "'level:info payment'", "'{filename=~\".*app.log\"}'", "payment --since -5m", "payment --since today --utc", "'payment last 5m'"] {
            let run = try await CommandRun.shell("$NIGHTJAR logs \(arguments) \(url)")
            let lines = run.data.split(separator: "\n")
            #expect(run.code == 0 && lines.count == 2 && lines.last?.contains("INFO  bench-host app.log │") == true, "\(arguments): \(run)")
        }
        let json = try await CommandRun.shell("$NIGHTJAR logs payment -n 1 --json \(url)")
        let object = try JSONSerialization.jsonObject(with: Data(json.data.utf8)) as? [String: Any]
        #expect(object?["level"] as? String == "info" && (object?["stream"] as? [String: String])?["instance"] == "bench-host", "\(json)")
        let none = try await CommandRun.shell("$NIGHTJAR logs nothing-of-the-kind \(url)")
        #expect(none.code == 1 && none.data.isEmpty && none.messages == "nightjar: no lines match\n", "\(none)")
        let wrong = try await CommandRun.shell("$NIGHTJAR logs '{a=' \(url)")
        #expect(wrong.code == 2 && wrong.messages.hasSuffix("\n  {a=\n     ^\n"), "\(wrong)")
    }

    @Test func logsAreCountedAndSeenWithWhatIsAroundThem() async throws {
        let bench = try await Bench.start(logFiles: ["app.log"])
        try bench.append("app.log", (1...40).map { "{\"level\":\"\($0 % 10 == 0 ? "error" : "info")\",\"msg\":\"order \($0) \($0 % 10 == 0 ? "refused" : "done")\",\"status\":\($0 % 10 == 0 ? 503 : 200)}\n" }.joined())
        try #require(try await eventually { try await bench.found("{filename=~\".*app.log\"} |= `order 40`") ? true : nil } == true)
        let url = "--url \(bench.probe.base)"
        let app = "filename:*app.log"
        for (arguments, data) in [("'\(app) | by status'", "COUNT                                  OF\n"), ("'\(app) | count'", "40\n"), ("'\(app) refused | by 1h'", "TIME"), ("'\(app) status>=500 | count'", "4\n")] {
            let run = try await CommandRun.shell("$NIGHTJAR logs \(arguments) \(url)")
            #expect(run.code == 0 && run.data.hasPrefix(data) && run.messages.isEmpty, "\(arguments): \(run)")
        }
        let around = try await CommandRun.shell("$NIGHTJAR logs '\(app) \"order 20\"' --context 1 \(url)")
        #expect(around.code == 0 && around.data.split(separator: "\n").count == 3 && around.data.contains("order 19 ") && around.data.contains("order 21 "), "\(around)")
        let marked = try await CommandRun.shell("$NIGHTJAR logs '\(app) \"order 20\" context 1' --json \(url)")
        #expect(marked.data.components(separatedBy: "\"hit\":true").count == 2 && marked.data.components(separatedBy: "\"hit\":false").count == 3, "\(marked)")
        let patterns = try await CommandRun.shell("$NIGHTJAR logs patterns new '\(app)' \(url)")
        #expect(patterns.code == 0 && patterns.data.hasPrefix("COUNT") && patterns.data.contains("refused"), "\(patterns)")
        let numbers = try await CommandRun.shell("$NIGHTJAR logs 'sum by (status) (count_over_time({filename=~\".*app.log\"}[1h]))' --json --stats --explain \(url)")
        #expect(numbers.data.contains("{\"labels\":{\"status\":\"200\"},\"seconds\":") && numbers.messages.contains("counts by field status: ") && numbers.messages.contains("counts added up"), "\(numbers)")
        for (arguments, words) in [("'x | frob'", "there is no command `frob`"), ("'status>much'", "no number, length of time or size"), ("--follow 'x | by 5m'", "a live tail shows lines alone")] {
            let run = try await CommandRun.shell("$NIGHTJAR logs \(arguments) \(url)")
            #expect(run.code == 2 && run.data.isEmpty && run.messages.contains(words), "\(arguments): \(run)")
        }
        for (typed, offered) in [("{filena", "{filename="), ("level:er", "level:error"), ("sta", "status:"), ("{job", "{job=")] {
            let run = try await CommandRun.shell("$NIGHTJAR ---completion logs -- positional@0 4 \(typed.count) nightjar logs \(url) '\(typed)'")
            #expect(run.data.split(separator: "\n").contains { $0 == offered }, "\(typed): \(run)")
        }
    }

    @Test func followingShowsWhatIsThereAndWhatComesOnceAndEndsWithASignalOrTheCollector() async throws {
        let bench = try await Bench.start(logFiles: ["app.log"])
        try bench.append("app.log", "before 1\n")
        try #require(try await eventually { try await bench.found("{filename=~\".*app.log\"} |= `before`") ? true : nil } == true)
        let output = bench.directory.path("follow")
        let arguments = ["logs", "{filename=~\".*app.log\"}", "--follow", "--url", bench.probe.base]
        let follower = NightjarProcess(arguments, output: output)
        try #require(try await eventually { follower.output.contains("before 1") ? true : nil } == true, "\(follower.output)")
        try bench.append("app.log", (1...20).map { "after \($0)\n" }.joined())
        #expect(try await eventually { follower.output.contains("after 20\n") ? true : nil } == true, "\(follower.output)")
        #expect(follower.output.split(separator: "\n").count == 21, "no line is missing or twice: \(follower.output)")
        follower.kill(SIGINT)
        #expect(try await follower.waitForExit(seconds: 5) == 0)

        let second = NightjarProcess(arguments, output: output + "2")
        try #require(try await eventually { second.output.contains("after 20") ? true : nil } == true)
        try await bench.nightjar.killHard()
        #expect(try await second.waitForExit(seconds: 5) == 3)
        #expect(second.output.split(separator: "\n").filter { $0.hasPrefix("nightjar: ") }.count == 1, "\(second.output)")
    }

    @Test func alertsAndTheDashboardEndWithTheState() async throws {
        let rules = """
            groups:
              - name: a
                interval: 1s
                rules:
                  - alert: Minor
                    expr: vector(1)
                    labels: {severity: warning}
                    annotations: {summary: it is minor}
                  - alert: Major
                    expr: vector(1)
                    labels: {severity: critical}

            """
        let bench = try await Bench.start(logFiles: [], rules: rules)
        try #require(try await eventually { try await bench.activeAt("Major") } != nil)
        let url = "--url \(bench.probe.base)"
        let alerts = try #require(try await eventually { () -> CommandRun? in
            let run = try await CommandRun.shell("$NIGHTJAR alerts \(url)")
            return run.code == 2 ? run : nil
        })
        let lines = alerts.data.split(separator: "\n")
        #expect(lines.count == 2 && lines.first?.hasPrefix("✖ CRIT  firing  Major  since ") == true && lines.last?.hasSuffix("it is minor") == true, "\(alerts)")
        let json = try await CommandRun.shell("$NIGHTJAR alerts --json \(url)")
        #expect(json.code == 0 && json.data.contains("\"alertname\":\"Major\""), "\(json)")
        let frame = try await CommandRun.shell("$NIGHTJAR dash --once --size 100x20 \(url)")
        #expect(frame.code == 2 && frame.data.contains("1 CRIT") && frame.data.split(separator: "\n", omittingEmptySubsequences: false).count == 21, "\(frame)")
        let report = try await CommandRun.shell("$NIGHTJAR dash --json \(url)")
        #expect(report.code == 2 && report.data.contains("\"state\" : \"critical\""), "\(report)")
    }

    @Test func whatIsNoCollectorIsSaidSoWithThreeAsCode() async throws {
        let strange = LoopbackServer { _ in .reply(status: 200, body: Array("{\"hello\":1}".utf8)) }
        defer { strange.stop() }
        let nobody = "http://127.0.0.1:\(freePort())"
        for command in ["query up", "query up --json", "logs x", "logs x -f", "alerts", "alerts --json"] {
            let run = try await CommandRun.shell("$NIGHTJAR \(command) --url \(strange.url)")
            #expect(run.code == 3 && run.data.isEmpty && run.messages.contains("is --url right?"), "\(command): \(run)")
            let lost = try await CommandRun.shell("$NIGHTJAR \(command) --url \(nobody)")
            #expect(lost.code == 3 && lost.data.isEmpty && lost.messages.contains("can't reach the collector at \(nobody)"), "\(command): \(lost)")
            #expect(lost.messages.split(separator: "\n").count == 1, "\(lost)")
        }
        for command in ["dash --once", "dash --json"] { #expect(try await CommandRun.shell("$NIGHTJAR \(command) --url \(nobody)").code == 3) }
    }

    @Test func checkNamesWhatIsWrongInTheOrderOfTheFile() async throws {
        let directory = TemporaryDirectory("check")
        try RealFileSystem().replace(directory.path("good.yml"), with: Array("listen: 127.0.0.1:1\n".utf8))
        try RealFileSystem().replace(directory.path("bad.yml"), with: Array("lisen: x\nretention:\n  metrics: 5x\n".utf8))
        let good = try await CommandRun.shell("$NIGHTJAR check good.yml", in: directory.path)
        #expect(good.code == 0 && good.data == "good.yml: configuration ok\n", "\(good)")
        let bad = try await CommandRun.shell("$NIGHTJAR check '*.yml'", in: directory.path)
        let lines = bad.data.split(separator: "\n")
        #expect(bad.code == 1 && lines.contains { $0.hasPrefix("bad.yml:1:1: ") && $0.hasSuffix("did you mean `listen`?") }, "\(bad)")
        #expect(lines.contains("good.yml: configuration ok"), "\(bad)")
        let json = try await CommandRun.shell("$NIGHTJAR check --json bad.yml", in: directory.path)
        let problems = try JSONSerialization.jsonObject(with: Data(json.data.utf8)) as? [[String: Any]]
        #expect(json.code == 1 && problems?.map { $0["line"] as? Int } == [1, 3], "\(json)")
        for arguments in ["missing.yml", "--data missing"] {
            let missing = try await CommandRun.shell("$NIGHTJAR check \(arguments)", in: directory.path)
            #expect(missing.code == 2 && missing.data.isEmpty && missing.messages.contains("there is no"), "\(missing)")
        }
        let up = try await CommandRun.shell("$NIGHTJAR up --config bad.yml", in: directory.path)
        #expect(up.code == 2 && up.messages.contains("bad.yml:1") && up.messages.contains("Nothing was started"), "\(up)")
    }

    @Test func promQLScriptsPassFailOrCanNotBeRead() async throws {
        let directory = TemporaryDirectory("scripts")
        let script = "load 1m\n  a 1 2 3\n\neval instant at 1m a\n  a 2\n"
        try RealFileSystem().replace(directory.path("good.test"), with: Array(script.utf8))
        try RealFileSystem().replace(directory.path("bad.test"), with: Array(script.replacingOccurrences(of: "a 2\n", with: "a 7\n").utf8))
        let good = try await CommandRun.shell("$NIGHTJAR test promql good.test", in: directory.path)
        #expect(good.code == 0 && good.data == "passed 1 of 1\n", "\(good)")
        let bad = try await CommandRun.shell("$NIGHTJAR test promql bad.test", in: directory.path)
        #expect(bad.code == 1 && bad.data.contains("bad.test") && bad.data.hasSuffix("passed 0 of 1\n"), "\(bad)")
        #expect(try await CommandRun.shell("$NIGHTJAR test promql missing.test", in: directory.path).code == 2)
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func completionScriptsAreMade(_ shell: String) async throws {
        let run = try await CommandRun.shell("$NIGHTJAR --generate-completion-script \(shell)" + (shell == "bash" ? " | tee >(bash -n)" : ""))
        #expect(run.code == 0 && run.data.contains("collector") && run.messages.isEmpty, "\(run.code) \(run.messages)")
    }
}
