import FoundationEssentials
import Foundations

/// Lines of a tail that came at once.
struct TailBatch: Sendable {
    var items: [LogItem] = []
    /// Lines that were left out because they came too fast, or that couldn't be read.
    var skipped = 0
}

/// Cuts a stream of bytes into lines of JSON and reads them.
struct TailParser {
    private struct Skipped: Decodable { let skipped: Int }

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
        let line = Data(rest)
        if let item = (try? JSONDecoder().decode(LogReply.self, from: line))?.item {
            batch.items.append(item)
        } else {
            // Not a line: the count of lines left out, or something that can't be read, which counts as one.
            batch.skipped += max(0, (try? JSONDecoder().decode(Skipped.self, from: line))?.skipped ?? 1)
        }
    }
}
