import CPlatform

/// CRC32C (Castagnoli), as iSCSI (RFC 3720) defines it; in hardware where the machine has SSE 4.2.
public enum CRC32C {
    /// The checksum of `bytes`, continued from `previous`.
    @inlinable public static func checksum(_ bytes: UnsafeRawBufferPointer, previous: UInt32 = 0) -> UInt32 {
        nj_crc32c(previous, bytes.baseAddress, bytes.count)
    }

    @inlinable public static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0) }
    }
}
