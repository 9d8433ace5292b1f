import Foundations
import Model

@testable import MetricStore

extension FuzzTarget {
    func runMetricStore(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .metricBlock:
            // As it is, and with the checksums that would let what is wrong through.
            readBlock(Array(bytes))
            readBlock(Self.resealed(Array(bytes)))
        case .metricLog:
            _ = RecordFile.scan(bytes) { _ = LoggedBatch.decodeGroup($0.payload) }
            _ = LoggedBatch.decodeGroup(bytes)
            var reader = ByteReader(bytes)
            _ = Tombstone.decode(&reader)
        case .metricCheckpoint:
            _ = CheckpointCode.decodeState(bytes)
            var head = Head(blockMilliseconds: 7_200_000)
            var reader = ByteReader(bytes)
            while !reader.isAtEnd, CheckpointCode.readSeries(&reader, into: &head) {}
            for number in head.matching([]) { _ = head.view(number, from: .min, through: .max).samples(from: .min, through: .max) }
        case .metricManifest: _ = Manifest.decode(Array(bytes))
        case .headChunk:
            guard let count = bytes.first else { return }
            let words = stride(from: 1, to: max(1, bytes.count - 7), by: 8).map { bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self) }
            var (timestamps, values): ([Int64], [Double]) = ([], [])
            HeadChunk(words: words[...], count: Int(count), first: 0, last: 0).decode(into: &timestamps, &values)
        default:
            var (timestamps, values): ([Int64], [Double]) = ([], [])
            let count = bytes.first.map(Int.init) ?? 0
            let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
            var reader = ByteReader(rest)
            _ = IntegerColumn.decode(&reader, count: count, into: &timestamps)
            _ = FloatColumn.decode(rest, count: count, into: &values)
            _ = HistogramCoder.decode(rest, count: count)
        }
    }

    private func readBlock(_ bytes: [UInt8]) {
        refusing {
            let block = try BlockReader(MappedFile(path: "block", copying: bytes))
            refusing { try block.verify() }
            refusing { _ = try block.names() }
            refusing { _ = try block.resolve([Matcher("__name__", .regex, ".*a.*")]) }
        }
    }

    /// A block's bytes with every checksum right again.
    private static func resealed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        guard bytes.count >= BlockFormat.headerBytes + BlockFormat.footerBytesMax else { return bytes }
        let number = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: $0.count - 16, as: UInt32.self).littleEndian }
        let version = BlockFormat.Version(rawValue: number) ?? .compact
        let footer = bytes.count - version.footerBytes
        bytes.withUnsafeMutableBytes { all in
            // Where the section before the checksums ends.
            let end = all.loadUnaligned(fromByteOffset: footer + (version.sections.count - 2) * 8, as: UInt64.self)
            if let checked = Int(exactly: end), checked <= footer {
                for page in 0..<BlockFormat.pageCount(checked) where checked + page * 4 + 4 <= footer {
                    let start = page * Limits.blockPageBytes
                    let sum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: all[start..<min(checked, start + Limits.blockPageBytes)]))
                    all.storeBytes(of: sum.littleEndian, toByteOffset: checked + page * 4, as: UInt32.self)
                }
            }
            let sum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: all[footer..<(all.count - 12)]))
            all.storeBytes(of: sum.littleEndian, toByteOffset: all.count - 12, as: UInt32.self)
        }
        return bytes
    }
}
