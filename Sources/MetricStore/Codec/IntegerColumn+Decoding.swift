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
        guard let tag = reader.readUInt8(), let transform = Transform(rawValue: tag & ~constantFlag) else { return false }
        var residuals = output
        var residualCount = count
        if transform != .plain {
            guard let first = reader.readZigzag() else { return false }
            output.pointee = first
            residuals += 1
            residualCount -= 1
        }
        if tag & constantFlag != 0 {
            guard let residual = reader.readZigzag() else { return false }
            fill(output, residuals, residualCount, transform, residual)
            return true
        }
        var distance: Int64 = 0
        var done = 0
        while done < residualCount {
            let frame = residuals + done
            let frameCount = min(residualCount - done, frameValues)
            guard decodeFrame(&reader, count: frameCount, into: frame) else { return false }
            // While the frame is in the nearest cache.
            switch transform {
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

    private static func decodeFrame(_ reader: inout ByteReader, count: Int, into frame: UnsafeMutablePointer<Int64>) -> Bool {
        guard let tag = reader.readUInt8(), let base = reader.readZigzag() else { return false }
        let width = Int(tag & ~outlierFlag)
        guard width <= 64 else { return false }
        // What follows the frame may be read too, as long as it is in the column.
        let following = UnsafeRawBufferPointer(rebasing: reader.bytes[reader.offset...])
        guard reader.skip((count * width + 7) / 8) else { return false }
        unpack(following, count: count, width: width, base: base, into: frame)
        guard tag & outlierFlag != 0 else { return true }
        guard let outlierCount = reader.readUInt8() else { return false }
        for _ in 0..<outlierCount {
            guard let index = reader.readUInt8(), Int(index) < count, let residual = reader.readZigzag() else { return false }
            frame[Int(index)] = base &+ residual
        }
        return true
    }

    /// `count` numbers of `width` bits, lowest bit first, each added to `base`.
    private static func unpack(_ bytes: UnsafeRawBufferPointer, count: Int, width: Int, base: Int64, into frame: UnsafeMutablePointer<Int64>) {
        if width == 0 { return frame.update(repeating: base, count: count) }
        var index = 0
        // A number of up to 57 bits lies within the 8 bytes from where it begins.
        if width <= 57, bytes.count >= 8 {
            let start = bytes.baseAddress!
            let whole = min(count, (bytes.count - 8) * 8 / width + 1)
            let mask: UInt64 = (1 &<< UInt64(width)) &- 1
            var offset = 0
            while index < whole {
                let word = UInt64(littleEndian: (start + (offset &>> 3)).loadUnaligned(as: UInt64.self))
                frame[index] = base &+ Int64(bitPattern: (word &>> UInt64(offset & 7)) & mask)
                offset &+= width
                index &+= 1
            }
        }
        while index < count {
            frame[index] = base &+ Int64(bitPattern: BitReader.load(bytes, at: index &* width, width: width))
            index += 1
        }
    }
}
