import Foundations
import Model

extension RemoteWrite {
    /// A version 2 request, not compressed. Metadata goes with each series whose family has some.
    public static func encodeV2(_ batch: MetricBatch) -> [UInt8] {
        var symbols = SymbolTable()
        var series = ProtobufWriter(capacity: batch.entries.count * 64)
        var lookup = MetadataLookup(batch.metadata)
        for entry in batch.entries {
            let metadata = lookup.find(entry.labels)
            series.message(5) { message in
                message.message(1) { encode(entry.labels, as: &symbols, to: &$0) }
                for sample in entry.samples { message.message(2) { encode(sample, to: &$0) } }
                for histogram in entry.histograms { message.message(3) { HistogramMessage.encode(histogram, to: &$0) } }
                for exemplar in entry.exemplars {
                    message.message(4) {
                        $0.message(1) { encode(exemplar.labels, as: &symbols, to: &$0) }
                        encode(exemplar.sample, valueField: 2, timestampField: 3, to: &$0)
                    }
                }
                guard let metadata else { return }
                message.message(5) {
                    $0.varint(1, whereSet: number(metadata.kind))
                    $0.varint(3, whereSet: UInt64(symbols.number(of: metadata.help)))
                    $0.varint(4, whereSet: UInt64(symbols.number(of: metadata.unit)))
                }
            }
        }
        var request = ProtobufWriter(capacity: series.bytes.count + symbols.count * 24)
        symbols.forEach { request.run(4, $0) }
        return request.bytes + series.bytes
    }

    /// A version 1 request, not compressed.
    public static func encodeV1(_ batch: MetricBatch) -> [UInt8] {
        var writer = ProtobufWriter(capacity: batch.entries.count * 128)
        for entry in batch.entries {
            writer.message(1) { message in
                encode(entry.labels, to: &message)
                for sample in entry.samples { message.message(2) { encode(sample, to: &$0) } }
                for exemplar in entry.exemplars {
                    message.message(3) {
                        encode(exemplar.labels, to: &$0)
                        encode(exemplar.sample, valueField: 2, timestampField: 3, to: &$0)
                    }
                }
                for histogram in entry.histograms { message.message(4) { HistogramMessage.encode(histogram, to: &$0) } }
            }
        }
        for (family, metadata) in batch.metadata.sorted(by: { $0.key < $1.key }) {
            writer.message(3) {
                $0.varint(1, whereSet: number(metadata.kind))
                $0.string(2, family)
                $0.string(4, whereSet: metadata.help)
                $0.string(5, whereSet: metadata.unit)
            }
        }
        return writer.bytes
    }

    private static func encode(_ labels: Labels, as symbols: inout SymbolTable, to packed: inout ProtobufWriter) {
        labels.forEachBytes { name, value in
            packed.packedVarint(UInt64(symbols.number(of: name)))
            packed.packedVarint(UInt64(symbols.number(of: value)))
        }
    }

    private static func encode(_ labels: Labels, to writer: inout ProtobufWriter) {
        labels.forEachBytes { name, value in
            writer.message(1) {
                $0.run(1, name)
                $0.run(2, value)
            }
        }
    }

    @inline(__always) private static func encode(
        _ sample: Sample, valueField: Int = 1, timestampField: Int = 2, to writer: inout ProtobufWriter
    ) {
        writer.double(valueField, whereSet: sample.value)
        if sample.timestamp != 0 { writer.int64(timestampField, sample.timestamp) }
    }
}

/// The metadata of series by their names; asks the dictionary once per run of series of one name.
private struct MetadataLookup {
    private let families: [String: Metadata]
    private var name: [UInt8] = []
    private var found: Metadata?

    init(_ families: [String: Metadata]) { self.families = families }

    mutating func find(_ labels: Labels) -> Metadata? {
        if families.isEmpty { return nil }
        var metric: String?
        labels.withValueBytes(of: LabelName.metricName) { bytes in
            if !equalBytes(name, bytes) {
                name = Array(bytes)
                metric = String(decoding: bytes, as: UTF8.self)
            }
        }
        if let metric { found = MetricFamily.metadata(of: metric, in: families) }
        return found
    }
}
