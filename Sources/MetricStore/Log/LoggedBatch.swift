import Foundations
import Model

/// A batch as the log holds it: what was accepted of it, with series as references of the segment.
///
/// Layout: `Docs/Formats/metric-write-ahead-log.md`, "Commit group".
struct LoggedBatch: Sendable {
    var origin: BatchOrigin?
    /// The reference of the first new series; the others follow one by one.
    var firstReference: UInt32 = 0
    /// Series that the segment names from here on: how many, and their canonical labels, each behind its length.
    private(set) var newSeriesCount = 0
    private(set) var newSeriesBytes: [UInt8] = []
    var samples = SampleFrame()
    var histograms: [(reference: UInt32, sample: HistogramSample)] = []
    var exemplars: [(reference: UInt32, exemplar: Exemplar)] = []
    var metadata: [(name: String, value: Metadata)] = []

    private static let hasOrigin: UInt8 = 1

    init(origin: BatchOrigin? = nil, firstReference: UInt32 = 0) {
        self.origin = origin
        self.firstReference = firstReference
    }

    /// Names one more series; `labels` are canonical.
    mutating func appendNewSeries(_ labels: UnsafeRawBufferPointer) {
        newSeriesCount += 1
        newSeriesBytes.append(lengthPrefixed: labels)
    }

    /// Visits the canonical labels of the series that the segment names from here on.
    func forEachNewSeries(_ body: (UnsafeRawBufferPointer) -> Void) {
        newSeriesBytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            while let labels = reader.readLengthPrefixed() { body(labels) }
        }
    }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(origin != nil ? Self.hasOrigin : 0)
        if let origin {
            bytes.append(lengthPrefixed: origin.agent)
            bytes.append(varint: origin.sequence)
        }
        bytes.append(varint: UInt64(firstReference))
        bytes.append(varint: UInt64(newSeriesCount))
        bytes.append(contentsOf: newSeriesBytes)
        samples.encode(into: &bytes)
        bytes.append(varint: UInt64(histograms.count))
        var coder = HistogramCoder()
        for (reference, sample) in histograms {
            bytes.append(varint: UInt64(reference))
            coder.append(sample, to: &bytes)
        }
        bytes.append(varint: UInt64(exemplars.count))
        for (reference, exemplar) in exemplars {
            bytes.append(varint: UInt64(reference))
            ExemplarCode.append(exemplar, to: &bytes)
        }
        bytes.append(varint: UInt64(metadata.count))
        for (name, value) in metadata { MetadataCode.append(name, value, to: &bytes) }
    }

    static func decode(_ reader: inout ByteReader) -> LoggedBatch? {
        var batch = LoggedBatch()
        guard let flags = reader.readUInt8(), flags <= hasOrigin else { return nil }
        if flags & hasOrigin != 0 {
            guard let agent = reader.readString(), let sequence = reader.readVarint(), let origin = BatchOrigin(agent: agent, sequence: sequence)
            else { return nil }
            batch.origin = origin
        }
        guard let first = reader.readVarint().flatMap(UInt32.init(exactly:)), let seriesCount = reader.readVarint() else { return nil }
        batch.firstReference = first
        for _ in 0..<seriesCount {
            guard let labels = reader.readLengthPrefixed(), LabelRun.isCanonical(labels) else { return nil }
            batch.appendNewSeries(labels)
        }
        guard let samples = SampleFrame.decode(&reader), let histogramCount = reader.readVarint() else { return nil }
        batch.samples = samples
        var coder = HistogramCoder()
        for _ in 0..<histogramCount {
            guard let reference = reader.readVarint().flatMap(UInt32.init(exactly:)), let sample = coder.read(&reader) else { return nil }
            batch.histograms.append((reference, sample))
        }
        guard let exemplarCount = reader.readVarint() else { return nil }
        for _ in 0..<exemplarCount {
            guard let reference = reader.readVarint().flatMap(UInt32.init(exactly:)), let exemplar = ExemplarCode.read(&reader) else { return nil }
            batch.exemplars.append((reference, exemplar))
        }
        guard let metadataCount = reader.readVarint() else { return nil }
        for _ in 0..<metadataCount {
            guard let entry = MetadataCode.read(&reader) else { return nil }
            batch.metadata.append(entry)
        }
        return batch
    }

    /// All batches of a commit group's payload; nil where it isn't one.
    static func decodeGroup(_ payload: UnsafeRawBufferPointer) -> [LoggedBatch]? {
        var reader = ByteReader(payload)
        var batches: [LoggedBatch] = []
        while !reader.isAtEnd {
            guard let batch = decode(&reader) else { return nil }
            batches.append(batch)
        }
        return batches
    }
}

/// An exemplar as bytes.
enum ExemplarCode {
    static func append(_ exemplar: Exemplar, to bytes: inout [UInt8]) {
        bytes.append(zigzag: exemplar.sample.timestamp)
        bytes.append(double: exemplar.sample.value)
        bytes.append(lengthPrefixed: exemplar.labels.encoded)
    }

    static func read(_ reader: inout ByteReader) -> Exemplar? {
        guard let timestamp = reader.readZigzag(), let value = reader.readDouble(), let labels = reader.readLengthPrefixed().flatMap(Labels.init(encoded:))
        else { return nil }
        return Exemplar(labels: labels, sample: Sample(timestamp: timestamp, value: value))
    }
}

/// A family's metadata as bytes.
enum MetadataCode {
    private static let kinds: [Metadata.Kind] = [.unknown, .counter, .gauge, .histogram, .gaugehistogram, .summary, .info, .stateset]

    static func append(_ name: String, _ value: Metadata, to bytes: inout [UInt8]) {
        bytes.append(lengthPrefixed: name)
        bytes.append(UInt8(kinds.firstIndex(of: value.kind)!))
        bytes.append(lengthPrefixed: value.help)
        bytes.append(lengthPrefixed: value.unit)
    }

    static func read(_ reader: inout ByteReader) -> (name: String, value: Metadata)? {
        guard let name = reader.readString(), let kind = reader.readUInt8(), Int(kind) < kinds.count, let help = reader.readString(),
            let unit = reader.readString()
        else { return nil }
        return (name, Metadata(kind: kinds[Int(kind)], help: help, unit: unit))
    }
}
