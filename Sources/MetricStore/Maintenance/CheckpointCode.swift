import Foundations
import Model

/// Records of a checkpoint: the head as it was, so that the log before it is no longer needed.
///
/// A checkpoint is taken while batches come in; the log from its `start` on is read over it, which sets again whatever it
/// holds already. Layout: `Docs/Formats/metric-checkpoint.md`.
enum CheckpointCode {
    struct State {
        var newest = Int64.min
        var marks: [String: UInt64] = [:]
        var metadata: [String: Metadata] = [:]
        var tombstones: [Tombstone] = []
    }

    static func encode(_ state: State, into bytes: inout [UInt8]) {
        bytes.append(zigzag: state.newest)
        bytes.append(varint: UInt64(state.marks.count))
        for (agent, sequence) in state.marks.sorted(by: { $0.key < $1.key }) {
            bytes.append(lengthPrefixed: agent)
            bytes.append(varint: sequence)
        }
        bytes.append(varint: UInt64(state.metadata.count))
        for (name, value) in state.metadata.sorted(by: { $0.key < $1.key }) { MetadataCode.append(name, value, to: &bytes) }
        bytes.append(varint: UInt64(state.tombstones.count))
        for tombstone in state.tombstones { tombstone.encode(into: &bytes) }
    }

    static func decodeState(_ payload: UnsafeRawBufferPointer) -> State? {
        var reader = ByteReader(payload)
        var state = State()
        guard let newest = reader.readZigzag(), let markCount = reader.readVarint() else { return nil }
        state.newest = newest
        for _ in 0..<markCount {
            guard let agent = reader.readString(), let sequence = reader.readVarint() else { return nil }
            state.marks[agent] = sequence
        }
        guard let metadataCount = reader.readVarint() else { return nil }
        for _ in 0..<metadataCount {
            guard let (name, value) = MetadataCode.read(&reader) else { return nil }
            state.metadata[name] = value
        }
        guard let tombstoneCount = reader.readVarint() else { return nil }
        for _ in 0..<tombstoneCount {
            guard let tombstone = Tombstone.decode(&reader) else { return nil }
            state.tombstones.append(tombstone)
        }
        return state
    }

    static func encode(_ view: HeadSeriesView, blockMilliseconds: Int64, into bytes: inout [UInt8]) {
        bytes.append(lengthPrefixed: view.labels.encoded)
        bytes.append(zigzag: view.lastTimestamp)
        bytes.append(littleEndian: view.lastValue)
        var chunks = view.closed
        if let open = view.open { chunks.append(open) }
        var late = view.rare?.late ?? []
        if !view.sealing.isEmpty {
            // What waits for a block that couldn't be written belongs to the head as long as it does.
            chunks = HeadChunk.pack(view.samples(from: .min, through: .max), blockMilliseconds: blockMilliseconds)[...]
            late = []
        }
        bytes.append(varint: UInt64(chunks.count))
        for chunk in chunks { append(chunk, to: &bytes) }
        bytes.append(varint: UInt64(late.count))
        for sample in late {
            bytes.append(zigzag: sample.timestamp)
            bytes.append(double: sample.value)
        }
        var histograms = view.rare?.histograms.chunks ?? []
        if let rare = view.rare, !rare.sealingHistograms.isEmpty {
            histograms = HistogramColumnParts(view.histograms(from: .min, through: .max)).chunks
        }
        bytes.append(varint: UInt64(histograms.count))
        for chunk in histograms {
            bytes.append(zigzag: chunk.first)
            bytes.append(zigzag: chunk.last)
            bytes.append(varint: UInt64(chunk.count))
            bytes.append(lengthPrefixed: chunk.bytes)
        }
        let exemplars = view.rare?.exemplars ?? []
        bytes.append(varint: UInt64(exemplars.count))
        for exemplar in exemplars { ExemplarCode.append(exemplar, to: &bytes) }
    }

    private static func append(_ chunk: HeadChunk, to bytes: inout [UInt8]) {
        bytes.append(zigzag: chunk.first)
        bytes.append(zigzag: chunk.last)
        bytes.append(varint: UInt64(chunk.count))
        bytes.append(varint: UInt64(chunk.words.count))
        chunk.words.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    /// Brings the next series of a record into the head; false where the bytes hold none.
    static func readSeries(_ reader: inout ByteReader, into head: inout Head) -> Bool {
        guard let labels = reader.readLengthPrefixed(), LabelRun.isCanonical(labels), let lastTimestamp = reader.readZigzag(),
            let lastValue = reader.read(UInt64.self), let chunkCount = reader.readVarint(), chunkCount <= UInt64(reader.remaining)
        else { return false }
        var chunks: [HeadChunk] = []
        for _ in 0..<chunkCount {
            guard let chunk = readChunk(&reader), chunks.last.map({ $0.last < chunk.first }) ?? true else { return false }
            chunks.append(chunk)
        }
        guard let lateCount = reader.readVarint(), lateCount <= UInt64(reader.remaining) else { return false }
        var late: [Sample] = []
        for _ in 0..<lateCount {
            guard let timestamp = reader.readZigzag(), let value = reader.readDouble(), late.last.map({ $0.timestamp < timestamp }) ?? true else { return false }
            late.append(Sample(timestamp: timestamp, value: value))
        }
        guard let histogramCount = reader.readVarint(), histogramCount <= UInt64(reader.remaining) else { return false }
        var histograms: [HistogramChunk] = []
        for _ in 0..<histogramCount {
            guard let first = reader.readZigzag(), let last = reader.readZigzag(), let count = reader.readVarint().flatMap(Int.init(exactly:)),
                let bytes = reader.readLengthPrefixed(), count <= bytes.count
            else { return false }
            histograms.append(HistogramChunk(bytes: Array(bytes), count: count, first: first, last: last))
        }
        guard let exemplarCount = reader.readVarint(), exemplarCount <= UInt64(reader.remaining) else { return false }
        var exemplars: [Exemplar] = []
        for _ in 0..<exemplarCount {
            guard let exemplar = ExemplarCode.read(&reader) else { return false }
            exemplars.append(exemplar)
        }
        head.restore(
            head.findOrAdd(labels), closed: chunks, late: late, histograms: histograms, exemplars: exemplars, lastTimestamp: lastTimestamp,
            lastValue: lastValue)
        return true
    }

    private static func readChunk(_ reader: inout ByteReader) -> HeadChunk? {
        guard let first = reader.readZigzag(), let last = reader.readZigzag(), last >= first, let count = reader.readVarint(),
            let wordCount = reader.readVarint(), wordCount <= UInt64(reader.remaining / 8), wordCount <= UInt64(Limits.chunkWordsMax), count > 0,
            count <= min(wordCount * 64, UInt64(Limits.steadyChunkSamplesMax)),
            let packed = reader.readBytes(Int(wordCount) * 8)
        else { return nil }
        let words = (0..<Int(wordCount)).map { packed.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
        return HeadChunk(words: words[...], count: Int(count), first: first, last: last)
    }
}
