import Foundations
import Model

/// Lines of JSON (ndjson): an object a line, each a record.
public struct LinesOfJSON: Sendable {
    public private(set) var columns = LogColumns()
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
            guard columns.count + refused < limits.recordsMax else {
                throw WireError(.overLimit, "the request has more than \(limits.recordsMax) lines; send smaller ones", offset: offset)
            }
            guard var content = JSONDocument.content(line) else {
                refused += 1
                if firstRefusedOffset == nil { firstRefusedOffset = offset }
                continue
            }
            try maker.append(&content, document: line, defaults: labels, to: &columns)
        }
    }

    /// The same one by one.
    public var records: [LogRecord] { columns.records }
}
