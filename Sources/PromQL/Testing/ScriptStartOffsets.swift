import Foundations
import Model

/// A line of a script that says when the counters behind the samples of the next line began to count: `series@st -1m _ 0-1mx4`.
///
/// `@st -1m` without a series speaks of all lines that follow and have none of their own, from the start again where they are longer.
struct ScriptStartOffsets {
    /// Whose they are; nil where they are for all that follow.
    let labels: Labels?
    /// Milliseconds from each sample to its start; nil is unknown.
    private(set) var offsets: [Int64?] = []

    /// Nil where the line isn't one.
    init?(_ line: some StringProtocol) throws {
        let (metric, rest) = ScriptSeries.split(String(line))
        let name: String
        let items: Substring
        if metric.hasSuffix("@st") {
            (name, items) = (String(metric.dropLast(3)), rest[...])
        } else if rest.hasPrefix("@st") {
            (name, items) = (metric, rest.dropFirst(3))
        } else {
            return nil
        }
        labels = name.isEmpty ? nil : try ScriptSeries.labels(name)
        for item in items.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
            try read(item)
            if offsets.count > PromQLLimits.scriptPointsMax { throw PointProblem(reason: "more than \(PromQLLimits.scriptPointsMax) points in a line") }
        }
    }

    /// Of a sample, counted from 0: milliseconds to its start; nil is unknown.
    func offset(_ index: Int) -> Int64? { offsets.isEmpty ? nil : offsets[index % offsets.count] }

    /// `_`, `_xN`, `1m`, `-1mx3`, `1m+30sx3`, and `*` or `*x3` for the last one again
    private mutating func read(_ item: Substring) throws {
        let parts = item.split(separator: "x", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { throw PointProblem(reason: "\(quoted(String(item))) is no start timestamp") }
        var times: Int?
        if parts.count == 2 {
            guard let count = Int(parts[1]), (0...PromQLLimits.scriptPointsMax).contains(count) else {
                throw PointProblem(reason: "expected a number of repetitions up to \(PromQLLimits.scriptPointsMax) in \(quoted(String(item)))")
            }
            times = count
        }
        if parts[0] == "_" {
            offsets += [Int64?](repeating: nil, count: times ?? 1)
            return
        }
        if parts[0] == "*" {
            guard let last = offsets.last(where: { $0 != nil }) else { throw PointProblem(reason: "there is no start timestamp to repeat") }
            offsets += [Int64?](repeating: last, count: (times ?? 0) + 1)
            return
        }
        let signs = parts[0].indices.dropFirst().filter { parts[0][$0] == "+" || parts[0][$0] == "-" }
        let cut = signs.first ?? parts[0].endIndex
        let start = try milliseconds(parts[0][..<cut])
        let step = cut == parts[0].endIndex ? 0 : try milliseconds(parts[0][cut...])
        for index in 0...(times ?? 0) { offsets.append(start + Int64(index) * step) }
    }

    private func milliseconds(_ text: Substring) throws -> Int64 {
        let isNegative = text.hasPrefix("-")
        let plain = String(isNegative || text.hasPrefix("+") ? text.dropFirst() : text)
        let value: Int64
        if let duration = DurationText.milliseconds(plain) {
            value = duration
        } else if let seconds = NumberText.parse(plain), seconds < 0x1p40 {
            value = Int64((seconds * 1000).rounded())
        } else {
            throw PointProblem(reason: "\(quoted(String(text))) is no duration")
        }
        return isNegative ? -value : value
    }
}
