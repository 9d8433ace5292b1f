import Foundations
import Model
import TestSupport
import Testing

@Suite struct LabelConditionsTests {
    private static func texts(_ conditions: LabelConditions) -> String {
        "\(conditions.necessary.map(\.description)) \(conditions.alternatives.map { $0.map(\.description) })"
    }

    @Test func valuesOfOneLabelBecomeOnePattern() throws {
        let conditions = LabelConditions(
            alternatives: [[Matcher("env", equals: "a.b")], [try Matcher("env", .regex, "x|y")], [Matcher("env", equals: "")]], and: [Matcher("team", equals: "t")])
        #expect(Self.texts(conditions) == #"["team=\"t\"", "env=~\"a\\\\.b|(?:x|y)|\""] []"#)
        #expect(conditions.matches(["team": "t", "env": "a.b"]) && conditions.matches(["team": "t", "env": "y"]) && conditions.matches(["team": "t"]))
        #expect(!conditions.matches(["team": "t", "env": "aXb"]) && !conditions.matches(["env": "y"]))
    }

    @Test func whatAllAlternativesAskForIsAskedForOnce() throws {
        let first = [Matcher("env", equals: "prod"), Matcher("team", equals: "a")]
        #expect(Self.texts(LabelConditions(alternatives: [first, first.reversed()])) == #"["env=\"prod\"", "team=\"a\""] []"#)
        #expect(Self.texts(LabelConditions(alternatives: [first, [first[0]]])) == #"["env=\"prod\""] []"#)
        #expect(LabelConditions(alternatives: [first, []]).isEmpty && LabelConditions().isEmpty && LabelConditions().matches(Labels()))
        let apart = LabelConditions(alternatives: [first, [Matcher("zone", equals: "z")]])
        #expect(Self.texts(apart) == #"[] [["env=\"prod\"", "team=\"a\""], ["zone=\"z\""]]"# && apart.names == ["env", "team", "zone"])
        #expect(apart.narrowing([[Matcher("a", equals: "b")], [first[0]]]).count == 4 && apart.narrowing([]).count == 2 && LabelConditions().narrowing([]).isEmpty)
    }

    /// A pattern that leaves a quotation open isn't joined with others: it would swallow them.
    @Test func openQuotationsStayApart() throws {
        let conditions = LabelConditions(alternatives: [[try Matcher("a", .regex, #"\Qx"#)], [try Matcher("a", .regex, #"\Qy\E"#)]])
        #expect(conditions.matches(["a": "x"]) && conditions.matches(["a": "y"]) && !conditions.matches(["a": #"x)|(?:\Qy"#]))
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func theyAgreeWithTheirAlternatives(seed: UInt64) throws {
        var random = SeededGenerator(seed: 7100 + seed)
        func value() -> String { ["", "1", "2", "1|2", "a.b", "\0", "ä("].randomElement(using: &random)! }
        func matcher() throws -> Matcher {
            let name = ["x", "y"].randomElement(using: &random)!
            switch Int.random(in: 0..<4, using: &random) {
            case 0: return Matcher(name, equals: value())
            case 1: return try Matcher(name, .notEqual, value())
            case 2: return try Matcher(name, .regex, ["1|2", ".*", "", "(?i)A.B", "ä\\("].randomElement(using: &random)!)
            default: return try Matcher(name, .notRegex, ["1|2", ".+", "a.*"].randomElement(using: &random)!)
            }
        }
        for _ in 0..<200 {
            let lists = try (0..<Int.random(in: 0...3, using: &random)).map { _ in try (0..<Int.random(in: 0...3, using: &random)).map { _ in try matcher() } }
            let all = try (0..<Int.random(in: 0...1, using: &random)).map { _ in try matcher() }
            let conditions = LabelConditions(alternatives: lists, and: all)
            for _ in 0..<10 {
                let labels = ["x": value(), "y": value()] as Labels
                let expected = all.matches(labels) && (lists.isEmpty || lists.contains { $0.matches(labels) })
                #expect(conditions.matches(labels) == expected, "\(labels) with \(lists) and \(all)")
                #expect(conditions.lists.contains { $0.matches(labels) } == expected)
                #expect(!expected || conditions.necessary.matches(labels))
            }
        }
    }
}
