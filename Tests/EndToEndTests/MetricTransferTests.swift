import Foundation
import Foundations
import TestSupport
import Testing

/// `nightjar metrics`: text in and out, snapshots and restoring, with the real binary.
@Suite struct MetricTransferTests {
    /// Two series over a day, with what text has trouble with. `start` is in seconds.
    static func text(start: Int) -> String {
        var lines = ["# TYPE orders counter", "# HELP orders Orders \\\"so far\\\"."]
        for step in 0..<1440 { lines.append("orders_total{shop=\"a\\\"b\\\\c\"} \(step * 3) \(start + step * 60).\(100 + step % 900)") }
        lines.append("# TYPE temperature gauge")
        let values = ["NaN", "+Inf", "-Inf", "-0", "0.1", "5e-324", "1e300", "12.25"]
        for step in 0..<1440 { lines.append("temperature \(values[step % 8]) \(start + step * 60)") }
        lines.append("temperature naN \(start + 86400)")
        return (lines + ["# EOF", ""]).joined(separator: "\n")
    }

    /// Two days ago, as seconds.
    static var start: Int { Int(SystemClock().now().nanoseconds / 1_000_000_000 / 7200) * 7200 - 2 * 86400 }

    @Test func textGoesInAndComesOutTheSame() async throws {
        let directory = TemporaryDirectory("transfer")
        try RealFileSystem().replace(directory.path("in.txt"), with: Array(Self.text(start: Self.start).utf8))
        let run = try await CommandRun.shell(
            """
            set -e
            $NIGHTJAR metrics import --data a in.txt
            $NIGHTJAR metrics export --data a -o one.txt
            cat one.txt | $NIGHTJAR metrics import --data b -
            $NIGHTJAR metrics export --data b > two.txt
            cmp one.txt two.txt && wc -l < one.txt
            $NIGHTJAR check --data b
            """, in: directory.path)
        #expect(run.code == 0 && run.messages.isEmpty, "\(run)")
        #expect(run.data.hasPrefix("imported 2881 samples of 2 series into 13 blocks, from "), "\(run)")
        #expect(run.data.hasSuffix("\n2885\nb/metrics: metric store ok\n"), "\(run)")
    }

    @Test func promtoolReadsWhatIsExportedAndItsDumpComesBack() async throws {
        guard access("/usr/bin/promtool", X_OK) == 0 else { return }
        let directory = TemporaryDirectory("promtool")
        try RealFileSystem().replace(directory.path("in.txt"), with: Array(Self.text(start: Self.start).utf8))
        let run = try await CommandRun.shell(
            """
            set -e
            $NIGHTJAR metrics import --data a in.txt
            $NIGHTJAR metrics export --data a -o one.txt
            promtool tsdb create-blocks-from openmetrics one.txt blocks > promtool.log
            mkdir -p blocks/wal
            promtool tsdb dump blocks | $NIGHTJAR metrics import --times milliseconds --data b -
            $NIGHTJAR metrics export --data b -o two.txt
            # All that promtool can't keep is the help and which NaN it was.
            grep -v '^# [HT]' one.txt | sed 's/ naN / NaN /' > three.txt
            cmp two.txt three.txt && echo same
            """, in: directory.path)
        #expect(run.code == 0 && run.data.hasSuffix("\nsame\n"), "\(run)")
    }

    @Test func aRunningCollectorTakesAndGivesText() async throws {
        let bench = try await Bench.start(logFiles: [])
        let text = Self.text(start: Self.start)
        try RealFileSystem().replace(bench.directory.path("in.txt"), with: Array(text.utf8))
        let url = "--url \(bench.probe.base)"
        let run = try await CommandRun.shell(
            "$NIGHTJAR metrics import in.txt \(url) && $NIGHTJAR metrics export --match temperature --match orders_total \(url)", in: bench.directory.path)
        #expect(run.code == 0 && run.messages.isEmpty, "\(run.messages)")
        let lines = run.data.split(separator: "\n").map(String.init)
        #expect(lines.first?.hasPrefix("imported 2881 samples of 2 series into 13 blocks") == true, "\(lines.first ?? "")")
        #expect(lines.dropFirst().filter { !$0.hasPrefix("#") }.count == 2881)
        #expect(lines.last == "# EOF")
        let query = try await CommandRun.shell("$NIGHTJAR query 'count_over_time(orders_total[4d])' \(url)")
        #expect(query.data.hasSuffix("  1440\n"), "\(query)")
        try RealFileSystem().replace(bench.directory.path("bad.txt"), with: Array((text.replacingOccurrences(of: "# EOF\n", with: "") + "x y z\n# EOF\n").utf8))
        let bad = try await CommandRun.shell("$NIGHTJAR metrics import bad.txt \(url)", in: bench.directory.path)
        #expect(bad.code == 2 && bad.messages.contains("nothing was imported: line 2885, column 4"), "\(bad)")
        let none = try await CommandRun.shell("$NIGHTJAR metrics export --match nothing_of_the_kind \(url)")
        #expect(none.code == 1 && none.data == "# EOF\n" && none.messages == "nightjar: no series match\n", "\(none)")
        let held = try await CommandRun.shell("$NIGHTJAR metrics export --data data", in: bench.directory.path)
        #expect(held.code == 3 && held.messages.contains("--url"), "\(held)")
        let status = try await bench.probe.data("/api/v1/status/tsdb", ["limit": "3"]) as? [String: Any]
        #expect((status?["seriesCountByMetricName"] as? [Any])?.count == 3 && (status?["nightjar"] as? [String: Any])?["refused"] != nil)
    }

    @Test func aLostStoreComesBackFromItsSnapshot() async throws {
        let directory = TemporaryDirectory("recovery")
        try RealFileSystem().replace(directory.path("in.txt"), with: Array(Self.text(start: Self.start).utf8))
        let run = try await CommandRun.shell(
            """
            set -e
            $NIGHTJAR metrics import --data data in.txt
            $NIGHTJAR metrics export --data data -o before.txt
            snapshot=$($NIGHTJAR metrics snapshot --data data)
            cp -r "$snapshot" backup
            rm -r data/metrics
            $NIGHTJAR metrics restore backup --data data
            $NIGHTJAR metrics export --data data -o after.txt
            cmp before.txt after.txt && echo same
            $NIGHTJAR metrics restore backup --data data || echo $?
            $NIGHTJAR metrics restore backup --data data --force
            $NIGHTJAR check --data data
            for file in backup/blocks/*; do printf x | dd of=$file bs=1 seek=200 conv=notrunc status=none; break; done
            $NIGHTJAR metrics restore backup --data data --force || echo $?
            $NIGHTJAR metrics export --data data | cmp - before.txt && echo unharmed
            $NIGHTJAR metrics restore data --data data || echo $?
            """, in: directory.path)
        #expect(run.code == 0, "\(run)")
        let lines = run.data.split(separator: "\n")
        #expect(lines.dropFirst().first?.hasPrefix("restored 2881 samples of 2 series in 13 blocks and the log, from ") == true, "\(run)")
        #expect(lines.dropFirst(2).filter { !$0.hasPrefix("restored") } == ["same", "2", "data/metrics: metric store ok", "2", "unharmed", "2"], "\(run)")
        for words in ["isn't empty", "1 damaged place", "is no snapshot"] { #expect(run.messages.contains(words), "\(run)") }
    }

    @Test(arguments: [
        (["import"], "<files>"), (["export", "--match", "{"], "--match must be a selector"), (["export", "--start", "now", "--end", "1h"], "--start must be earlier"),
        (["restore", "x"], "--data"), (["import", "--times", "hours", "-"], "--times"),
    ])
    func aWrongCommandLineIsRefused(_ arguments: [String], _ words: String) async throws {
        let run = try await CommandRun.shell("exec $NIGHTJAR metrics \(arguments.map { "'\($0)'" }.joined(separator: " "))")
        #expect(run.code == 64 && run.messages.contains(words), "\(run)")
    }

    @Test func whatCanNotBeReadIsNamed() async throws {
        let directory = TemporaryDirectory("transfer")
        try RealFileSystem().replace(directory.path("cut.txt"), with: Array("a 1 2\n".utf8))
        for (arguments, code, words) in [
            ("import --data a missing.txt", 2, "can't read missing.txt: No such file"), ("import --data a cut.txt", 2, "cut.txt: line 2, column 1: the text doesn't end"),
            ("export --data missing", 2, "there is no metric store"), ("snapshot --data missing", 2, "there is no metric store"),
        ] as [(String, Int32, String)] {
            let run = try await CommandRun.shell("$NIGHTJAR metrics \(arguments)", in: directory.path)
            #expect(run.code == code && run.data.isEmpty && run.messages.contains(words), "\(arguments): \(run)")
        }
    }
}
