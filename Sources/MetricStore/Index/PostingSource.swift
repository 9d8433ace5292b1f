import Model

/// What an index must be able to answer so that matchers can be resolved over it. Series are numbered; lists of them ascend.
protocol PostingSource: ~Copyable {
    /// All series, and how many.
    var seriesCount: Int { get }
    /// Series with this label value.
    func postings(name: [UInt8], value: [UInt8]) throws(DamagedBytes) -> [UInt32]
    /// How many values a label has.
    func valueCount(name: [UInt8]) throws(DamagedBytes) -> Int
    /// Visits the values of a label, in any order, with a way to get the list of each.
    func forEachValue(
        name: [UInt8], _ body: (_ value: UnsafeRawBufferPointer, _ postings: () throws(DamagedBytes) -> [UInt32]) throws(DamagedBytes) -> Void
    ) throws(DamagedBytes)
    func labels(_ series: UInt32) throws(DamagedBytes) -> Labels
}

/// Bytes of a file that aren't what was written, or can't have been.
struct DamagedBytes: Error, Equatable {
    let offset: Int
    let reason: String
}

extension PostingSource where Self: ~Copyable {
    /// The series that satisfy all matchers, ascending.
    func resolve(_ matchers: [Matcher]) throws(DamagedBytes) -> [UInt32] {
        var found: [UInt32]?
        var excluding: [Matcher] = []
        // What narrows most is cheapest first: equality, then patterns.
        for matcher in matchers.sorted(by: { Self.cost($0) < Self.cost($1) }) {
            if matcher.matchesEmpty {
                excluding.append(matcher)
                continue
            }
            if let current = found, current.isEmpty { return [] }
            if let current = found, matcher.op != .equal, current.count * Self.labelLookUpFactor < (try valueCount(name: Array(matcher.name.utf8))) {
                found = try filter(current, by: matcher)
            } else {
                let matching = try series(matching: matcher)
                found = found.map { Postings.intersection($0, matching) } ?? matching
            }
        }
        var result = found ?? (0..<UInt32(seriesCount)).map { $0 }
        for matcher in excluding {
            if result.isEmpty { return [] }
            if result.count * Self.labelLookUpFactor < (try valueCount(name: Array(matcher.name.utf8))) {
                result = try filter(result, by: matcher)
            } else {
                result = Postings.difference(result, try series(contradicting: matcher))
            }
        }
        return result
    }

    /// Looking at one series' labels costs about as much as this many values of a label.
    private static var labelLookUpFactor: Int { 4 }

    private static func cost(_ matcher: Matcher) -> Int {
        switch matcher.op {
        case .equal: 0
        case .regex: matcher.pattern?.alternatives != nil ? 1 : 2
        case .notEqual, .notRegex: 3
        }
    }

    private func filter(_ series: [UInt32], by matcher: Matcher) throws(DamagedBytes) -> [UInt32] {
        var kept: [UInt32] = []
        for number in series where matcher.matches(try labels(number)) { kept.append(number) }
        return kept
    }

    /// Of a matcher that an empty value doesn't satisfy.
    private func series(matching matcher: Matcher) throws(DamagedBytes) -> [UInt32] {
        let name = Array(matcher.name.utf8)
        if matcher.op == .equal { return try postings(name: name, value: Array(matcher.value.utf8)) }
        if matcher.op == .regex, let alternatives = matcher.pattern?.alternatives {
            var lists: [[UInt32]] = []
            for alternative in alternatives { lists.append(try postings(name: name, value: Array(alternative.utf8))) }
            return Postings.union(lists)
        }
        return try series(name: name) { matcher.matches(bytes: $0) }
    }

    /// Series whose value doesn't satisfy a matcher that an empty value satisfies.
    private func series(contradicting matcher: Matcher) throws(DamagedBytes) -> [UInt32] {
        let name = Array(matcher.name.utf8)
        if matcher.op == .notEqual { return try postings(name: name, value: Array(matcher.value.utf8)) }
        if matcher.op == .notRegex, let alternatives = matcher.pattern?.alternatives {
            var lists: [[UInt32]] = []
            for alternative in alternatives { lists.append(try postings(name: name, value: Array(alternative.utf8))) }
            return Postings.union(lists)
        }
        return try series(name: name) { !matcher.matches(bytes: $0) }
    }

    private func series(name: [UInt8], where isWanted: (UnsafeRawBufferPointer) -> Bool) throws(DamagedBytes) -> [UInt32] {
        var lists: [[UInt32]] = []
        try forEachValue(name: name) { (value, postings) throws(DamagedBytes) in
            if isWanted(value) { lists.append(try postings()) }
        }
        return Postings.union(lists)
    }
}

extension Matcher {
    /// The same as `matches` for a value's bytes, without making a String where it can be avoided.
    func matches(bytes: UnsafeRawBufferPointer) -> Bool {
        switch op {
        case .regex, .notRegex:
            if let prefix = pattern?.prefix, !bytes.starts(with: prefix.utf8) { return op == .notRegex }
            return (pattern?.matchesWhole(bytes) ?? false) == (op == .regex)
        case .equal: return bytes.elementsEqual(value.utf8)
        case .notEqual: return !bytes.elementsEqual(value.utf8)
        }
    }
}

/// Ascending lists of series.
enum Postings {
    static func intersection(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(min(left.count, right.count))
        var first = 0
        var second = 0
        while first < left.count && second < right.count {
            let (one, other) = (left[first], right[second])
            if one == other { result.append(one) }
            if one <= other { first += 1 }
            if other <= one { second += 1 }
        }
        return result
    }

    static func difference(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        if right.isEmpty { return left }
        var result: [UInt32] = []
        result.reserveCapacity(left.count)
        var second = 0
        for number in left {
            while second < right.count && right[second] < number { second += 1 }
            if second == right.count || right[second] != number { result.append(number) }
        }
        return result
    }

    static func union(_ lists: [[UInt32]]) -> [UInt32] {
        if lists.count <= 1 { return lists.first ?? [] }
        var all = Array(lists.joined())
        all.sort()
        var kept = 0
        for index in all.indices where index == 0 || all[index] != all[kept - 1] {
            all[kept] = all[index]
            kept += 1
        }
        all.removeLast(all.count - kept)
        return all
    }
}
