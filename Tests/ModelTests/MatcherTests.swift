import Foundations
import Model
import Testing

@Suite struct MatcherTests {
    @Test(arguments: [
        (Matcher.Operator.equal, "api", "api", true), (.equal, "api", "ap", false), (.equal, "", "", true),
        (.notEqual, "api", "", true), (.notEqual, "api", "api", false),
        (.regex, "a.*", "api", true), (.regex, "a", "api", false), (.regex, "a|api", "api", true), (.regex, "", "", true), (.regex, "", "a", false),
        (.regex, ".*", "", true), (.regex, ".+", "", false), (.regex, "a.b", "a\nb", true), (.regex, "é", "e\u{301}", false),
        (.notRegex, "a|b", "c", true), (.notRegex, "a|b", "b", false), (.notRegex, ".+", "", true),
    ])
    func conditionsHoldAsInPrometheus(op: Matcher.Operator, value: String, text: String, holds: Bool) throws {
        let matcher = try Matcher("job", op, value)
        #expect(matcher.matches(text) == holds)
        #expect(matcher.matches(["job": text] as Labels) == holds)
        if text.isEmpty { #expect(matcher.matches(Labels()) == holds && matcher.matchesEmpty == holds) }
    }

    @Test func allMatchersOfAListMustHold() throws {
        let matchers = [Matcher("a", equals: "1"), try Matcher("b", .notEqual, "2")]
        #expect(matchers.matches(["a": "1"] as Labels))
        #expect(!matchers.matches(["a": "1", "b": "2"] as Labels))
        #expect([Matcher]().matches(Labels()))
    }

    @Test func matchersPrintAsInPromQL() throws {
        #expect(try Matcher("a", .notRegex, "x\"").description == #"a!~"x\"""#)
        #expect(Matcher("a.b", equals: "1").description == #""a.b"="1""#)
    }

    @Test func aBrokenPatternIsAnErrorThatNamesIt() {
        let error = #expect(throws: RegularExpression.SyntaxError.self) { try Matcher("a", .regex, "a(b") }
        #expect(error?.description.contains("a(b") == true)
        #expect(throws: RegularExpression.SyntaxError.self) { try RegularExpression(String(repeating: "a", count: 70_000)) }
        #expect(throws: RegularExpression.SyntaxError.self) { try RegularExpression("(?=a)") }
        #expect(throws: RegularExpression.SyntaxError.self) { try RegularExpression("((a{1000}){1000}){1000}") }
    }
}

@Suite struct RegularExpressionTests {
    @Test(arguments: [
        ("(?<text>a+)b", "aab"), ("(?P<text>a+)b", "aab"), (#"\(\?<(?<text>a)"#, "(?<a"), ("[(?<x]+(?<text>a)", "(?<a"), ("(?<other>x)?(?<text>a)", "a"),
    ]) func groupsAreNamedInEitherWay(pattern: String, text: String) throws {
        let expression = try RegularExpression(pattern)
        let bytes = Array(text.utf8)
        let match = try #require(bytes.withUnsafeBytes { expression.firstMatch(in: $0) })
        let group = try #require((1..<match.count).first { expression.groupName($0) == "text" })
        #expect(match[group].map { String(decoding: bytes[$0], as: UTF8.self).allSatisfy { $0 == "a" } } == true)
    }

    @Test(arguments: 0..<300 as Range<UInt64>) func shortCutsMatchWhatRE2Matches(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let pieces = ["a", "b", "ab", "|", ".*", ".+", "", "\\.", "(a)"]
        let pattern = (0..<Int.random(in: 0..<5, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }.joined()
        let expression = try RegularExpression(pattern)
        // The group keeps RE2 from being short-cut.
        let slow = try RegularExpression("(?:\(pattern))")
        for text in ["", "a", "b", "ab", "aab", "abb", "a\nb", ".", "c"] {
            #expect(expression.matchesWhole(text) == slow.matchesWhole(text), "\(pattern) on \(text)")
            let prefixHolds = expression.prefix.map { text.hasPrefix($0) }
            if expression.matchesWhole(text), let prefixHolds { #expect(prefixHolds) }
            if let alternatives = expression.alternatives { #expect(alternatives.contains(text) == slow.matchesWhole(text)) }
        }
    }

    @Test func timeIsLinearWhereOthersExplode() throws {
        let expression = try RegularExpression("(a+)+b")
        #expect(!expression.matchesWhole(String(repeating: "a", count: 100_000)))
    }

    @Test func groupsAndTemplatesAreThoseOfGo() throws {
        let expression = try RegularExpression("(?P<host>[^:]+):(\\d+)(x)?")
        let text = Array("db1:5432".utf8)
        text.withUnsafeBytes { bytes in
            let match = expression.firstMatch(in: bytes, isAnchored: true)
            #expect(match == [0..<8, 0..<3, 4..<8, nil])
            #expect(expression.expand("$host ${2} $$ $3 $none ${host}s $", match: match ?? [], in: bytes) == "db1 5432 $   db1s $")
        }
        #expect(expression.groupCount == 3)
        #expect(expression.groupName(1) == "host")
        #expect(expression.groupName(2) == nil)
    }

    @Test func partsAreFoundFromAStart() throws {
        let expression = try RegularExpression("b+")
        let text = Array("abbab".utf8)
        text.withUnsafeBytes { bytes in
            #expect(expression.firstMatch(in: bytes) == [1..<3])
            #expect(expression.firstMatch(in: bytes, from: 3) == [4..<5])
            #expect(expression.firstMatch(in: bytes, from: 5) == nil)
        }
        #expect(expression.matchesPart("abba"))
        #expect(!expression.matchesWhole("abba"))
        #expect(try RegularExpression("ABC", isCaseInsensitive: true).matchesWhole("abc"))
    }
}

@Suite struct LogRecordTests {
    @Test(arguments: [
        ("warning", LogLevel.warn), ("ERR", .error), ("Crit", .fatal), ("notice", .info), ("FINE", .debug), ("trace", .trace), ("unknown", .unknown),
    ])
    func levelsAreKnownByAllTheirNames(name: String, level: LogLevel) { #expect(LogLevel(name: name) == level) }

    @Test func otherWordsAreNoLevel() { #expect(LogLevel(name: "errors") == nil) }

    @Test func severityNumbersAndLevelsAgree() {
        for level in LogLevel.allCases { #expect(LogLevel(severityNumber: Int(level.rawValue)) == level) }
        for number in 1...24 { #expect(LogLevel(severityNumber: number) != .unknown) }
        #expect(LogLevel(severityNumber: 25) == .unknown && LogLevel(severityNumber: -1) == .unknown)
        #expect(LogLevel.allCases == LogLevel.allCases.sorted())
    }

    @Test func theFirstFieldOfANameIsTheOneFound() {
        let record = LogRecord(
            timestamp: NanoTimestamp(nanoseconds: 0), stream: [:], body: "", fields: [LogField("a", .integer(1)), LogField("a", "2")])
        #expect(record.field("a") == .integer(1))
        #expect(record.field("b") == nil)
    }

    @Test(arguments: [("0123456789abcdef", 1 as UInt64, true), ("", 1, false), ("a b", 1, false), ("a", 0, false), ("é", 1, false), (String(repeating: "a", count: 65), 1, false)])
    func aBatchOriginIsPlainAndNumberedFromOne(agent: String, sequence: UInt64, isAccepted: Bool) {
        #expect((BatchOrigin(agent: agent, sequence: sequence) != nil) == isAccepted)
    }

    @Test func samplesAreComparedByTheirBits() {
        #expect(Sample(timestamp: 1, value: .nan) == Sample(timestamp: 1, value: .nan))
        #expect(Sample(timestamp: 1, value: 0) != Sample(timestamp: 1, value: -0.0))
        #expect(StaleMarker.isStale(StaleMarker.value) && !StaleMarker.isStale(StaleMarker.ordinaryNaN))
    }
}
