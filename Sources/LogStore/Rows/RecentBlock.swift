import Foundations
import Model

/// Rows as they were acknowledged, in one frame: of several streams, in the order in which they came (Docs/Formats/log-partition.md).
struct RecentBlock: Sendable {
    /// What a block says of a stream.
    struct Stream: Sendable {
        var labels: Labels
        var oldest: Int64
        var newest: Int64
        var rows: Int
    }

    /// What is known of a row while a block is read; its bytes live as long as the content.
    struct Row {
        var id: Int64
        var stream: Int
        var timestamp: Int64
        var level: UInt8
        var line: UnsafeRawBufferPointer
        var fields: UnsafeRawBufferPointer
    }

    private(set) var streams: [Stream] = []
    private(set) var rows = 0
    private(set) var lineBytes = 0
    private(set) var oldest = Int64.max
    private(set) var newest = Int64.min
    /// Bit n: there is a row of level n.
    private(set) var levels: Int64 = 0
    private var numbers: [Labels: Int] = [:]
    private var body: [UInt8] = []
    private var lastID: Int64 = 0
    private var lastTimestamp: Int64 = 0

    /// About what it holds in memory.
    var heldBytes: Int { body.count }

    /// The number of a stream in the block.
    mutating func number(of labels: Labels) -> Int {
        if let number = numbers[labels] { return number }
        return addStream(labels)
    }

    /// Takes a stream that isn't in the block yet.
    mutating func addStream(_ labels: Labels) -> Int {
        numbers[labels] = streams.count
        streams.append(Stream(labels: labels, oldest: .max, newest: .min, rows: 0))
        return streams.count - 1
    }

    /// `id`: of the row in its partition, or from 0 where the block begins at the next free one.
    mutating func append(id: Int64, stream: Int, timestamp: Int64, level: UInt8, line: UnsafeRawBufferPointer, fields: UnsafeRawBufferPointer) {
        body.append(zigzag: id - lastID)
        body.append(varint: UInt64(stream))
        body.append(zigzag: timestamp &- lastTimestamp)
        body.append(level)
        body.append(lengthPrefixed: line)
        body.append(lengthPrefixed: fields)
        lastID = id
        lastTimestamp = timestamp
        note(stream: stream, timestamp: timestamp, level: level, lineBytes: line.count)
    }

    /// Takes a row into what is known of the block.
    @inline(__always) mutating func note(stream: Int, timestamp: Int64, level: UInt8, lineBytes: Int) {
        rows += 1
        self.lineBytes += lineBytes
        oldest = min(oldest, timestamp)
        newest = max(newest, timestamp)
        levels |= 1 << Int64(level & ~Rows.invalidMark)
        streams[stream].oldest = min(streams[stream].oldest, timestamp)
        streams[stream].newest = max(streams[stream].newest, timestamp)
        streams[stream].rows += 1
    }

    func frame() -> [UInt8] {
        var content = header()
        content.reserveCapacity(content.count + body.count)
        content.append(contentsOf: body)
        return Frame.compressed(content, level: Limits.recentLevel)
    }

    func header(rows: Int? = nil) -> [UInt8] {
        var header: [UInt8] = []
        header.append(varint: UInt64(streams.count))
        for stream in streams { header.append(lengthPrefixed: stream.labels.encoded) }
        header.append(varint: UInt64(rows ?? self.rows))
        return header
    }

    /// Reads a block's rows one after the other.
    struct Reader {
        private let block: ByteBlock
        private var reader: ByteReader
        /// Of the block's streams, by their number in it.
        let labels: [Labels]
        private var remaining: UInt64
        private var id: Int64
        private var timestamp: Int64 = 0

        /// `first`: the number of the partition's row that stands for 0.
        init(_ block: ByteBlock, first: Int64) throws(DamagedBytes) {
            self.block = block
            reader = ByteReader(block.bytes)
            id = first
            guard let count = reader.readVarint(), count <= UInt64(Limits.streamsMax) else { throw DamagedBytes("a block's streams") }
            var labels: [Labels] = []
            for _ in 0..<count {
                guard let stream = reader.readLengthPrefixed().flatMap(Labels.init(encoded:)) else { throw DamagedBytes("a block's labels") }
                labels.append(stream)
            }
            self.labels = labels
            guard let rows = reader.readVarint() else { throw DamagedBytes("a block's size") }
            remaining = rows
        }

        mutating func next() throws(DamagedBytes) -> Row? {
            if remaining == 0 { return nil }
            remaining -= 1
            guard let delta = reader.readZigzag(), let stream = reader.readVarint(), stream < UInt64(labels.count), let time = reader.readZigzag(),
                let level = reader.readUInt8(), level & ~Rows.invalidMark < 63, let line = reader.readLengthPrefixed(), let fields = reader.readLengthPrefixed()
            else { throw DamagedBytes("a block's row") }
            id &+= delta
            timestamp &+= time
            return Row(id: id, stream: Int(stream), timestamp: timestamp, level: level, line: line, fields: fields)
        }
    }
}
