import Foundations

/// What a spool record holds; each kind has a journal, an order and a cursor of its own.
public enum SpoolKind: UInt8, Hashable, Sendable, CaseIterable {
    case metrics = 1
    case logs = 2

    public var name: String { String(describing: self) }
}

/// One request: its body as it goes out, so that sent again it is the same byte for byte.
struct SpoolRecord: Sendable, Equatable {
    /// From 1, growing within its kind.
    var sequence: UInt64
    /// Samples or lines.
    var itemCount: Int
    /// Bytes of the lines as they were read.
    var itemBytes: Int
    var payload: [UInt8]
    var positions: [SourcePosition] = []
}

/// The bytes of a record in a segment (Docs/Formats/agent-spool.md): a header of 32 bytes, then the body.
enum RecordCodec {
    static let headerBytes = 32
    static let magic: UInt32 = 0x5253_4A4E  // "NJSR"

    struct Found {
        let sequence: UInt64
        /// All records up to this one were durable when it was written.
        let committed: UInt64
        /// Where its bytes stand, header included.
        let range: Range<Int>
    }

    static func encode(_ record: SpoolRecord, committed: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headerBytes + record.payload.count + 64 + record.positions.count * 96)
        bytes.append(littleEndian: magic)
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: record.sequence)
        bytes.append(littleEndian: committed)
        bytes.append(varint: UInt64(record.itemCount))
        bytes.append(varint: UInt64(record.itemBytes))
        bytes.append(varint: UInt64(record.positions.count))
        for position in record.positions { position.encode(into: &bytes) }
        bytes.append(contentsOf: record.payload)
        bytes.replace(at: 4, littleEndian: UInt32(bytes.count - headerBytes))
        bytes.replace(at: 8, littleEndian: checksum(of: bytes.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[12...]) }))
        return bytes
    }

    private static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt32 { CRC32C.checksum(bytes) }

    /// The whole, undamaged record at `offset`, or nil.
    static func find(at offset: Int, in bytes: UnsafeRawBufferPointer) -> Found? {
        var reader = ByteReader(bytes, offset: offset)
        guard reader.read(UInt32.self) == magic, let length = reader.read(UInt32.self), let checksum = reader.read(UInt32.self),
            reader.read(UInt32.self) == 0, let sequence = reader.read(UInt64.self), let committed = reader.read(UInt64.self),
            Int(length) <= reader.remaining
        else { return nil }
        let range = offset..<offset + headerBytes + Int(length)
        guard Self.checksum(of: UnsafeRawBufferPointer(rebasing: bytes[(offset + 12)..<range.upperBound])) == checksum else { return nil }
        return Found(sequence: sequence, committed: committed, range: range)
    }

    /// The record that `find` has found.
    static func decode(_ found: Found, in bytes: UnsafeRawBufferPointer) -> SpoolRecord? {
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[..<found.range.upperBound]), offset: found.range.lowerBound + headerBytes)
        guard let items = reader.readVarint(), let itemBytes = reader.readVarint(), let count = reader.readVarint(), count <= UInt64(Limits.positionsMax)
        else { return nil }
        var record = SpoolRecord(sequence: found.sequence, itemCount: Int(clamping: items), itemBytes: Int(clamping: itemBytes), payload: [])
        for _ in 0..<count {
            guard let position = SourcePosition(&reader) else { return nil }
            record.positions.append(position)
        }
        record.payload = reader.readBytes(reader.remaining).map { Array($0) } ?? []
        return record
    }

    /// All whole records from `start` on; damaged bytes are skipped up to the next whole one.
    static func scan(_ bytes: UnsafeRawBufferPointer, from start: Int) -> [Found] {
        var result: [Found] = []
        var offset = start
        while offset + headerBytes <= bytes.count {
            if let found = find(at: offset, in: bytes) {
                result.append(found)
                offset = found.range.upperBound
            } else {
                offset = nextMagic(in: bytes, from: offset + 1) ?? bytes.count
            }
        }
        return result
    }

    private static func nextMagic(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let first = UInt8(truncatingIfNeeded: magic)
        var offset = start
        while offset + headerBytes <= bytes.count {
            if bytes[offset] == first, UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) == magic { return offset }
            offset += 1
        }
        return nil
    }
}

/// The start of a segment: what it is, its first record's number, and all positions as they were before that record.
struct SegmentHeader: Sendable {
    static let magic: UInt64 = 0x314C_4F4F_5053_4A4E  // "NJSPOOL1"
    static let fixedBytes = 32

    var kind: SpoolKind
    var firstSequence: UInt64
    var positions: SourcePositions

    func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: Self.magic)
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: UInt32(kind.rawValue))
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: firstSequence)
        positions.encode(into: &bytes)
        bytes.replace(at: 8, littleEndian: UInt32(bytes.count))
        bytes.replace(at: 12, littleEndian: bytes.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[16...])) })
        return bytes
    }

    /// The header and where the records begin, or nil where it is damaged or of another kind.
    static func decode(_ bytes: UnsafeRawBufferPointer, kind: SpoolKind) -> (header: SegmentHeader, end: Int)? {
        var reader = ByteReader(bytes)
        guard reader.read(UInt64.self) == magic, let length = reader.read(UInt32.self), let checksum = reader.read(UInt32.self),
            Int(length) >= fixedBytes, Int(length) <= bytes.count,
            CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[16..<Int(length)])) == checksum,
            reader.read(UInt32.self) == UInt32(kind.rawValue), reader.read(UInt32.self) == 0, let firstSequence = reader.read(UInt64.self),
            let positions = SourcePositions(&reader)
        else { return nil }
        return (SegmentHeader(kind: kind, firstSequence: firstSequence, positions: positions), Int(length))
    }
}
