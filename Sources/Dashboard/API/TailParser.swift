import Boards
import Foundations
import Model

/// Lines of a tail that came at once.
struct TailBatch: Sendable {
    var items: [LogItem] = []
    /// Lines that were left out because they came too fast, or that couldn't be read.
    var skipped = 0
}

/// Cuts a stream of bytes into lines of JSON and reads them.
struct TailParser {
    private var rest: [UInt8] = []
    /// In a line that is longer than the cap, of which nothing is kept.
    private var isDropping = false

    mutating func feed(_ bytes: UnsafeRawBufferPointer) -> TailBatch {
        var batch = TailBatch()
        for part in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if part.offset > 0 { endLine(&batch) }
            if isDropping { continue }
            rest.append(contentsOf: part.element)
            if rest.count > Limits.tailLineBytes {
                rest = []
                isDropping = true
            }
        }
        return batch
    }

    private mutating func endLine(_ batch: inout TailBatch) {
        defer {
            rest.removeAll(keepingCapacity: rest.count < 65_536)
            isDropping = false
        }
        if isDropping {
            batch.skipped += 1
            return
        }
        if rest.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) { return }
        switch rest.withUnsafeBytes(Self.read) {
        case .item(let item): batch.items.append(item)
        case .skipped(let count): batch.skipped += max(0, count)
        }
    }

    private enum Line {
        case item(LogItem)
        /// So many lines were left out; 1 for what can't be read.
        case skipped(Int)
    }

    /// Reads a line in one pass: 50,000 of them come in a second.
    private static func read(_ bytes: UnsafeRawBufferPointer) -> Line {
        var reader = ReplyReader(bytes)
        var (moment, line, skipped): (Int64?, String?, Int?)
        var level = LogLevel.unknown
        var stream: [String: String] = [:]
        var fields: [AlertItem.LabelPair] = []
        let isWhole = reader.eachMember { name, reader in
            switch name {
            case "timestamp": moment = reader.string().flatMap { Int64($0) }
            case "line": line = reader.string()
            case "skipped": skipped = reader.scalarText().flatMap { Int($0) }
            case "level":
                guard let text = reader.scalarText() else { return false }
                level = LogLevel(name: text) ?? .unknown
            case "stream" where reader.isObject:
                guard let labels = reader.labels() else { return false }
                stream = labels
            case "fields" where reader.isObject:
                return reader.eachMember { name, reader in
                    guard let text = reader.scalarText() else { return false }
                    fields.append(AlertItem.LabelPair(name: name, value: text))
                    return true
                }
            default: return reader.skip()
            }
            return true
        }
        guard isWhole, let moment, let line else { return .skipped(isWhole ? skipped ?? 1 : 1) }
        return .item(LogItem(
            timestamp: NanoTimestamp(nanoseconds: moment), level: level, stream: pairs(stream), line: line, fields: fields.sorted { $0.name < $1.name }))
    }
}
