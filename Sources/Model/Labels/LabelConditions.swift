/// Conditions on labels that a request adds to everything it reads: lists of matchers, one of which must hold in full.
///
/// Kept as what holds wherever one of the lists does, which an index can answer, and what is to be looked at beside it.
public struct LabelConditions: Hashable, Sendable {
    /// All of these hold wherever the conditions do.
    public let necessary: [Matcher]
    /// All matchers of one of these hold beside `necessary`; empty where `necessary` says everything.
    public let alternatives: [[Matcher]]

    /// Conditions that all hold; none are met by everything.
    public init(_ matchers: [Matcher] = []) { self.init(alternatives: [], and: matchers) }

    /// All of `matchers`, and all of one of the `alternatives` where there are any.
    public init(alternatives given: [[Matcher]], and matchers: [Matcher] = []) {
        let matchers = matchers.withoutRepeats
        var lists = given.map(\.withoutRepeats).withoutRepeats
        let common = (lists.first ?? []).filter { matcher in lists.allSatisfy { $0.contains(matcher) } }
        lists = lists.map { list in list.filter { !common.contains($0) } }
        let always = (matchers + common).withoutRepeats
        // One that asks for no more than all of them do makes the others idle.
        if lists.contains(where: \.isEmpty) { lists = [] }
        let names = (lists.first ?? []).map(\.name).withoutRepeats
        let bounds = names.compactMap { name in Matcher.any(of: lists.map { list in list.first { $0.name == name && $0.namesValues } }) }
        necessary = always + bounds
        // Values of one label that are asked for in turn are one pattern, and that pattern is all there is to ask.
        alternatives = bounds.count == 1 && lists.allSatisfy { $0.count == 1 } ? [] : lists
    }

    public var isEmpty: Bool { necessary.isEmpty && alternatives.isEmpty }

    /// Names of labels that are looked at.
    public var names: Set<String> { Set((necessary + alternatives.joined()).map(\.name)) }

    /// Whether a set of labels fulfils them.
    public func matches(_ labels: Labels) -> Bool {
        necessary.matches(labels) && (alternatives.isEmpty || alternatives.contains { $0.matches(labels) })
    }

    /// The same as lists of matchers of which one holds.
    public var lists: [[Matcher]] { alternatives.isEmpty ? [necessary] : alternatives.map { necessary + $0 } }

    /// Lists of matchers of which one is to hold, with the conditions added to each; the conditions alone where there are none.
    public func narrowing(_ selectors: [[Matcher]]) -> [[Matcher]] {
        if isEmpty { return selectors }
        return (selectors.isEmpty ? [[]] : selectors).flatMap { selector in lists.map { list in selector + list.filter { !selector.contains($0) } } }
    }
}

extension Matcher {
    /// Whether it says which values are wanted, not which aren't.
    fileprivate var namesValues: Bool { op == .equal || op == .regex }

    /// A condition that is met wherever one of several on the same label is, and nowhere else; nil where there is none, one of them is
    /// missing, or they don't make one pattern.
    fileprivate static func any(of matchers: [Matcher?]) -> Matcher? {
        let known = matchers.compactMap(\.self)
        // A quotation that a pattern leaves open would swallow the next one.
        guard known.count == matchers.count, let first = known.first, !known.contains(where: { $0.op == .regex && $0.value.contains("\\Q") }) else { return nil }
        let patterns = known.withoutRepeats.map { $0.op == .equal ? RegularExpression.quoted($0.value) : "(?:\($0.value))" }
        do throws(RegularExpression.SyntaxError) {
            return try Matcher(first.name, .regex, patterns.joined(separator: "|"))
        } catch {
            // Patterns that are too large together are looked at one by one.
            return nil
        }
    }
}

extension RegularExpression {
    /// A pattern that matches a text alone.
    fileprivate static func quoted(_ text: String) -> String {
        var pattern = ""
        for scalar in text.unicodeScalars {
            let isPlain = scalar.value >= 0x80 || scalar == "_" || (0x30...0x39).contains(scalar.value) || (0x41...0x5A).contains(scalar.value & ~0x20)
            // RE2 has no escaped zero byte.
            if scalar.value == 0 { pattern += "\\x00" } else { pattern += isPlain ? String(scalar) : "\\\(scalar)" }
        }
        return pattern
    }
}

extension Array where Element: Hashable {
    /// Each element once, at its first place.
    fileprivate var withoutRepeats: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
