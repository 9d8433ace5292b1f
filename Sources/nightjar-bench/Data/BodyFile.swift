import Foundations

/// The bodies in one file, in order of time: each behind its step, its bytes and its samples or lines as 32-bit numbers.
struct BodyList: Sequence {
    private let map: MappedFile

    init(_ map: MappedFile) { self.map = map }

    /// Each body's step, samples and bytes; the bytes live as long as the list.
    func makeIterator() -> AnyIterator<(step: Int, sampleCount: Int, bytes: UnsafeRawBufferPointer)> {
        var reader = ByteReader(map.bytes)
        let map = map
        return AnyIterator {
            withExtendedLifetime(map) {
                guard let step: UInt32 = reader.read(), let length: UInt32 = reader.read(), let samples: UInt32 = reader.read(),
                    let bytes = reader.readBytes(Int(length))
                else { return nil }
                return (Int(step), Int(samples), bytes)
            }
        }
    }
}

/// Writes a long file of bodies piece by piece.
final class FileWriter {
    private static let bufferBytes = 1 << 20
    private let file: any File
    private var buffer: [UInt8] = []
    private var offset = 0

    init(_ path: String) throws { file = try RealFileSystem().open(path, .create) }

    /// A body that `BodyList` reads.
    func append(_ body: [UInt8], step: Int, count: Int) throws {
        for number in [step, body.count, count] { buffer.append(littleEndian: UInt32(number)) }
        buffer.append(contentsOf: body)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    func finish() throws {
        try flush()
        file.close()
    }

    private func flush() throws {
        try file.write(buffer, at: offset)
        offset += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }
}
