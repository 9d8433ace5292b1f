import Foundations
import Glibc

/// A column of 64-bit integers as bytes: what a transform leaves of them, in one of four forms.
///
/// Blocks as they are sealed have frames (`PackedFrames`), which are made fast. Merged blocks have bins (`BinnedColumn`) or changes
/// alone (`SparseColumn`) where that is smaller. Layout: `Docs/Formats/metric-block.md`, "Integers". The number of values isn't part
/// of it. All arithmetic wraps, so that every column of integers comes back exactly and no input can trap.
enum IntegerColumn {
    /// What is packed instead of the values.
    enum Transform: UInt8, CaseIterable {
        case plain = 0, delta = 1, deltaOfDelta = 2

        /// Values that stand before the residuals.
        var lead: Int { self == .plain ? 0 : 1 }
    }

    /// How the residuals are written; added to the transform.
    enum Form: UInt8 {
        case frames = 0x00
        /// All residuals are the same one, which follows alone.
        case constant = 0x10
        case bins = 0x20
        case sparse = 0x40
    }

    /// How hard to try.
    enum Effort {
        /// Frames alone.
        case fast
        /// Whatever is smallest.
        case small
    }

    static func encode(_ values: [Int64], _ effort: Effort = .fast, into bytes: inout [UInt8]) {
        values.withUnsafeBufferPointer { values in
            if values.isEmpty { return }
            encode(values, TransformCosts(values).cheapest(effort), effort, into: &bytes)
        }
    }

    /// Encodes values as they are, in whichever form is smallest but sparse.
    static func encodePlain(_ values: [Int64], into bytes: inout [UInt8]) {
        values.withUnsafeBufferPointer { values in
            if !values.isEmpty { encode(values, .plain, .small, into: &bytes) }
        }
    }

    private static func encode(_ values: UnsafeBufferPointer<Int64>, _ transform: Transform, _ effort: Effort, into bytes: inout [UInt8]) {
        let count = values.count - transform.lead
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: max(1, count)) { memory in
            transformed(values, transform, to: memory.baseAddress!)
            let residuals = UnsafeBufferPointer(rebasing: memory[..<count])
            let head = residuals.first ?? 0
            let start = bytes.count
            bytes.append(transform.rawValue)
            if transform != .plain { bytes.append(zigzag: values[0]) }
            if residuals.allSatisfy({ $0 == head }) {
                bytes[start] |= Form.constant.rawValue
                return bytes.append(zigzag: head)
            }
            let body = bytes.count
            PackedFrames.encode(residuals, into: &bytes)
            guard effort == .small else { return }
            var best: [UInt8] = []
            if BinnedColumn.encode(residuals, of: values, transform, into: &best), best.count < bytes.count - body {
                bytes.replaceSubrange(body..., with: best)
                bytes[start] = transform.rawValue | Form.bins.rawValue
            }
            let zeros = residuals.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
            guard transform != .plain, zeros * SparseColumn.valuesPerChange >= residuals.count else { return }
            best.removeAll(keepingCapacity: true)
            SparseColumn.encode(residuals, into: &best)
            if best.count < bytes.count - body {
                bytes.replaceSubrange(body..., with: best)
                bytes[start] = transform.rawValue | Form.sparse.rawValue
            }
        }
    }

    private static func transformed(_ values: UnsafeBufferPointer<Int64>, _ transform: Transform, to residuals: UnsafeMutablePointer<Int64>) {
        switch transform {
        case .plain: residuals.initialize(from: values.baseAddress!, count: values.count)
        case .delta:
            for index in 1..<max(1, values.count) { residuals[index - 1] = values[index] &- values[index - 1] }
        case .deltaOfDelta:
            var distance: Int64 = 0
            for index in 1..<max(1, values.count) {
                let next = values[index] &- values[index - 1]
                residuals[index - 1] = next &- distance
                distance = next
            }
        }
    }
}

/// What a column costs about under each transform, by the widths of its residuals beside a middle one.
private struct TransformCosts {
    private var widths = [Int](repeating: 0, count: 3 * 65)
    private let count: Int
    /// All distances are this one, which says it all, as for timestamps of a steady scrape; nil where they aren't.
    private var regularDistance: Int64? = 0

    init(_ values: UnsafeBufferPointer<Int64>) {
        count = values.count
        let middle = middleNumber(values.count) { values[$0] }
        let middleDistance = middleNumber(values.count - 1) { values[$0 + 1] &- values[$0] }
        widths.withUnsafeMutableBufferPointer { widths in
            var previous = values[0]
            var distance: Int64 = 0
            widths[bitWidth(zigzag(previous &- middle))] += 1
            for index in 1..<max(1, values.count) {
                let value = values[index]
                let next = value &- previous
                if index == 1 { regularDistance = next } else if next != distance { regularDistance = nil }
                widths[bitWidth(zigzag(value &- middle))] += 1
                widths[65 + bitWidth(zigzag(next &- middleDistance))] += 1
                widths[130 + bitWidth(zigzag(next &- distance))] += 1
                previous = value
                distance = next
            }
        }
    }

    func cheapest(_ effort: IntegerColumn.Effort) -> IntegerColumn.Transform {
        if let regularDistance { return regularDistance == 0 ? .plain : .delta }
        return IntegerColumn.Transform.allCases.min { effort == .fast ? frameWidth($0) < frameWidth($1) : bits($0) < bits($1) }!
    }

    /// The width that is enough for all but a few, which become outliers.
    private func frameWidth(_ transform: IntegerColumn.Transform) -> Int {
        var wider = 0
        for width in stride(from: 64, through: 1, by: -1) {
            wider += widths[Int(transform.rawValue) * 65 + width]
            if wider * 32 > count { return width }
        }
        return 0
    }

    /// With bins: the entropy of the widths, and the bits below.
    private func bits(_ transform: IntegerColumn.Transform) -> Float {
        var bits: Float = 0
        for width in 0...64 {
            let own = widths[Int(transform.rawValue) * 65 + width]
            if own > 0 { bits += Float(own) * (log2(Float(count) / Float(own)) + Float(max(0, width - 1))) }
        }
        return bits
    }
}

/// The middle one of 31 numbers evenly apart; 0 where there is none.
private func middleNumber(_ count: Int, _ number: (Int) -> Int64) -> Int64 {
    if count < 1 { return 0 }
    return withUnsafeTemporaryAllocation(of: Int64.self, capacity: 31) { memory in
        var some = memory
        for place in 0..<31 { some[place] = number(place * (count - 1) / 30) }
        some.sort()
        return some[15]
    }
}
