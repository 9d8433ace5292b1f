import Foundations
import Model

/// Rows that were stored together, for those who watch: the frame as it stands in the partition.
struct StoredBlock: Sendable {
    let frame: [UInt8]
    let rows: Int
    let lineBytes: Int

    /// Makes a record of each row, in order.
    func forEachRecord(_ body: (LogRecord) -> Void) throws(DamagedBytes) {
        let frame = frame
        var failure: DamagedBytes?
        frame.withUnsafeBytes { bytes in
            do throws(DamagedBytes) {
                var reader = try RecentBlock.Reader(try Frame.content(bytes, bytesMax: Limits.blockBytesMax), first: 0)
                while let row = try reader.next() {
                    body(
                        LogRecord(
                            timestamp: NanoTimestamp(nanoseconds: row.timestamp), stream: reader.labels[row.stream],
                            level: LogLevel(rawValue: row.level & ~Rows.invalidMark) ?? .unknown, line: row.line, isInvalid: row.level & Rows.invalidMark != 0,
                            fields: try FieldCoding.decode(row.fields, line: row.line)))
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
