import Foundations

extension FloatColumn {
    /// Appends `count` values to `values`; false where the bytes can't be such a column. `count` is bounded by the caller.
    static func decode(_ bytes: UnsafeRawBufferPointer, count: Int, into values: inout [Double]) -> Bool {
        var isRead = false
        let column = [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
            isRead = count == 0 || decode(bytes, count: count, to: buffer.baseAddress!)
            initialized = isRead ? count : 0
        }
        if values.isEmpty { values = column } else { values.append(contentsOf: column) }
        return isRead
    }

    /// Writes `count` values (at least 1) to `output`, which has room for them; false where the bytes can't be such a column.
    static func decode(_ bytes: UnsafeRawBufferPointer, count: Int, to output: UnsafeMutablePointer<Double>) -> Bool {
        var reader = ByteReader(bytes)
        guard let tag = reader.readUInt8(), let scheme = Scheme(rawValue: tag) else { return false }
        switch scheme {
        case .constant:
            guard let value = reader.readDouble() else { return false }
            output.update(repeating: value, count: count)
            return true
        case .changedBits:
            // A value takes a bit at least.
            guard count <= reader.remaining * 8, let packed = reader.readBytes(reader.remaining) else { return false }
            var bits = BitReader(packed)
            var coder = ValueCoder(previous: 0)
            for index in 0..<count {
                guard let value = coder.read(&bits) else { return false }
                output[index] = Double(bitPattern: value)
            }
            return true
        case .decimal: return decodeDecimal(&reader, count: count, to: output)
        }
    }

    private static func decodeDecimal(_ reader: inout ByteReader, count: Int, to output: UnsafeMutablePointer<Double>) -> Bool {
        guard let exponent = reader.readUInt8(), exponent <= exponentMax, let exceptionCount = reader.readVarint(),
            exceptionCount <= UInt64(reader.remaining / 9)
        else { return false }
        var exceptions = reader
        for _ in 0..<exceptionCount { guard reader.readVarint() != nil, reader.skip(8) else { return false } }
        guard let divisor = reader.readVarint(), let factor = Int64(exactly: divisor), factor > 0 else { return false }
        var base: Int64 = 0
        if factor > 1 {
            guard let read = reader.readZigzag() else { return false }
            base = read
        }
        let areRead = output.withMemoryRebound(to: Int64.self, capacity: count) { IntegerColumn.decode(&reader, count: count, to: $0) }
        guard areRead else { return false }
        divide(output, count, base: base, factor: factor, power: power(Int(exponent)))
        var index = 0
        for _ in 0..<exceptionCount {
            guard let step = exceptions.readVarint(), let value = exceptions.readDouble(), step < UInt64(count), index + Int(step) < count
            else { return false }
            index += Int(step)
            output[index] = value
        }
        return true
    }

    /// Makes the integers that stand in a buffer of floats floats.
    private static func divide(_ output: UnsafeMutablePointer<Double>, _ count: Int, base: Int64, factor: Int64, power: Double) {
        let raw = UnsafeMutableRawPointer(output)
        @inline(__always) func forEach(_ body: (Int64) -> Double) {
            for offset in stride(from: 0, to: count &* 8, by: 8) {
                raw.storeBytes(of: body(raw.load(fromByteOffset: offset, as: Int64.self)), toByteOffset: offset, as: Double.self)
            }
        }
        switch (factor == 1, power == 1) {
        case (true, true): forEach { Double($0) }
        case (true, false): forEach { Double($0) / power }
        case (false, true): forEach { Double(base &+ $0 &* factor) }
        case (false, false): forEach { Double(base &+ $0 &* factor) / power }
        }
    }

    static func power(_ exponent: Int) -> Double {
        var power = 1.0
        for _ in 0..<exponent { power *= 10 }
        return power
    }
}
