import CZstd

/// DEFLATE (RFC 1951) in zlib's wrapping (RFC 1950), which is what HTTP's `deflate` means.
public enum Deflate {
    private static let zlibWindow: Int32 = 15
    private static let rawWindow: Int32 = -15

    /// `level` is 1…9; others are taken to the nearest.
    public static func compress(_ bytes: UnsafeRawBufferPointer, level: Int = 1) -> [UInt8] {
        ZlibStream.compress(bytes, level: level, windowBits: zlibWindow)
    }

    public static func compress(_ bytes: [UInt8], level: Int = 1) -> [UInt8] { bytes.withUnsafeBytes { compress($0, level: level) } }

    /// A body in zlib's wrapping, or a bare one as some senders give. Bytes behind its end are an error.
    public static func decompress(_ bytes: UnsafeRawBufferPointer, bytesMax: Int) throws(CompressionError) -> [UInt8] {
        let isWrapped = bytes.count >= 2 && bytes[0] & 0x0F == 8 && (UInt16(bytes[0]) << 8 | UInt16(bytes[1])) % 31 == 0
        return try ZlibStream.decompress(
            bytes, bytesMax: bytesMax, windowBits: isWrapped ? zlibWindow : rawWindow, format: "deflate", hasMembers: false)
    }

    public static func decompress(_ bytes: [UInt8], bytesMax: Int) throws(CompressionError) -> [UInt8] {
        try withBytes(bytes) { buffer throws(CompressionError) in try decompress(buffer, bytesMax: bytesMax) }
    }
}

/// gzip (RFC 1952): one member out, one or more members in.
public enum Gzip {
    private static let gzipWindow: Int32 = 15 + 16

    /// `level` is 1…9; others are taken to the nearest.
    public static func compress(_ bytes: UnsafeRawBufferPointer, level: Int = 1) -> [UInt8] {
        ZlibStream.compress(bytes, level: level, windowBits: gzipWindow)
    }

    public static func compress(_ bytes: [UInt8], level: Int = 1) -> [UInt8] { bytes.withUnsafeBytes { compress($0, level: level) } }

    /// All members, one after the other. Bytes behind the last that begin no member are an error.
    public static func decompress(_ bytes: UnsafeRawBufferPointer, bytesMax: Int) throws(CompressionError) -> [UInt8] {
        try ZlibStream.decompress(bytes, bytesMax: bytesMax, windowBits: gzipWindow, format: "gzip", hasMembers: true)
    }

    public static func decompress(_ bytes: [UInt8], bytesMax: Int) throws(CompressionError) -> [UInt8] {
        try withBytes(bytes) { buffer throws(CompressionError) in try decompress(buffer, bytesMax: bytesMax) }
    }
}
