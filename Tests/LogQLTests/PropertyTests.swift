import Foundations
import Model
import Testing

@testable import LogQL

/// Random records and random queries: the engine gives what a plain list gives.
struct PropertyTests {
    private static func pick<Element>(_ list: [Element], _ random: inout SeededGenerator) -> Element { list.randomElement(using: &random)! }

    /// Lines of three kinds in four streams, many of them at whole seconds, where windows begin and end.
    private static func records(_ count: Int, _ random: inout SeededGenerator) -> [LogRecord] {
        let streams: [Labels] = [["app": "a", "host": "x"], ["app": "a", "host": "y"], ["app": "b"], ["app": "b", "host": "x", "n": "label"]]
        return (0..<count).map { _ in
            let seconds = Int64.random(in: 0..<600, using: &random)
            let nanoseconds = Bool.random(using: &random) ? 0 : Int64.random(in: 0..<1_000_000_000, using: &random)
            let (number, word) = (Int.random(in: -3...9, using: &random), pick(["red", "green", "blue"], &random))
            let body = pick(["n=\(number) word=\(word) end", "{\"n\":\(number),\"word\":\"\(word)\"}", "\(word) \(number)", "n=many word=\(word)"], &random)
            var record = LogRecord(timestamp: NanoTimestamp(nanoseconds: seconds * 1_000_000_000 + nanoseconds), stream: pick(streams, &random), body: body)
            record.level = pick([.unknown, .info, .error], &random)
            if Bool.random(using: &random) { record.fields = [LogField("status", .integer(Int64(pick([200, 404, 503], &random)))), LogField("word", word)] }
            return record
        }.sorted { $0.timestamp < $1.timestamp }
    }

    private static func test(_ random: inout SeededGenerator, numbers: Bool = true) -> PlainQuery.Test {
        let name = pick(["app", "host", "level", "status", "word", "n", "n_extracted", "missing"], &random)
        let value = pick(["a", "b", "x", "error", "503", "red", "green", "7", ""], &random)
        switch Int.random(in: 0..<(numbers ? 4 : 3), using: &random) {
        case 0: return .equals(name, value)
        case 1: return .differs(name, value)
        case 2: return .isOneOf(name, [value, pick(["info", "200", "blue", "y"], &random)])
        default: return .over(pick(["status", "n"], &random), Double(pick([-1, 3, 300], &random)))
        }
    }

    private static func query(_ random: inout SeededGenerator) -> PlainQuery {
        let selectors: [[PlainQuery.Test]] = [[.equals("app", "a")], [.isOneOf("app", ["a", "b"])], [.differs("host", "x")], [.equals("app", "b"), .equals("level", "error")], []]
        var stages = (0..<Int.random(in: 0...3, using: &random)).map { _ -> PlainQuery.Stage in
            switch Int.random(in: 0..<10, using: &random) {
            case 0: .has([pick(["red", "n=", "1"], &random)])
            case 1: .has(["red", "blue"])
            case 2: .hasNot([pick(["green", "end"], &random), "many"])
            case 3: .json
            case 4: .logfmt
            case 5: .both(test(&random), test(&random))
            case 6: .either(test(&random), test(&random))
            case 7: pick([.rename("word", to: "w"), .format("word"), .drop("word"), .drop("host")], &random)
            default: .test(test(&random))
            }
        }
        // `| drop host != "x"` is a condition on what is dropped, as in Loki.
        for index in stages.indices.dropFirst() {
            if case .drop = stages[index - 1], case .hasNot = stages[index] { stages[index] = .json }
        }
        return PlainQuery(selector: pick(selectors, &random), stages: stages)
    }

    @Test(arguments: 0..<8) func linesAreThoseOfAPlainList(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: 100 + seed)
        let records = Self.records(300, &random)
        let engine = LogEngine(reader: ListReader(records))
        for _ in 0..<40 {
            let query = Self.query(&random)
            let (start, end) = (Int64.random(in: 0..<300, using: &random), Int64.random(in: 300..<700, using: &random))
            let limit = Self.pick([3, 50, 1000], &random)
            let isNewestFirst = Bool.random(using: &random)
            var expected = records.filter { $0.timestamp >= moment(start) && $0.timestamp < moment(end) }.compactMap(query.line)
            if isNewestFirst { expected.reverse() }
            let result = try await engine.run(
                query.text, start: moment(start), end: moment(end), stepNanoseconds: 1_000_000_000, limit: limit, direction: isNewestFirst ? .newestFirst : .oldestFirst)
            guard case .streams(let streams) = result else { return #expect(Bool(false), "\(query.text)") }
            let found = streams.flatMap { stream in stream.entries.map { "\($0.timestamp.nanoseconds) \($0.line)" } }.sorted()
            #expect(found == expected.prefix(limit).map { "\($0.record.timestamp.nanoseconds) \($0.text)" }.sorted(), "\(query.text)")
        }
    }

    /// Conditions that are added to a query of lines or of numbers, against a list that has only the lines which fulfil them.
    @Test(arguments: 0..<8) func addedConditionsLeaveThoseLinesAlone(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: 2100 + seed)
        let records = Self.records(250, &random)
        func text(_ records: [LogRecord], _ query: String, _ conditions: LabelConditions) async throws -> String {
            let request = LogRequest(query: query, start: moment(60), end: moment(540), stepNanoseconds: 60_000_000_000, limit: 1000)
            switch try await LogEngine(reader: ListReader(records), options: .init(extraConditions: conditions)).answer(request).result {
            case .streams(let streams): return streams.map { "\($0.labels) \($0.entries.map(\.line))" }.joined(separator: "\n")
            case .matrix(let series): return series.map { "\($0.labels) \($0.timestamps) \($0.values)" }.joined(separator: "\n")
            default: return "other"
            }
        }
        let lists: [[Matcher]] = [
            [Matcher("app", equals: "a")], [try Matcher("app", .notEqual, "a")], [try Matcher("host", .regex, "x|y")], [Matcher("host", equals: "x"), Matcher("app", equals: "b")],
            [Matcher("status", equals: "503")], [try Matcher("word", .notEqual, "red"), Matcher("app", equals: "a")], [Matcher("level", equals: "error")],
        ]
        let alternatives = [
            [lists[0], lists[2]], [lists[0], [Matcher("app", equals: "b")]], [lists[3], lists[4]], [lists[1], lists[6]], [lists[5], lists[3], lists[4]],
        ]
        let choices = lists.map { LabelConditions($0) } + alternatives.map { LabelConditions(alternatives: $0) }
            + [LabelConditions(alternatives: [lists[4], lists[6]], and: lists[0])]
        for matchers in choices {
            let narrowed = records.filter { record in Self.fulfils(record, matchers) }
            for query in [
                #"{app=~"a|b"}"#, #"{app="a"} |= "red""#, #"{app=~".+"} | app="a" or host="x""#, #"sum by (app) (count_over_time({app=~".+"}[2m]))"#,
                #"sum(rate({app="a"}[1m])) / (sum(rate({app=~"a|b"}[1m])) + 1)"#, #"max(sum_over_time({app=~".+"} | unwrap status [1m]))"#,
                #"label_replace(count_over_time({app=~".+"}[1m]), "to", "$1", "app", "(.*)")"#, #"vector(1) or sum(count_over_time({app="none"}[1m]))"#,
            ] {
                let (found, expected) = (try await text(records, query, matchers), try await text(narrowed, query, LabelConditions()))
                #expect(found == expected, "\(query) with \(matchers)")
            }
        }
    }

    private static func fulfils(_ record: LogRecord, _ conditions: LabelConditions) -> Bool {
        conditions.lists.contains { matchers in
            matchers.allSatisfy { matcher in
                if matcher.name == "level" { return matcher.matches(record.level.name) }
                return matcher.matches(record.stream[matcher.name] ?? record.field(matcher.name)?.description ?? "")
            }
        }
    }

    /// Streams, their volumes, patterns, fields, live tails and lines around lines: all that is asked of an engine beside queries.
    @Test(arguments: 0..<4) func addedConditionsHoldForListsAndTails(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: 2200 + seed)
        let records = Self.records(250, &random)
        let (start, end) = (moment(60), moment(540))
        func text(_ records: [LogRecord], _ conditions: LabelConditions) async throws -> [String] {
            let engine = LogEngine(reader: ListReader(records), clock: ManualClock(end), options: .init(extraConditions: conditions))
            let plan = try await engine.tailPlan(#"{app=~".+"} | label_format app="a", host="x""#)
            let (lines, _) = try await engine.ask(LogQuestion(text: "red", start: start, end: end, limit: 100, contextLines: 1))
            let counted = try await engine.ask(LogQuestion(text: "red | by 1m", start: start, end: end, limit: 100)).findings
            let fields = try await engine.detectedFields(#"{app=~".+"}"#, start: start, end: end, lineLimit: 100, limit: 100)
            return [
                "\(try await engine.streams([], start: start, end: end))", "\(try await engine.streams([[Matcher("app", equals: "a")], [Matcher("host", equals: "x")]], start: start, end: end))",
                "\(try await engine.volumes([], start: start, end: end))", "\(try await engine.tally([Matcher("app", equals: "a")], start: start, end: end, stepNanoseconds: 60_000_000_000))",
                "\(ListReader(records).records.filter { ListReader.matches($0, plan.query) }.compactMap { plan.transform($0)?.line })", "\(lines)", "\(counted)", "\(fields.map { "\($0.name) \($0.values.sorted())" })",
            ]
        }
        for conditions in [
            LabelConditions([Matcher("app", equals: "a")]), LabelConditions([Matcher("status", equals: "503")]), LabelConditions([Matcher("level", equals: "error")]),
            LabelConditions(alternatives: [[Matcher("app", equals: "a")], [Matcher("host", equals: "x")]]),
            LabelConditions(alternatives: [[Matcher("app", equals: "b")], [Matcher("status", equals: "503")]]),
        ] {
            let narrowed = records.filter { Self.fulfils($0, conditions) }
            #expect(try await text(records, conditions) == text(narrowed, LabelConditions()), "\(conditions)")
        }
    }

    @Test func noQueryMakesUpWhatAConditionAsksFor() async throws {
        let records = [record(1, "user=ann"), record(2, "user=bob"), record(3, "team=a")]
        for (conditions, query) in [
            (LabelConditions([Matcher("user", equals: "ann")]), #"{job="app"} | label_format user="ann" | logfmt"#),
            (LabelConditions([Matcher("user", equals: "ann")]), #"{job="app"} | line_format "user=ann" | logfmt"#),
            (LabelConditions(alternatives: [[Matcher("job", equals: "other")], [Matcher("user", equals: "ann")]]), #"{job="app"} | label_format job="other", user="ann""#),
        ] {
            let engine = LogEngine(reader: ListReader(records), options: .init(extraConditions: conditions))
            guard case .streams(let streams) = try await engine.answer(LogRequest(query: query, start: moment(0), end: moment(10))).result else { return #expect(Bool(false)) }
            #expect(streams.flatMap(\.entries).isEmpty, "\(query)")
        }
    }

    @Test func addedConditionsSeeWhatAParserTakesOut() async throws {
        let records = [record(1, "user=ann"), record(2, "user=bob"), record(3, "plain")]
        var request = LogRequest(query: #"{job="app"} | logfmt | line_format "{{.user}}""#, start: moment(0), end: moment(10))
        let ofAnn = LogEngine.Options(extraConditions: LabelConditions([Matcher("user", equals: "ann")]))
        guard case .streams(let streams) = try await LogEngine(reader: ListReader(records), options: ofAnn).answer(request).result else { return #expect(Bool(false)) }
        #expect(streams.flatMap(\.entries).map(\.line) == ["ann"])
        request.query = "ann"
        let ofOthers = LogEngine.Options(extraConditions: LabelConditions([try Matcher("job", .notEqual, "app")]))
        guard case .streams(let none) = try await LogEngine(reader: ListReader(records), options: ofOthers).answer(request).result else { return #expect(Bool(false)) }
        #expect(none.isEmpty)
        #expect(try LogEngine.conditions(of: #"{a!="b"}"#).map(\.description) == [#"a!="b""#])
        for wrong in ["", "{}", #"{a="b"} |= "c""#, "a", #"count_over_time({a="b"}[1m])"#] { #expect(throws: LogQLError.self, "\(wrong)") { _ = try LogEngine.conditions(of: wrong) } }
    }

    private static func metric(_ random: inout SeededGenerator) -> PlainMetric {
        let counts = ["count_over_time", "rate", "bytes_over_time", "bytes_rate"]
        let unwrapping = ["sum_over_time", "avg_over_time", "min_over_time", "max_over_time", "first_over_time", "last_over_time", "rate"]
        let unwraps = Bool.random(using: &random)
        var metric = PlainMetric(
            function: pick(unwraps ? unwrapping : counts, &random), query: query(&random), unwrapped: nil, rangeSeconds: pick([1, 7, 60, 120], &random),
            offsetSeconds: pick([0, 0, 60], &random), outer: pick(["sum", "sum", "max", "min", "avg", "count"], &random),
            names: pick([[], ["app"], ["host"], ["level"], ["app", "status"], ["word"], ["n"]], &random))
        if unwraps {
            metric.unwrapped = pick(["n", "status"], &random)
            // Lines of one moment have no order of their own, but the list's; series of them may differ in rounding only.
            if metric.unwrapped == "n" { metric.query.stages += [.logfmt, .hasNot(["many"])] }
        }
        return metric
    }

    @Test(arguments: 0..<12) func numbersAreThoseOfAPlainList(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: 900 + seed)
        let records = Self.records(250, &random)
        let engine = LogEngine(reader: ListReader(records))
        var answered = 0
        for _ in 0..<35 {
            let metric = Self.metric(&random)
            let step = Self.pick([Int64(1), 7, 60], &random)
            let start = Self.pick([Int64(0), 60, 61], &random)
            let count = Self.pick([Int64(1), 5, 9], &random)
            let moments = (0..<count).map { (start + $0 * step) * 1_000_000_000 }
            let expected = moments.map { metric.values(records, at: $0) }
            do {
                let result = try await engine.run(
                    metric.text, start: moment(start), end: NanoTimestamp(nanoseconds: moments.last!), stepNanoseconds: step * 1_000_000_000, limit: 10,
                    direction: .newestFirst)
                guard case .matrix(let series) = result else { return #expect(Bool(false), "\(metric.text)") }
                answered += 1
                for (index, wanted) in expected.enumerated() {
                    guard let wanted else {
                        Issue.record("an error should have ended \(metric.text)")
                        continue
                    }
                    var found: [[String]: Double] = [:]
                    for one in series {
                        if let place = one.timestamps.firstIndex(of: moments[index] / 1_000_000) { found[metric.names.map { one.labels[$0] ?? "" }] = one.values[place] }
                    }
                    #expect(Set(found.keys) == Set(wanted.keys), "\(metric.text) at \(moments[index]): \(found), not \(wanted)")
                    for (key, value) in wanted { #expect(abs((found[key] ?? .nan) - value) < 1e-9, "\(metric.text) at \(moments[index]): \(found), not \(wanted)") }
                }
            } catch let error as LogQLError {
                #expect(error.description.hasPrefix("pipeline error"), "\(metric.text): \(error)")
                // Windows overlap or leave gaps: a line with an error may lie in a gap, but then in the time that was read.
                #expect(expected.contains { $0 == nil } || step > metric.rangeSeconds, "\(metric.text)")
            }
        }
        #expect(answered > 5)
    }

    /// An instant query of a whole hour takes its minutes from counts and its ends from lines.
    @Test(arguments: 0..<6) func oneLongWindowIsCountedAsAPlainListCounts(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: 4000 + seed)
        let records = Self.records(400, &random)
        let engine = LogEngine(reader: ListReader(records))
        for _ in 0..<20 {
            var metric = Self.metric(&random)
            metric.unwrapped = nil
            metric.function = Self.pick(["count_over_time", "bytes_over_time"], &random)
            metric.rangeSeconds = Self.pick([300, 500, 599], &random)
            metric.query.stages = [.has([Self.pick(["red", "n", "1"], &random)])]
            let at = Int64.random(in: 400_000_000_000...700_000_000_000, using: &random)
            guard case .vector(let elements) = try await engine.run(metric.text, start: NanoTimestamp(nanoseconds: at), end: NanoTimestamp(nanoseconds: at), stepNanoseconds: nil, limit: 1, direction: .newestFirst) else { return }
            let found = Dictionary(uniqueKeysWithValues: elements.map { element in (metric.names.map { element.0[$0] ?? "" }, element.1.value) })
            #expect(found == metric.values(records, at: at), "\(metric.text) at \(at)")
        }
    }
}
