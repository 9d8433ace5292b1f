import Foundations
import LogStore

extension StatusDocument {
    func logStore(_ writer: inout JSONWriter, _ statistics: LogStoreStatistics) {
        writer.object { writer in
            writer.key("partitions")
            writer.array(statistics.partitions) { writer, partition in
                writer.object { writer in
                    writer.member("day", partition.day)
                    writer.member("sizeBytes", partition.sizeBytes)
                }
            }
            writer.member("sizeBytes", statistics.sizeBytes)
            writer.member("recordsAppendedTotal", statistics.recordsAppendedTotal)
            writer.member("bytesAppendedTotal", statistics.bytesAppendedTotal)
            writer.member("batchesDuplicateTotal", statistics.batchesDuplicateTotal)
            writer.key("recordsRefusedTotal")
            writer.object { writer in
                for (reason, count) in statistics.recordsRefusedTotal.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                    writer.member(reason.rawValue, count)
                }
            }
            writer.member("quarantinedFiles", statistics.quarantined.map(\.file))
            writer.member("tails", statistics.tails)
            writer.member("tailRecordsSkippedTotal", statistics.tailRecordsSkippedTotal)
            writer.member("isAcknowledging", statistics.isAcknowledging)
            writer.key("notAcknowledgingReason")
            if let reason = statistics.refusingReason { writer.string(reason) } else { writer.null() }
        }
    }
}
