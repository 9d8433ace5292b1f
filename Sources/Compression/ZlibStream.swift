import CZstd

/// zlib's streams; the window bits choose the wrapping.
enum ZlibStream {
    static func compress(_ bytes: UnsafeRawBufferPointer, level: Int, windowBits: Int32) -> [UInt8] {
        var stream = z_stream()
        let status = nj_deflate_init(&stream, Int32(min(9, max(1, level))), windowBits)
        precondition(status == Z_OK, "zlib has no memory")
        defer { deflateEnd(&stream) }
        var result: [UInt8] = []
        var offset = 0
        withUnsafeTemporaryAllocation(byteCount: Limits.firstPieceBytes, alignment: 16) { piece in
            while true {
                let given = min(bytes.count - offset, Limits.zlibPieceBytes)
                setInput(of: &stream, to: bytes, offset: offset, count: given)
                stream.next_out = piece.baseAddress!.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = uInt(piece.count)
                let isLast = offset + given == bytes.count
                let status = deflate(&stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                precondition(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR)
                offset += given - Int(stream.avail_in)
                result.append(contentsOf: piece[..<(piece.count - Int(stream.avail_out))])
                if status == Z_STREAM_END { return }
            }
        }
        return result
    }

    static func decompress(
        _ bytes: UnsafeRawBufferPointer, bytesMax: Int, windowBits: Int32, format: String, hasMembers: Bool
    ) throws(CompressionError) -> [UInt8] {
        guard !bytes.isEmpty else { throw .corrupt(format: format, offset: 0, reason: "it is empty") }
        var stream = z_stream()
        precondition(nj_inflate_init(&stream, windowBits) == Z_OK, "zlib has no memory")
        defer { inflateEnd(&stream) }
        var output = OutputBuffer(bytesMax: bytesMax)
        var offset = 0
        while true {
            let room = output.room()
            let roomBytes = min(room.count, Limits.zlibPieceBytes)
            let given = min(bytes.count - offset, Limits.zlibPieceBytes)
            setInput(of: &stream, to: bytes, offset: offset, count: given)
            stream.next_out = room.baseAddress!.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = uInt(roomBytes)
            let status = inflate(&stream, Z_NO_FLUSH)
            offset += given - Int(stream.avail_in)
            output.advance(roomBytes - Int(stream.avail_out))
            if output.isOverLimit { throw .tooLarge(bytesMax: bytesMax) }
            switch status {
            case Z_STREAM_END:
                if offset == bytes.count { return output.bytes() }
                guard hasMembers else {
                    throw .corrupt(format: format, offset: offset, reason: "\(bytes.count - offset) bytes stand behind its end")
                }
                precondition(inflateReset(&stream) == Z_OK)
            case Z_OK, Z_BUF_ERROR:
                if offset == bytes.count, stream.avail_out > 0 {
                    throw .corrupt(format: format, offset: offset, reason: "it ends before its last block")
                }
            default:
                let reason = stream.msg.map { String(cString: $0) } ?? (status == Z_NEED_DICT ? "it needs a dictionary" : "zlib error \(status)")
                throw .corrupt(format: format, offset: offset, reason: reason)
            }
        }
    }

    private static func setInput(of stream: inout z_stream, to bytes: UnsafeRawBufferPointer, offset: Int, count: Int) {
        stream.next_in = bytes.baseAddress.map { UnsafeMutablePointer(mutating: ($0 + offset).assumingMemoryBound(to: UInt8.self)) }
        stream.avail_in = uInt(count)
    }
}
