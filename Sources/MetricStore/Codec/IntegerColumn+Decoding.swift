import Foundations

extension IntegerColumn {
    /// Appends `count` values to `values`; false where the bytes can't be such a column. `count` is bounded by the caller.
    static func decode(_ reader: inout ByteReader, count: Int, into values: inout [Int64]) -> Bool {
        var isRead = false
        let column = [Int64](unsafeUninitializedCapacity: count) { buffer, initialized in
            isRead = count == 0 || decode(&reader, count: count, to: buffer.baseAddress!)
            initialized = isRead ? count : 0
        }
        if values.isEmpty { values = column } else { values.append(contentsOf: column) }
        return isRead
    }

    /// Writes `count` values (at least 1) to `output`, which has room for them; false where the bytes can't be such a column.
    static func decode(_ reader: inout ByteReader, count: Int, to output: UnsafeMutablePointer<Int64>) -> Bool {
        guard let head = Head(&reader) else { return false }
        switch head.form {
        case .bins:
            let slice = BinnedColumn.sliceSamples(of: count)
            return BinnedColumn.decode(
                &reader, count: count, first: head.first, head.transform, slices: 0..<((count + slice - 1) / slice), to: output)
        case .sparse:
            return SparseColumn.decode(&reader, count: count, first: head.first, head.transform, to: output)
        case .constant, .frames:
            if head.transform != .plain { output.pointee = head.first }
            let lead = head.transform.lead
            return decodeSimple(&reader, head, output, output + lead, count - lead)
        }
    }

    /// Writes the values `taken` of a column of `count` values, where that can be done without decoding all of it; nil where it
    /// can't, false where the bytes can't be such a column. `taken` isn't empty.
    static func decode(_ reader: ByteReader, count: Int, _ taken: Range<Int>, to output: UnsafeMutablePointer<Int64>) -> Bool? {
        var reader = reader
        guard let head = Head(&reader) else { return false }
        switch head.form {
        case .frames, .sparse: return nil
        case .constant:
            guard head.transform != .deltaOfDelta else { return nil }
            guard let residual = reader.readZigzag() else { return false }
            let step = head.transform == .plain ? 0 : residual
            let first = head.transform == .plain ? residual : head.first
            for index in taken { output[index - taken.lowerBound] = first &+ Int64(index) &* step }
            return true
        case .bins:
            let slice = BinnedColumn.sliceSamples(of: count)
            let slices = taken.lowerBound / slice..<((taken.upperBound + slice - 1) / slice)
            let start = slices.lowerBound * slice
            let room = min(slices.upperBound * slice, count) - start
            if room == taken.count { return BinnedColumn.decode(&reader, count: count, first: head.first, head.transform, slices: slices, to: output) }
            return withUnsafeTemporaryAllocation(of: Int64.self, capacity: room) { values in
                guard BinnedColumn.decode(&reader, count: count, first: head.first, head.transform, slices: slices, to: values.baseAddress!) else { return false }
                output.update(from: values.baseAddress! + (taken.lowerBound - start), count: taken.count)
                return true
            }
        }
    }

    /// What stands before the residuals.
    private struct Head {
        let transform: Transform
        let form: Form
        /// 0 for the plain transform.
        var first: Int64 = 0

        init?(_ reader: inout ByteReader) {
            guard let tag = reader.readUInt8(), let transform = Transform(rawValue: tag & 0x0F), let form = Form(rawValue: tag & 0xF0) else { return nil }
            self.transform = transform
            self.form = form
            guard transform != .plain else { return }
            guard let first = reader.readZigzag() else { return nil }
            self.first = first
        }
    }

    private static func decodeSimple(
        _ reader: inout ByteReader, _ head: Head, _ output: UnsafeMutablePointer<Int64>, _ residuals: UnsafeMutablePointer<Int64>, _ count: Int
    ) -> Bool {
        if head.form == .constant {
            guard let residual = reader.readZigzag() else { return false }
            fill(output, residuals, count, head.transform, residual)
            return true
        }
        var distance: Int64 = 0
        var done = 0
        while done < count {
            let frame = residuals + done
            let frameCount = min(count - done, PackedFrames.frameValues)
            guard PackedFrames.decode(&reader, count: frameCount, into: frame) else { return false }
            // While the frame is in the nearest cache.
            switch head.transform {
            case .plain: break
            case .delta: sum(frame, frameCount)
            case .deltaOfDelta: distance = sumTwice(frame, frameCount, distance)
            }
            done += frameCount
        }
        return true
    }

    /// The same residual throughout.
    private static func fill(
        _ output: UnsafeMutablePointer<Int64>, _ residuals: UnsafeMutablePointer<Int64>, _ count: Int, _ transform: Transform, _ residual: Int64
    ) {
        switch transform {
        case .plain: residuals.update(repeating: residual, count: count)
        case .delta:
            let first = output.pointee
            for index in 0..<count { residuals[index] = first &+ Int64(truncatingIfNeeded: index &+ 1) &* residual }
        case .deltaOfDelta:
            residuals.update(repeating: residual, count: count)
            _ = sumTwice(residuals, count, 0)
        }
    }

    /// Makes differences values; the value before the first one stands before it.
    @inline(__always) private static func sum(_ frame: UnsafeMutablePointer<Int64>, _ count: Int) {
        var previous = frame[-1]
        for index in 0..<count {
            previous = previous &+ frame[index]
            frame[index] = previous
        }
    }

    /// Makes changes of differences values; returns the last difference.
    @inline(__always) private static func sumTwice(_ frame: UnsafeMutablePointer<Int64>, _ count: Int, _ before: Int64) -> Int64 {
        var distance = before
        var previous = frame[-1]
        for index in 0..<count {
            distance = distance &+ frame[index]
            previous = previous &+ distance
            frame[index] = previous
        }
        return distance
    }
}
