import Foundations

/// A column of 64-bit integers as bytes: differences in frames of 128, each packed to one width beside a base, outliers apart.
///
/// Layout (`Docs/Formats/metric-block.md`, "Integers"): transform, its first values, then one frame after another. The number of values
/// isn't part of it. All arithmetic wraps, so that every column of integers comes back exactly and no input can trap.
enum IntegerColumn {
    static let frameValues = 128

    /// What is packed instead of the values.
    enum Transform: UInt8 {
        case plain = 0, delta = 1, deltaOfDelta = 2
    }
    /// Added to the transform where all residuals are the same one, which follows alone.
    static let constantFlag: UInt8 = 0x10
    /// Added to a frame's width where outliers follow it.
    static let outlierFlag: UInt8 = 0x80

    static func encode(_ values: [Int64], into bytes: inout [UInt8]) {
        guard let first = values.first else { return }
        let transform = cheapest(values)
        var residuals = values
        var previous = first
        var distance: Int64 = 0
        if transform != .plain {
            for index in 1..<max(1, values.count) {
                let next = values[index] &- previous
                residuals[index] = transform == .delta ? next : next &- distance
                previous = values[index]
                distance = next
            }
            residuals.removeFirst()
        }
        let head = residuals.first ?? 0
        let isConstant = residuals.allSatisfy { $0 == head }
        bytes.append(transform.rawValue | (isConstant ? constantFlag : 0))
        if transform != .plain { bytes.append(zigzag: first) }
        if isConstant { return bytes.append(zigzag: head) }
        var start = 0
        while start < residuals.count {
            let end = min(start + frameValues, residuals.count)
            residuals.withUnsafeBufferPointer { appendFrame(UnsafeBufferPointer(rebasing: $0[start..<end]), to: &bytes) }
            start = end
        }
    }

    /// The transform whose residuals have the fewest bits.
    private static func cheapest(_ values: [Int64]) -> Transform {
        var bits = (plain: 0, delta: 0, second: 0)
        var previous = values[0]
        var distance: Int64 = 0
        var low = values[0]
        var high = values[0]
        var isRegular = true
        for (index, value) in values.enumerated().dropFirst() {
            let next = value &- previous
            if index > 1 && next != distance { isRegular = false }
            bits.delta += bitWidth(zigzag(next))
            bits.second += bitWidth(zigzag(next &- distance))
            low = min(low, value)
            high = max(high, value)
            previous = value
            distance = next
        }
        // One residual alone says it, as for timestamps of a steady scrape.
        if isRegular && low != high { return .delta }
        bits.plain = bitWidth(UInt64(bitPattern: high &- low)) * values.count
        if bits.plain <= bits.delta && bits.plain <= bits.second { return .plain }
        return bits.delta <= bits.second ? .delta : .deltaOfDelta
    }

    private static func appendFrame(_ values: UnsafeBufferPointer<Int64>, to bytes: inout [UInt8]) {
        let (base, width) = frameShape(values)
        let reach: UInt64 = width == 64 ? .max : (1 << UInt64(width)) &- 1
        var outliers: [UInt8] = []
        var outlierCount = 0
        var bits = BitWriter()
        for (index, value) in values.enumerated() {
            let residual = UInt64(bitPattern: value &- base)
            if residual > reach {
                outliers.append(UInt8(index))
                outliers.append(zigzag: value &- base)
                outlierCount += 1
                if width > 0 { bits.write(0, width) }
            } else if width > 0 {
                bits.write(residual, width)
            }
        }
        bytes.append(UInt8(width) | (outlierCount > 0 ? outlierFlag : 0))
        bytes.append(zigzag: base)
        bits.finished().withUnsafeBytes { bytes.append(contentsOf: $0.prefix((values.count * width + 7) / 8)) }
        if outlierCount > 0 {
            bytes.append(UInt8(outlierCount))
            bytes.append(contentsOf: outliers)
        }
    }

    /// The base and width that make a frame smallest, outliers counted. Outliers lie on both sides of the window.
    private static func frameShape(_ values: UnsafeBufferPointer<Int64>) -> (base: Int64, width: Int) {
        let sorted = values.sorted()
        let count = sorted.count
        let span = UInt64(bitPattern: sorted[count - 1] &- sorted[0])
        let widest = bitWidth(span)
        var best = (base: sorted[0], width: widest, bits: widest * count)
        let outlierBits = 8 + 8 * varintBytes(span == 0 ? 0 : span << (widest < 64 ? 1 : 0))
        for width in 0..<widest {
            let reach: UInt64 = (1 << UInt64(width)) &- 1
            var last = 0
            var inside = (count: 0, first: 0)
            for first in 0..<count {
                while last < count, UInt64(bitPattern: sorted[last] &- sorted[first]) <= reach { last += 1 }
                if last - first > inside.count { inside = (last - first, first) }
                if last == count { break }
            }
            let bits = width * count + (count - inside.count) * outlierBits + (inside.count < count ? 8 : 0)
            if bits < best.bits { best = (sorted[inside.first], width, bits) }
        }
        return (best.base, best.width)
    }
}
