import CSnappy

/// Snappy's block format, as Prometheus remote write and Loki push use it.
public enum Snappy {
    public static func compress(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var bound = snappy_max_compressed_length(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            let status = output.withMemoryRebound(to: CChar.self) { room in
                withCharacters(bytes) { snappy_compress($0, bytes.count, room.baseAddress, &bound) }
            }
            precondition(status == SNAPPY_OK)
            count = bound
        }
    }

    public static func compress(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { compress($0) } }

    /// The declared length is checked against `bytesMax`, and against what so many bytes can expand to, before anything is allocated.
    public static func decompress(_ bytes: UnsafeRawBufferPointer, bytesMax: Int) throws(CompressionError) -> [UInt8] {
        var declared = 0
        guard !bytes.isEmpty else { throw .corrupt(format: "snappy", offset: 0, reason: "it is empty") }
        guard withCharacters(bytes, { snappy_uncompressed_length($0, bytes.count, &declared) }) == SNAPPY_OK, declared >= 0 else {
            throw .corrupt(format: "snappy", offset: 0, reason: "it doesn't begin with a length")
        }
        guard declared <= bytesMax else { throw .tooLarge(bytesMax: bytesMax) }
        guard declared / Limits.snappyExpansionMax <= bytes.count else {
            throw .corrupt(format: "snappy", offset: 0, reason: "it declares \(declared) bytes, more than \(bytes.count) can hold")
        }
        var written = declared
        var status = SNAPPY_INVALID_INPUT
        let result = [UInt8](unsafeUninitializedCapacity: declared) { output, count in
            status = output.withMemoryRebound(to: CChar.self) { room in
                withCharacters(bytes) { snappy_uncompress($0, bytes.count, room.baseAddress, &written) }
            }
            count = status == SNAPPY_OK ? written : 0
        }
        guard status == SNAPPY_OK else {
            throw .corrupt(format: "snappy", offset: 0, reason: "its elements don't make up the \(declared) bytes it declares")
        }
        return result
    }

    public static func decompress(_ bytes: [UInt8], bytesMax: Int) throws(CompressionError) -> [UInt8] {
        try withBytes(bytes) { buffer throws(CompressionError) in try decompress(buffer, bytesMax: bytesMax) }
    }

    private static func withCharacters<Result>(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        // The library wants an address even for no bytes.
        if bytes.isEmpty { return withUnsafePointer(to: CChar(0)) { body($0) } }
        return bytes.withMemoryRebound(to: CChar.self) { body($0.baseAddress) }
    }
}
