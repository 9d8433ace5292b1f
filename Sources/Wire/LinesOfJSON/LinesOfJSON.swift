import Foundations
import Model

/// Lines of JSON (ndjson): an object a line, each a record.
public struct LinesOfJSON: Sendable {
    public private(set) var records: [LogRecord] = []
    /// Lines that are no JSON objects, and where the first of them begins.
    public private(set) var refused = 0
    public private(set) var firstRefusedOffset: Int?

    /// A line that is no JSON object is left out and counted; the others stay good.
    public init(
        _ body: UnsafeRawBufferPointer, shape: DocumentShape = DocumentShape(), labels: [(label: String, value: String)] = [],
        limits: WireLimits = WireLimits(), receivedAt: NanoTimestamp
    ) throws(WireError) {
        var maker = DocumentRecord(shape, limits: limits, receivedAt: receivedAt)
        var lines = BodyLines(body)
        while let (offset, line) = lines.next() {
            guard records.count + refused < limits.recordsMax else {
                throw WireError(.overLimit, "the request has more than \(limits.recordsMax) lines; send smaller ones", offset: offset)
            }
            var fields = JSONDocument.fields(line)
            if fields == nil, JSONDocument.isGiant(line) { fields = [] }
            guard let fields else {
                refused += 1
                if firstRefusedOffset == nil { firstRefusedOffset = offset }
                continue
            }
            records.append(try maker.make(fields, document: String(decoding: line, as: UTF8.self), defaults: labels))
        }
    }
}
