import Foundations

/// The list of the files that make up a store; replaced as a whole. Layout: `Docs/Formats/metric-manifest.md`.
struct Manifest: Equatable {
    static let version: UInt32 = 1
    /// "NJMTMAN\0"
    static let magic: UInt64 = 0x004E_414D_544D_4A4E

    var nextBlock: UInt64 = 1
    /// 0 before the first checkpoint.
    var checkpoint: UInt64 = 0
    var logStart: UInt64 = 1
    var blocks: [UInt64] = []

    func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: Self.magic)
        bytes.append(littleEndian: Self.version)
        bytes.append(littleEndian: UInt32(blocks.count))
        bytes.append(littleEndian: nextBlock)
        bytes.append(littleEndian: checkpoint)
        bytes.append(littleEndian: logStart)
        for block in blocks { bytes.append(littleEndian: block) }
        bytes.append(littleEndian: CRC32C.checksum(bytes))
        return bytes
    }

    /// Nil where the bytes are no whole manifest of this version.
    static func decode(_ bytes: [UInt8]) -> Manifest? {
        bytes.withUnsafeBytes { all in
            var reader = ByteReader(all)
            guard all.count >= 44, reader.read(UInt64.self) == magic, reader.read(UInt32.self) == version, let count = reader.read(UInt32.self),
                all.count == 44 + Int(count) * 8,
                all.loadUnaligned(fromByteOffset: all.count - 4, as: UInt32.self).littleEndian
                    == CRC32C.checksum(UnsafeRawBufferPointer(rebasing: all[..<(all.count - 4)])),
                let nextBlock = reader.read(UInt64.self), let checkpoint = reader.read(UInt64.self), let logStart = reader.read(UInt64.self)
            else { return nil }
            var manifest = Manifest(nextBlock: nextBlock, checkpoint: checkpoint, logStart: logStart)
            for _ in 0..<count {
                guard let block = reader.read(UInt64.self) else { return nil }
                manifest.blocks.append(block)
            }
            return manifest
        }
    }
}

extension Catalog {
    var manifest: Manifest {
        Manifest(nextBlock: nextBlock, checkpoint: checkpoint ?? 0, logStart: logStart, blocks: blocks.map(\.number))
    }
}
