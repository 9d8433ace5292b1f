import Foundations
import Glibc
import Model

/// Gathers the labels of one series where they stand in a body, and makes the canonical set of them. Reused from series to series.
struct LabelCollector {
    typealias Slice = ProtobufReader.Slice

    private let body: UnsafeRawBufferPointer
    private let limits: WireLimits
    private var pairs: [(name: Slice, value: Slice)] = []

    init(_ body: UnsafeRawBufferPointer, limits: WireLimits) {
        self.body = body
        self.limits = limits
        pairs.reserveCapacity(limits.labelsMax)
    }

    @inline(__always) mutating func removeAll() { pairs.removeAll(keepingCapacity: true) }

    /// Both must be UTF-8 already.
    @inline(__always) mutating func append(name: Slice, value: Slice) throws(WireError) {
        guard pairs.count < limits.labelsMax else {
            throw WireError(.overLimit, "\(series) has more than \(limits.labelsMax) labels", offset: name.start)
        }
        pairs.append((name, value))
    }

    /// For labels that weren't checked before.
    @inline(__always) mutating func appendChecking(name: Slice, value: Slice) throws(WireError) {
        guard UTF8Check.isValid(name.bytes(in: body)) else {
            throw WireError("a label name of \(series) is not valid UTF-8", offset: name.start)
        }
        guard UTF8Check.isValid(value.bytes(in: body)) else {
            throw WireError("the label \(quoted(text(name))) of \(series) is not valid UTF-8", offset: value.start)
        }
        try append(name: name, value: value)
    }

    /// The set: sorted where it wasn't, without labels whose value is empty.
    mutating func build(needsMetricName: Bool, offset: Int) throws(WireError) -> Labels {
        try sort()
        var size = 0
        var hasMetricName = false
        for index in pairs.indices {
            let (name, value) = pairs[index]
            guard name.count > 0 else { throw WireError("a label of \(series) has an empty name", offset: name.start) }
            guard name.count <= limits.labelNameBytesMax else {
                throw WireError(.overLimit, "a label name of \(series) is longer than \(limits.labelNameBytesMax) bytes", offset: name.start)
            }
            guard value.count <= limits.labelValueBytesMax else {
                throw WireError(
                    .overLimit, "the label \(quoted(text(name))) of \(series) is longer than \(limits.labelValueBytesMax) bytes", offset: value.start)
            }
            if value.count == 0 { continue }
            size += Self.encodedBytes(name) + Self.encodedBytes(value)
            if !hasMetricName, name.count == Self.metricName.utf8CodeUnitCount {
                hasMetricName = memcmp(body.baseAddress! + name.start, Self.metricName.utf8Start, name.count) == 0
            }
        }
        if needsMetricName, !hasMetricName { throw WireError("\(series) has no metric name (label __name__)", offset: offset) }
        if size == 0 { return Labels() }
        return Labels(uncheckedEncoded: [UInt8](unsafeUninitializedCapacity: size) { output, count in
            let start = UnsafeMutableRawPointer(output.baseAddress!)
            for (name, value) in pairs where value.count > 0 {
                count += copy(name, to: start + count)
                count += copy(value, to: start + count)
            }
        })
    }

    private static let metricName: StaticString = "__name__"

    @inline(__always) private static func encodedBytes(_ slice: Slice) -> Int {
        slice.count + ProtobufReader.varintBytes(UInt64(slice.count))
    }

    @inline(__always) private func copy(_ slice: Slice, to output: UnsafeMutableRawPointer) -> Int {
        if slice.prefixedStart >= 0 {
            let count = slice.end - slice.prefixedStart
            memcpy(output, body.baseAddress! + slice.prefixedStart, count)
            return count
        }
        var length: [UInt8] = []
        length.append(varint: UInt64(slice.count))
        output.copyMemory(from: length, byteCount: length.count)
        (output + length.count).copyMemory(from: body.baseAddress! + slice.start, byteCount: slice.count)
        return length.count + slice.count
    }

    @inline(__always) private func order(_ left: Slice, _ right: Slice) -> Int {
        let shared = min(left.count, right.count)
        let order = shared == 0 ? 0 : Int(memcmp(body.baseAddress! + left.start, body.baseAddress! + right.start, shared))
        return order != 0 ? order : left.count - right.count
    }

    /// By insertion: senders sort, as they must, so that this is one pass of comparisons.
    private mutating func sort() throws(WireError) {
        guard pairs.count > 1 else { return }
        for index in 1..<pairs.count {
            var place = index
            while place > 0 {
                let order = order(pairs[place - 1].name, pairs[place].name)
                if order == 0 {
                    throw WireError("\(series) has the label \(quoted(text(pairs[place].name))) twice", offset: pairs[place].name.start)
                }
                if order < 0 { break }
                pairs.swapAt(place - 1, place)
                place -= 1
            }
        }
    }

    /// The series as far as it is known, for an error.
    var series: String {
        let name = pairs.first { text($0.name) == LabelName.metricName }.map { text($0.value) } ?? ""
        let rest = pairs.lazy.filter { text($0.name) != LabelName.metricName }.map { "\(text($0.name))=\(quoted(text($0.value)))" }
        let whole = "\(name){\(rest.joined(separator: ", "))}"
        return "the series \(whole.count > Limits.quotedCharactersMax ? whole.prefix(Limits.quotedCharactersMax) + "…" : whole)"
    }

    private func text(_ slice: Slice) -> String {
        String(decoding: slice.bytes(in: body).prefix(4 * Limits.quotedCharactersMax), as: UTF8.self)
    }
}
