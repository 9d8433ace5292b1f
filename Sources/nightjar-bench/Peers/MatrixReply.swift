import Foundation

/// The result of a range query as Prometheus's API gives it: points by series, read without building more than that.
struct MatrixReply {
    /// By the labels' text, sorted.
    private(set) var series: [String: [(milliseconds: Int64, value: Double)]] = [:]

    /// Nil where the bytes aren't such an answer.
    init?(_ json: [UInt8]) {
        guard let result = json.withUnsafeBytes({ Self.read($0) }) else { return nil }
        series = result
    }

    /// The same values without the series they belong to: at each moment from the least to the most.
    var ranked: MatrixReply {
        var values: [Int64: [Double]] = [:]
        for points in series.values { for point in points { values[point.milliseconds, default: []].append(point.value) } }
        var ranked = self
        ranked.series = [:]
        for (moment, atOnce) in values {
            for (rank, value) in atOnce.sorted().enumerated() { ranked.series["\(rank)", default: []].append((moment, value)) }
        }
        return ranked
    }

    var pointCount: Int { series.values.reduce(0) { $0 + $1.count } }

    private static func read(_ bytes: UnsafeRawBufferPointer) -> [String: [(milliseconds: Int64, value: Double)]]? {
        var cursor = JSONCursor(bytes)
        guard cursor.skip(behind: "\"result\":[") else { return nil }
        var series: [String: [(milliseconds: Int64, value: Double)]] = [:]
        while cursor.skip(behind: "\"metric\":{") {
            guard let labels = cursor.members(), cursor.skip(behind: "\"values\":[") else { return nil }
            var points: [(milliseconds: Int64, value: Double)] = []
            while cursor.take("[") {
                guard let seconds = cursor.number(), cursor.take(","), let text = cursor.string(), let value = Double(text), cursor.take("]") else { return nil }
                points.append((Int64((seconds * 1000).rounded()), value))
                _ = cursor.take(",")
            }
            series[labels.sorted().joined(separator: ",")] = points
        }
        return series
    }
}

/// Walks JSON that a server wrote without blanks between its parts.
private struct JSONCursor {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func skip(behind mark: StaticString) -> Bool {
        let count = mark.utf8CodeUnitCount
        while offset + count <= bytes.count {
            guard let found = memchr(bytes.baseAddress! + offset, Int32(mark.utf8Start[0]), bytes.count - offset) else { return false }
            offset = found - UnsafeMutableRawPointer(mutating: bytes.baseAddress!)
            if offset + count <= bytes.count, memcmp(found, mark.utf8Start, count) == 0 {
                offset += count
                return true
            }
            offset += 1
        }
        return false
    }

    mutating func take(_ mark: Character) -> Bool {
        guard offset < bytes.count, bytes[offset] == mark.asciiValue else { return false }
        offset += 1
        return true
    }

    mutating func number() -> Double? {
        let start = offset
        while offset < bytes.count, bytes[offset] != UInt8(ascii: ","), bytes[offset] != UInt8(ascii: "]") { offset += 1 }
        return Double(String(decoding: bytes[start..<offset], as: UTF8.self))
    }

    /// A string without escapes: numbers and the labels of our own data sets.
    mutating func string() -> String? {
        guard take("\"") else { return nil }
        let start = offset
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\"") { offset += 1 }
        defer { offset += 1 }
        return offset < bytes.count ? String(decoding: bytes[start..<offset], as: UTF8.self) : nil
    }

    /// `name=value` of the members up to the closing brace.
    mutating func members() -> [String]? {
        var members: [String] = []
        while !take("}") {
            guard let name = string(), take(":"), let value = string() else { return nil }
            members.append("\(name)=\(value)")
            _ = take(",")
        }
        return members
    }
}

/// How one server's answer differs from another's.
struct AnswerComparison: CustomStringConvertible {
    static let toleranceRelative = 1e-9

    private(set) var points = 0
    private(set) var different = 0
    /// Points that only one of the two has.
    private(set) var unmatched = 0
    private(set) var differenceMax = 0.0

    init(_ answer: MatrixReply, with base: MatrixReply) {
        for (labels, expected) in base.series {
            let actual = Dictionary((answer.series[labels] ?? []).map { ($0.milliseconds, $0.value) }, uniquingKeysWith: { $1 })
            var matched = 0
            for (moment, value) in expected {
                guard let other = actual[moment] else { continue }
                matched += 1
                note(value, other)
            }
            unmatched += expected.count + actual.count - 2 * matched
        }
        for (labels, extra) in answer.series where base.series[labels] == nil { unmatched += extra.count }
    }

    private mutating func note(_ left: Double, _ right: Double) {
        points += 1
        if left == right || left.isNaN && right.isNaN { return }
        let difference = abs(left - right) / max(abs(left), abs(right))
        if difference <= Self.toleranceRelative { return }
        different += 1
        differenceMax = max(differenceMax, difference)
    }

    var isEqual: Bool { different == 0 && unmatched == 0 }

    var description: String {
        if isEqual { return "equal" }
        var parts: [String] = []
        if different > 0 { parts.append("\(grouped(different)) of \(grouped(points)) points differ, by up to \(String(format: "%.2g", differenceMax * 100)) %") }
        if unmatched > 0 { parts.append("\(grouped(unmatched)) points are in one of the two only") }
        return parts.joined(separator: "; ")
    }
}
