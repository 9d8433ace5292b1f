import Foundations

/// Which file on a disk. Numbers are used again after a file is removed, so it is never trusted alone.
struct FileKey: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
}

/// How far a log file was read: what a spool record commits together with the lines.
struct SourcePosition: Hashable, Sendable {
    var key: FileKey
    /// The path under which the file was first seen, which its lines carry as `filename`.
    var path: String
    /// Everything before it was taken.
    var offset: Int
    /// Checksum of the file's first bytes, of at most `Limits.fingerprintBytes` and never beyond `offset`.
    var headChecksum: UInt32
    /// Checksum of the bytes before `offset`, as many.
    var tailChecksum: UInt32
    /// The line at `offset` is the rest of one that was cut: up to its line feed it is skipped.
    var isInsideCutLine: Bool
    /// The file is read to its end and gone: its place is forgotten.
    var isGone: Bool

    init(
        key: FileKey, path: String, offset: Int, headChecksum: UInt32 = 0, tailChecksum: UInt32 = 0, isInsideCutLine: Bool = false, isGone: Bool = false
    ) {
        self.key = key
        self.path = path
        self.offset = offset
        self.headChecksum = headChecksum
        self.tailChecksum = tailChecksum
        self.isInsideCutLine = isInsideCutLine
        self.isGone = isGone
    }

    /// The bytes that each of the two checksums covers.
    var checkedBytes: Int { min(offset, Limits.fingerprintBytes) }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(varint: key.device)
        bytes.append(varint: key.inode)
        bytes.append(varint: UInt64(offset))
        bytes.append(littleEndian: headChecksum)
        bytes.append(littleEndian: tailChecksum)
        bytes.append((isInsideCutLine ? 1 : 0) | (isGone ? 2 : 0))
        bytes.append(lengthPrefixed: path)
    }

    /// Nil where the bytes aren't a position.
    init?(_ reader: inout ByteReader) {
        guard let device = reader.readVarint(), let inode = reader.readVarint(), let offset = reader.readVarint(), let head = reader.read(UInt32.self),
            let tail = reader.read(UInt32.self), let flags = reader.readUInt8(), let path = reader.readString(), offset <= UInt64(Int.max)
        else { return nil }
        self.init(
            key: FileKey(device: device, inode: inode), path: path, offset: Int(offset), headChecksum: head, tailChecksum: tail,
            isInsideCutLine: flags & 1 != 0, isGone: flags & 2 != 0)
    }
}

/// The last known position of each file.
struct SourcePositions: Sendable {
    private(set) var byKey: [FileKey: SourcePosition] = [:]

    mutating func apply(_ positions: [SourcePosition]) {
        for position in positions { byKey[position.key] = position.isGone ? nil : position }
    }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(varint: UInt64(byKey.count))
        for position in byKey.values { position.encode(into: &bytes) }
    }

    init() {}

    init?(_ reader: inout ByteReader) {
        guard let count = reader.readVarint(), count <= UInt64(Limits.positionsMax) else { return nil }
        for _ in 0..<count {
            guard let position = SourcePosition(&reader) else { return nil }
            byKey[position.key] = position
        }
    }
}
