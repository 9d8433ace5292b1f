import Compression

/// A part of a partition as one zstd frame with its checksum.
enum Frame {
    static func compressed(_ bytes: [UInt8], level: Int) -> [UInt8] { Zstd.compress(bytes, level: level) }

    /// The content, at most `bytesMax`: what is read from a file is bounded however it was damaged.
    static func content(_ frame: UnsafeRawBufferPointer, bytesMax: Int) throws(DamagedBytes) -> ByteBlock {
        guard let count = Zstd.contentBytes(ofFrame: frame), count <= bytesMax else { throw DamagedBytes("a frame of no or too great a size") }
        do {
            return try ByteBlock(count: count) { try Zstd.decompress(frame: frame, into: $0) }
        } catch {
            throw DamagedBytes("\(error)")
        }
    }
}
