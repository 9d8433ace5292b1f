import CZstd
import Foundations

/// Zstandard (RFC 8878): one frame out, one or more frames in.
public enum Zstd {
    private struct Pool: @unchecked Sendable {
        var compressors: [Compressor] = []
        var decompressors: [OpaquePointer] = []
    }

    /// A context with the memory that it writes into: a frame is a fraction of the room that zstd asks for, so that what is kept of it is a
    /// copy of its own size.
    private struct Compressor {
        let context: OpaquePointer
        private var room = UnsafeMutableRawBufferPointer(start: nil, count: 0)

        init() { context = ZSTD_createCCtx()! }

        mutating func room(_ bytes: Int) -> UnsafeMutableRawBufferPointer {
            if room.count < bytes {
                room.deallocate()
                room = .allocate(byteCount: bytes, alignment: 16)
            }
            return UnsafeMutableRawBufferPointer(rebasing: room[..<bytes])
        }

        /// Gives back what only large frames need.
        mutating func shrink() {
            guard room.count > Limits.pooledRoomBytesMax else { return }
            room.deallocate()
            room = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        }

        func free() {
            ZSTD_freeCCtx(context)
            room.deallocate()
        }
    }

    private static let pool = Locked(Pool())

    /// One frame with a checksum of its content. `level` is 1…19; others are taken to the nearest.
    public static func compress(_ bytes: UnsafeRawBufferPointer, level: Int = 1) -> [UInt8] {
        withCompressor(level) { compressor in
            let room = compressor.room(ZSTD_compressBound(bytes.count))
            let written = ZSTD_compress2(compressor.context, room.baseAddress, room.count, bytes.baseAddress, bytes.count)
            precondition(ZSTD_isError(written) == 0, "zstd: \(String(cString: ZSTD_getErrorName(written)))")
            return [UInt8](UnsafeRawBufferPointer(rebasing: room[..<written]))
        }
    }

    private static func withCompressor(_ level: Int, _ body: (inout Compressor) -> [UInt8]) -> [UInt8] {
        var compressor = pool.withLock { $0.compressors.popLast() } ?? Compressor()
        ZSTD_CCtx_reset(compressor.context, ZSTD_reset_session_and_parameters)
        ZSTD_CCtx_setParameter(compressor.context, ZSTD_c_compressionLevel, Int32(min(19, max(1, level))))
        ZSTD_CCtx_setParameter(compressor.context, ZSTD_c_checksumFlag, 1)
        let result = body(&compressor)
        compressor.shrink()
        giveBack(compressor, to: \.compressors) { $0.free() }
        return result
    }

    /// One frame with a checksum, whose blocks end where sections do: each gets codes of its own, so bytes of different natures, one behind
    /// the other, don't spoil each other's. `sectionEnds`: ascending; the last section ends with the bytes.
    public static func compress(_ bytes: UnsafeRawBufferPointer, sectionEnds: [Int], level: Int) -> [UInt8] {
        withCompressor(level) { compressor in
            let context = compressor.context
            ZSTD_CCtx_setPledgedSrcSize(context, UInt64(bytes.count))
            // A block has a header of three bytes.
            let room = compressor.room(ZSTD_compressBound(bytes.count) + 8 * (sectionEnds.count + 1))
            var output = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
            var input = ZSTD_inBuffer(src: bytes.baseAddress, size: 0, pos: 0)
            for end in sectionEnds where end < bytes.count {
                input.size = end
                let left = ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush)
                precondition(left == 0, "zstd: \(String(cString: ZSTD_getErrorName(left)))")
            }
            input.size = bytes.count
            let left = ZSTD_compressStream2(context, &output, &input, ZSTD_e_end)
            precondition(left == 0, "zstd: \(String(cString: ZSTD_getErrorName(left)))")
            return [UInt8](UnsafeRawBufferPointer(rebasing: room[..<output.pos]))
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

    private static func giveBack<Context>(_ context: Context, to list: WritableKeyPath<Pool, [Context]>, free: (Context) -> Void) {
        let isKept = pool.withLock { pool in
            guard pool[keyPath: list].count < Limits.pooledContextsMax else { return false }
            pool[keyPath: list].append(context)
            return true
        }
        if !isKept { free(context) }
    }
}
