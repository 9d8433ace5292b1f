import Foundations
import Glibc
import Model

/// One action of a `_bulk` request, in its order.
public struct BulkItem: Sendable {
    public enum Action: String, Sendable {
        case create, index, update, delete
    }

    public enum Outcome: Sendable {
        /// The record at this place of `BulkRequest.columns`.
        case record(Int)
        /// What Elasticsearch would say: a status, a type of error, and a sentence.
        case refused(status: Int, type: String, reason: String)
    }

    public let action: Action
    public let index: String
    /// What the sender calls the document; nil leaves the name to us.
    public let id: String?
    public var outcome: Outcome
}

/// Elasticsearch's `_bulk`: lines of JSON in pairs, an action and its document.
///
/// `create` and `index` store. `update` and `delete` change what is stored, which a log isn't: each is refused by itself, as a data stream
/// refuses them. A document that is no JSON object is refused by itself as well; an action that can't be read ends the request, since
/// nobody knows what the next line is.
public struct BulkRequest: Sendable {
    public private(set) var items: [BulkItem] = []
    public private(set) var columns = LogColumns()

    /// `defaultIndex`: that of the path, for actions that name none.
    public init(
        _ body: UnsafeRawBufferPointer, defaultIndex: String?, shape: DocumentShape = DocumentShape(), limits: WireLimits = WireLimits(),
        receivedAt: NanoTimestamp
    ) throws(WireError) {
        var maker = DocumentRecord(shape, limits: limits, receivedAt: receivedAt)
        var lines = BodyLines(body)
        // Shippers write the same action before each document.
        var last: (line: UnsafeRawBufferPointer, action: BulkAction)?
        while let (offset, line) = lines.next() {
            guard items.count < limits.recordsMax else {
                throw WireError(.overLimit, "the request has more than \(limits.recordsMax) actions; send smaller ones", offset: offset)
            }
            let head: BulkAction
            if let last, last.line.count == line.count, memcmp(last.line.baseAddress!, line.baseAddress!, line.count) == 0 {
                head = last.action
            } else {
                head = try BulkAction(line, offset: offset, limits: limits)
                last = (line, head)
            }
            guard let index = head.index ?? defaultIndex, !index.isEmpty else {
                throw WireError("an action names no index, and the path names none", offset: offset)
            }
            var outcome = BulkItem.Outcome.refused(
                status: 400, type: "illegal_argument_exception", reason: "only create and index are taken: what is stored of logs doesn't change")
            if head.action != .delete {
                guard let (place, document) = lines.next() else {
                    throw WireError("the last action has no document; the body ends in a line feed behind it", offset: offset)
                }
                if head.action != .update { outcome = try store(document, at: place, index: index, &maker) }
            }
            items.append(BulkItem(action: head.action, index: index, id: head.id, outcome: outcome))
        }
        if items.isEmpty { throw WireError("the body has no actions", offset: 0) }
    }

    private mutating func store(
        _ document: UnsafeRawBufferPointer, at offset: Int, index: String, _ maker: inout DocumentRecord
    ) throws(WireError) -> BulkItem.Outcome {
        guard var content = JSONDocument.content(document) else {
            return .refused(status: 400, type: "document_parsing_exception", reason: "the document at byte \(offset) is no JSON object")
        }
        try maker.append(&content, document: document, defaults: [("job", index)], to: &columns)
        return .record(columns.count - 1)
    }

    /// The records one by one.
    public var records: [LogRecord] { columns.records }
}

/// `{"create":{"_index":"logs","_id":"1"}}`
private struct BulkAction {
    var action: BulkItem.Action
    var index: String?
    var id: String?

    init(_ line: UnsafeRawBufferPointer, offset: Int, limits: WireLimits) throws(WireError) {
        var found: (action: BulkItem.Action, index: String?, id: String?)?
        do throws(WireError) {
            var reader = try JSONReader(line, nestingMax: limits.nestingMax)
            try reader.object { key, reader throws(WireError) in
                guard found == nil, let action = BulkItem.Action(rawValue: key) else {
                    throw WireError("an action is one of create, index, update and delete, not \(quoted(String(key.prefix(32))))", offset: reader.offset)
                }
                var (index, id): (String?, String?) = (nil, nil)
                try reader.object { key, reader throws(WireError) in
                    switch key {
                    case "_index": index = try reader.text()
                    case "_id": id = try reader.text()
                    default: try reader.skip()
                    }
                }
                found = (action, index, id)
            }
            try reader.end()
        } catch {
            throw WireError(error.kind, "an action can't be read: \(error.what)", offset: offset + error.offset)
        }
        guard let found else { throw WireError("an action is empty", offset: offset) }
        (action, index, id) = found
        guard index?.utf8.count ?? 0 <= Limits.bulkNameBytesMax, id?.utf8.count ?? 0 <= Limits.bulkNameBytesMax else {
            throw WireError(.overLimit, "an action's _index or _id is longer than \(Limits.bulkNameBytesMax) bytes", offset: offset)
        }
    }
}

extension JSONReader {
    /// A text; a number's text; nil for null.
    fileprivate mutating func text() throws(WireError) -> String? {
        if try takeNull() { return nil }
        return String(try numberText())
    }
}
