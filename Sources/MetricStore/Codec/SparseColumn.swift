import Foundations

/// Residuals that are mostly 0, as in gauges that stay the same for long: how many zeros stand before each other one, and those.
///
/// Layout: `Docs/Formats/metric-block.md`, "Sparse residuals".
enum SparseColumn {
    /// Beyond one change in so many values, bins of all residuals are about as small.
    static let valuesPerChange = 2

    /// Appends residuals; the bytes of each part are those of a plain column of integers.
    static func encode(_ residuals: UnsafeBufferPointer<Int64>, into bytes: inout [UInt8]) {
        var gaps: [Int64] = []
        var changes: [Int64] = []
        var last = -1
        for (index, residual) in residuals.enumerated() where residual != 0 {
            gaps.append(Int64(index - last - 1))
            changes.append(residual)
            last = index
        }
        bytes.append(varint: UInt64(changes.count))
        guard !changes.isEmpty else { return }
        var packed: [UInt8] = []
        IntegerColumn.encodePlain(gaps, into: &packed)
        bytes.append(varint: UInt64(packed.count))
        bytes.append(contentsOf: packed)
        IntegerColumn.encodePlain(changes, into: &bytes)
    }

    /// Writes `count` values to `output`, of which the first stands before the residuals. False where the bytes can't be such a column.
    static func decode(
        _ reader: inout ByteReader, count: Int, first: Int64, _ transform: IntegerColumn.Transform, to output: UnsafeMutablePointer<Int64>
    ) -> Bool {
        guard let changeCount = reader.readVarint().flatMap(Int.init(exactly:)), changeCount < count else { return false }
        if changeCount == 0 {
            output.update(repeating: first, count: count)
            return true
        }
        guard let packed = reader.readLengthPrefixed() else { return false }
        return withUnsafeTemporaryAllocation(of: Int64.self, capacity: changeCount * 2) { memory in
            let (gaps, changes) = (memory.baseAddress!, memory.baseAddress! + changeCount)
            var gapReader = ByteReader(packed)
            guard isNoSparseColumn(gapReader), isNoSparseColumn(reader), IntegerColumn.decode(&gapReader, count: changeCount, to: gaps),
                IntegerColumn.decode(&reader, count: changeCount, to: changes)
            else { return false }
            var total = changeCount
            for index in 0..<changeCount {
                guard gaps[index] >= 0, gaps[index] <= Int64(count - 1 - total) else { return false }
                total += Int(gaps[index])
            }
            output.pointee = first
            switch transform {
            case .plain: return false
            case .delta: fill(output, count, gaps, changes, changeCount)
            case .deltaOfDelta: fillSteps(output, count, gaps, changes, changeCount)
            }
            return true
        }
    }

    /// One inside another could go on for as long as there are bytes.
    private static func isNoSparseColumn(_ reader: ByteReader) -> Bool {
        !reader.isAtEnd && reader.bytes[reader.offset] & IntegerColumn.Form.sparse.rawValue == 0
    }

    private static func fill(
        _ output: UnsafeMutablePointer<Int64>, _ count: Int, _ gaps: UnsafePointer<Int64>, _ changes: UnsafePointer<Int64>, _ changeCount: Int
    ) {
        var value = output.pointee
        var next = 1
        for index in 0..<changeCount {
            let gap = Int(truncatingIfNeeded: gaps[index])
            for place in next..<(next &+ gap) { output[place] = value }
            value = value &+ changes[index]
            next &+= gap
            output[next] = value
            next &+= 1
        }
        for place in next..<count { output[place] = value }
    }

    /// The same where the distances stay the same.
    private static func fillSteps(
        _ output: UnsafeMutablePointer<Int64>, _ count: Int, _ gaps: UnsafePointer<Int64>, _ changes: UnsafePointer<Int64>, _ changeCount: Int
    ) {
        var value = output.pointee
        var distance: Int64 = 0
        var next = 1
        func run(_ end: Int) {
            for place in next..<end {
                value = value &+ distance
                output[place] = value
            }
            next = end
        }
        for index in 0..<changeCount {
            run(next &+ Int(truncatingIfNeeded: gaps[index]))
            distance = distance &+ changes[index]
            run(next &+ 1)
        }
        run(count)
    }
}
