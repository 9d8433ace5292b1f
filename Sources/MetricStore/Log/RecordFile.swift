import Foundations

/// The shape that log segments and checkpoints share: a header, then records, each with a checksum of its own.
///
/// `Docs/Formats/metric-write-ahead-log.md` has the byte diagrams.
enum RecordFile {
    static let version: UInt32 = 1
    static let headerBytes = 40
    static let recordHeaderBytes = 24
    /// "NJRC": where reading begins again behind damage.
    static let recordMagic: UInt32 = 0x4352_4A4E

    enum Kind: UInt64 {
        /// "NJMTLOG\0"
        case log = 0x0047_4F4C_544D_4A4E
        /// "NJMTCKP\0"
        case checkpoint = 0x0050_4B43_544D_4A4E
    }

    struct Header: Equatable {
        var kind: Kind
        /// Of the segment or the checkpoint.
        var number: UInt64
        /// Log: the sequence of its first record. Checkpoint: the first log segment that has to be read after it.
        var start: UInt64
    }

    enum RecordType: UInt32 {
        case commitGroup = 1
        case deletion = 2
        case checkpointState = 16
        case checkpointSeries = 17
        case checkpointEnd = 18
    }

    static func encode(_ header: Header) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: header.kind.rawValue)
        bytes.append(littleEndian: version)
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: header.number)
        bytes.append(littleEndian: header.start)
        bytes.append(littleEndian: CRC32C.checksum(bytes))
        bytes.append(littleEndian: UInt32(0))
        return bytes
    }

    /// Nil where it is damaged or of another version.
    static func decodeHeader(_ bytes: UnsafeRawBufferPointer) -> Header? {
        var reader = ByteReader(bytes)
        guard bytes.count >= headerBytes, let kind = reader.read(UInt64.self).flatMap(Kind.init(rawValue:)), reader.read(UInt32.self) == version,
            reader.skip(4), let number = reader.read(UInt64.self), let start = reader.read(UInt64.self),
            reader.read(UInt32.self) == CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<32]))
        else { return nil }
        return Header(kind: kind, number: number, start: start)
    }

    /// Appends room for a record's header; the payload follows, then `finishRecord`.
    static func beginRecord(_ bytes: inout [UInt8]) -> Int {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: recordHeaderBytes))
        return start
    }

    /// Fills in the header of the record that began at `start` and ends with `bytes`.
    static func finishRecord(_ bytes: inout [UInt8], start: Int, type: RecordType, sequence: UInt64) {
        let length = bytes.count - start - recordHeaderBytes
        precondition(length >= 0 && length <= Limits.recordBytesMax, "a record of \(length) bytes")
        bytes.replace(at: start, littleEndian: recordMagic)
        bytes.replace(at: start + 4, littleEndian: UInt32(length))
        bytes.replace(at: start + 8, littleEndian: sequence)
        bytes.replace(at: start + 16, littleEndian: type.rawValue)
        let checksum = bytes.withUnsafeBytes { Self.checksum($0, at: start, length: length) }
        bytes.replace(at: start + 20, littleEndian: checksum)
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer, at start: Int, length: Int) -> UInt32 {
        let head = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[(start + 4)..<(start + 20)]))
        let body = start + recordHeaderBytes
        return CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[body..<(body + length)]), previous: head)
    }

    struct Record {
        let type: UInt32
        let sequence: UInt64
        let payload: UnsafeRawBufferPointer
        /// Of its header, in the file.
        let offset: Int
    }

    /// The record at `offset`; nil where there is no whole one.
    static func record(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Record? {
        var reader = ByteReader(bytes, offset: offset)
        guard reader.read(UInt32.self) == recordMagic, let length = reader.read(UInt32.self), let sequence = reader.read(UInt64.self),
            let type = reader.read(UInt32.self), let stored = reader.read(UInt32.self), Int(length) <= Limits.recordBytesMax,
            let payload = reader.readBytes(Int(length)), checksum(bytes, at: offset, length: Int(length)) == stored
        else { return nil }
        return Record(type: type, sequence: sequence, payload: payload, offset: offset)
    }

    /// What was found from front to back.
    struct Scan {
        /// Nil where the header is damaged; the records are read all the same.
        var header: Header?
        /// Ranges between whole records that hold no record.
        var damaged: [Range<Int>] = []
        /// Where the last whole record ends.
        var end = headerBytes
    }

    /// Visits each whole record. Behind damage it goes on at the next whole one; what follows the last one is not counted as damage.
    static func scan(_ bytes: UnsafeRawBufferPointer, _ visit: (Record) -> Void) -> Scan {
        var result = Scan(header: decodeHeader(bytes))
        var offset = headerBytes
        while offset < bytes.count {
            if let found = record(in: bytes, at: offset) {
                if result.end < offset { result.damaged.append(result.end..<offset) }
                visit(found)
                offset += recordHeaderBytes + found.payload.count
                result.end = offset
            } else {
                guard let next = nextMagic(in: bytes, from: offset + 1) else { break }
                offset = next
            }
        }
        return result
    }

    private static func nextMagic(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var offset = start
        let first = UInt8(truncatingIfNeeded: recordMagic)
        while offset + recordHeaderBytes <= bytes.count {
            if bytes[offset] == first, bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self) == recordMagic.littleEndian { return offset }
            offset += 1
        }
        return nil
    }
}
