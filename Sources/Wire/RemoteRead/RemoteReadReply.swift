import Foundations
import Model

extension RemoteRead {
    /// The answer of the kind `samples`, not compressed: the series of each query, in the request's order.
    ///
    /// ReadResponse { results = 1 }, QueryResult { timeseries = 1 }, TimeSeries { labels = 1, samples = 2, histograms = 4 }
    public static func encodeSamples(_ results: [[Series]]) -> [UInt8] {
        var writer = ProtobufWriter(capacity: results.joined().reduce(64) { $0 + $1.labels.encoded.count + 16 + $1.sampleCount * 18 })
        for series in results {
            writer.message(1) { result in
                for one in series { result.message(1) { encode(one, to: &$0) } }
            }
        }
        return writer.bytes
    }

    private static func encode(_ series: Series, to writer: inout ProtobufWriter) {
        encode(series.labels, to: &writer)
        for index in series.timestamps.indices {
            writer.message(2) { sample in
                sample.double(1, whereSet: series.values[index])
                if series.timestamps[index] != 0 { sample.int64(2, series.timestamps[index]) }
            }
        }
        for histogram in series.histograms { writer.message(4) { HistogramMessage.encode(histogram, to: &$0) } }
    }

    fileprivate static func encode(_ labels: Labels, to writer: inout ProtobufWriter) {
        labels.forEachBytes { name, value in
            writer.message(1) { label in
                label.run(1, name)
                label.run(2, value)
            }
        }
    }
}

/// The answer of the kind `streamedChunks`, frame by frame.
///
/// A frame is the length of its message as a varint, the message's CRC-32C in four bytes, the highest first, and the message:
/// ChunkedReadResponse { chunked_series = 1, query_index = 2 }, ChunkedSeries { labels = 1, chunks = 2 },
/// Chunk { min_time_ms = 1, max_time_ms = 2, type = 3, data = 4 }. A series that is longer than a frame goes on in the next.
public struct RemoteReadFrames: Sequence, IteratorProtocol {
    private let results: [[Series]]
    private let frameBytesMax: Int
    private var query = 0
    private var place = 0
    private var chunks: SeriesChunks?

    /// `frameBytesMax` is passed by at most one chunk, of some 2 KiB.
    public init(_ results: [[Series]], frameBytesMax: Int = 1 << 20) {
        self.results = results
        self.frameBytesMax = frameBytesMax
    }

    /// The next frame; nil at the end.
    public mutating func next() -> [UInt8]? {
        while query < results.count {
            guard place < results[query].count else {
                (query, place) = (query + 1, 0)
                continue
            }
            if let message = nextMessage(results[query][place]) { return Self.framed(message) }
            (place, chunks) = (place + 1, nil)
        }
        return nil
    }

    /// As many chunks of the series as fit a frame; nil where it has no more. A series without samples is one frame without chunks.
    private mutating func nextMessage(_ series: Series) -> [UInt8]? {
        var rest = chunks ?? SeriesChunks(series)
        let isFirst = chunks == nil
        var message = ProtobufWriter()
        var count = 0
        message.message(1) { chunkedSeries in
            RemoteRead.encode(series.labels, to: &chunkedSeries)
            let start = chunkedSeries.bytes.count
            while chunkedSeries.bytes.count - start < frameBytesMax, let chunk = rest.next() {
                chunkedSeries.message(2) { Self.encode(chunk, to: &$0) }
                count += 1
            }
        }
        chunks = rest
        guard count > 0 || (isFirst && series.sampleCount == 0) else { return nil }
        message.varint(2, whereSet: UInt64(query))
        return message.bytes
    }

    private static func encode(_ chunk: SeriesChunk, to writer: inout ProtobufWriter) {
        if chunk.start != 0 { writer.int64(1, chunk.start) }
        if chunk.end != 0 { writer.int64(2, chunk.end) }
        writer.varint(3, chunk.encoding.rawValue)
        chunk.data.withUnsafeBytes { writer.run(4, $0) }
    }

    private static func framed(_ message: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(message.count + 16)
        frame.append(varint: UInt64(message.count))
        frame.append(littleEndian: CRC32C.checksum(message).bigEndian)
        frame.append(contentsOf: message)
        return frame
    }
}
