import Compression

/// A part of a partition as one zstd frame with its checksum.
enum Frame {
    static func compressed(_ bytes: [UInt8], level: Int) -> [UInt8] { Zstd.compress(bytes, level: level) }

    static func compressed(_ bytes: borrowing SectionedBytes, level: Int) -> [UInt8] {
        Zstd.compress(bytes.bytes.bytes, sectionEnds: bytes.ends, level: level)
    }

    /// The content, at most `bytesMax`: what is read from a file is bounded however it was damaged.
    static func content(_ frame: UnsafeRawBufferPointer, bytesMax: Int) throws(DamagedBytes) -> ByteBlock {
        guard let count = Zstd.contentBytes(ofFrame: frame), count <= bytesMax else { throw DamagedBytes("a frame of no or too great a size") }
        do {
            return try ByteBlock(count: count) { try Zstd.decompress(frame: frame, into: $0) }
        } catch {
            throw DamagedBytes("\(error)")
        }
    }

    // MARK: Small parts

    /// Begins what is a frame; no roll-up begins so by itself.
    private static let smallMark: [UInt8] = [0xFF, 0x7F]
    /// Smaller ones are read faster than they are unpacked.
    private static let smallBytesMin = 256

    /// The bytes, or a mark and a frame of them where that is less.
    static func packed(_ bytes: [UInt8], level: Int) -> [UInt8] {
        if bytes.count < smallBytesMin { return bytes }
        let frame = compressed(bytes, level: level)
        return frame.count + smallMark.count < bytes.count ? smallMark + frame : bytes
    }

    static func withUnpacked<Result>(
        _ bytes: UnsafeRawBufferPointer, bytesMax: Int, _ body: (UnsafeRawBufferPointer) throws(DamagedBytes) -> Result
    ) throws(DamagedBytes) -> Result {
        guard bytes.starts(with: smallMark) else { return try body(bytes) }
        let block = try content(UnsafeRawBufferPointer(rebasing: bytes[smallMark.count...]), bytesMax: bytesMax)
        return try body(block.bytes)
    }
}
