import CZstd
import Foundations

/// Zstandard (RFC 8878): one frame out, one or more frames in.
public enum Zstd {
    private struct Pool: @unchecked Sendable {
        var compressors: [OpaquePointer] = []
        var decompressors: [OpaquePointer] = []
    }

    private static let pool = Locked(Pool())

    /// One frame with a checksum of its content. `level` is 1…19; others are taken to the nearest.
    public static func compress(_ bytes: UnsafeRawBufferPointer, level: Int = 1) -> [UInt8] {
        let context = pool.withLock { $0.compressors.popLast() } ?? ZSTD_createCCtx()!
        defer { giveBack(context, to: \.compressors) { ZSTD_freeCCtx($0) } }
        ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters)
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(min(19, max(1, level))))
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        let bound = ZSTD_compressBound(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            let written = ZSTD_compress2(context, output.baseAddress, bound, bytes.baseAddress, bytes.count)
            precondition(ZSTD_isError(written) == 0, "zstd: \(String(cString: ZSTD_getErrorName(written)))")
            count = written
        }
    }

    /// One frame with a checksum, whose blocks end where sections do: each gets codes of its own, so bytes of different natures, one behind
    /// the other, don't spoil each other's. `sectionEnds`: ascending; the last section ends with the bytes.
    public static func compress(_ bytes: UnsafeRawBufferPointer, sectionEnds: [Int], level: Int) -> [UInt8] {
        let context = pool.withLock { $0.compressors.popLast() } ?? ZSTD_createCCtx()!
        defer { giveBack(context, to: \.compressors) { ZSTD_freeCCtx($0) } }
        ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters)
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(min(19, max(1, level))))
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        ZSTD_CCtx_setPledgedSrcSize(context, UInt64(bytes.count))
        // A block has a header of three bytes.
        let bound = ZSTD_compressBound(bytes.count) + 8 * (sectionEnds.count + 1)
        return [UInt8](unsafeUninitializedCapacity: bound) { room, count in
            var output = ZSTD_outBuffer(dst: room.baseAddress, size: bound, pos: 0)
            var input = ZSTD_inBuffer(src: bytes.baseAddress, size: 0, pos: 0)
            for end in sectionEnds where end < bytes.count {
                input.size = end
                let left = ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush)
                precondition(left == 0, "zstd: \(String(cString: ZSTD_getErrorName(left)))")
            }
            input.size = bytes.count
            let left = ZSTD_compressStream2(context, &output, &input, ZSTD_e_end)
            precondition(left == 0, "zstd: \(String(cString: ZSTD_getErrorName(left)))")
            count = output.pos
        }
    }

    public static func compress(_ bytes: [UInt8], level: Int = 1) -> [UInt8] { bytes.withUnsafeBytes { compress($0, level: level) } }

    /// All frames, one after the other; skippable ones are skipped.
    ///
    /// Bytes behind the last whole frame that begin no frame are an error, and so is a window over 8 MiB (RFC 9659).
    public static func decompress(_ bytes: UnsafeRawBufferPointer, bytesMax: Int) throws(CompressionError) -> [UInt8] {
        guard !bytes.isEmpty else { throw .corrupt(format: "zstd", offset: 0, reason: "it is empty") }
        let context = pool.withLock { $0.decompressors.popLast() } ?? ZSTD_createDCtx()!
        defer { giveBack(context, to: \.decompressors) { ZSTD_freeDCtx($0) } }
        ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters)
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Limits.zstdWindowLogMax)
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var output = OutputBuffer(bytesMax: bytesMax)
        while true {
            let room = output.room()
            var piece = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
            let before = input.pos
            let hint = ZSTD_decompressStream(context, &piece, &input)
            if ZSTD_isError(hint) != 0 {
                throw .corrupt(format: "zstd", offset: before, reason: String(cString: ZSTD_getErrorName(hint)))
            }
            output.advance(piece.pos)
            if output.isOverLimit { throw .tooLarge(bytesMax: bytesMax) }
            if hint == 0, input.pos == input.size { return output.bytes() }
            // With all input taken and room left over, the decoder has nothing more to say.
            if input.pos == input.size, piece.pos < piece.size {
                throw .corrupt(format: "zstd", offset: input.size, reason: "it ends in the middle of a frame")
            }
        }
    }

    public static func decompress(_ bytes: [UInt8], bytesMax: Int) throws(CompressionError) -> [UInt8] {
        try withBytes(bytes) { buffer throws(CompressionError) in try decompress(buffer, bytesMax: bytesMax) }
    }

    /// The size of a frame's content as its header says; nil where it doesn't say, or the bytes begin no frame.
    public static func contentBytes(ofFrame bytes: UnsafeRawBufferPointer) -> Int? {
        let size = ZSTD_getFrameContentSize(bytes.baseAddress, bytes.count)
        // The two greatest values stand for "unknown" and "no frame".
        return size >= UInt64.max - 1 ? nil : Int(clamping: size)
    }

    /// One frame whose content fills `output` to its end, in one go: for frames of our own, whose size is known.
    public static func decompress(frame bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws(CompressionError) {
        let context = pool.withLock { $0.decompressors.popLast() } ?? ZSTD_createDCtx()!
        defer { giveBack(context, to: \.decompressors) { ZSTD_freeDCtx($0) } }
        ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters)
        let count = ZSTD_decompressDCtx(context, output.baseAddress, output.count, bytes.baseAddress, bytes.count)
        if ZSTD_isError(count) != 0 { throw .corrupt(format: "zstd", offset: 0, reason: String(cString: ZSTD_getErrorName(count))) }
        if count != output.count { throw .corrupt(format: "zstd", offset: 0, reason: "it holds \(count) bytes instead of \(output.count)") }
    }

    private static func giveBack(
        _ context: OpaquePointer, to list: WritableKeyPath<Pool, [OpaquePointer]>, free: (OpaquePointer) -> Void
    ) {
        let isKept = pool.withLock { pool in
            guard pool[keyPath: list].count < Limits.pooledContextsMax else { return false }
            pool[keyPath: list].append(context)
            return true
        }
        if !isKept { free(context) }
    }
}
