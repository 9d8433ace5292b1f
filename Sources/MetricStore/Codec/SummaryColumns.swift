import Foundations

/// Summaries of slices or of steps as bytes, field by field.
///
/// Where all fields are decimals, they are written as integers that are small: each first value behind the last one before, minimum
/// and maximum beside the ends, sums beside what the ends let expect. Layout: `Docs/Formats/metric-block.md`, "Summaries".
enum SummaryColumns {
    private enum Flag {
        /// Times and counts are there: steps.
        static let isTimed: UInt8 = 1
        static let isDecimal: UInt8 = 2
        /// All values ascend within each summary: its ends are its minimum and maximum.
        static let isAscending: UInt8 = 4
        /// All corrections are 0.
        static let hasNoResets: UInt8 = 8
        /// The series falls too often to be a counter: corrections aren't kept.
        static let isNoCounter: UInt8 = 16
    }

    /// Beyond so many drops for each summary on average, a series is no counter: corrections of a gauge would be bits without meaning.
    static let dropsPerSummaryMax = 2

    /// At least one summary. `isTimed`: with times and counts, which slices don't need.
    static func encode(_ summaries: [SampleSummary], isTimed: Bool, into bytes: inout [UInt8]) {
        let fields = Fields(summaries)
        var flags: UInt8 = isTimed ? Flag.isTimed : 0
        let decimals = Decimals(fields.all)
        let integers = decimals.flatMap { $0.exceptions.isEmpty && areSmall($0.integers) ? IntegerFields($0.integers, summaries.map(\.count)) : nil }
        if integers != nil { flags |= Flag.isDecimal }
        if fields.isAscending { flags |= Flag.isAscending }
        if fields.corrections.contains(where: \.isNaN) {
            flags |= Flag.isNoCounter
        } else if fields.corrections.allSatisfy({ $0.bitPattern == 0 }) {
            flags |= Flag.hasNoResets
        }
        bytes.append(flags)
        if isTimed {
            var firsts: [UInt8] = []
            IntegerColumn.encode(summaries.map(\.firstTimestamp), .small, into: &firsts)
            bytes.append(lengthPrefixed: firsts)
            appendColumn(summaries.map { $0.lastTimestamp &- $0.firstTimestamp }, to: &bytes)
            appendColumn(summaries.map { Int64($0.count) }, to: &bytes)
            appendColumn(summaries.map { Int64($0.staleCount) }, to: &bytes)
        }
        if let integers, let decimals {
            bytes.append(UInt8(decimals.exponent))
            for column in integers.columns(flags & Flag.isAscending != 0, flags & (Flag.hasNoResets | Flag.isNoCounter) == 0) {
                appendColumn(column, to: &bytes)
            }
        } else {
            for column in fields.columns(flags & Flag.isAscending != 0, flags & (Flag.hasNoResets | Flag.isNoCounter) == 0) {
                var packed: [UInt8] = []
                FloatColumn.encode(column, .small, into: &packed)
                bytes.append(lengthPrefixed: packed)
            }
        }
    }

    private static func appendColumn(_ column: [Int64], to bytes: inout [UInt8]) {
        var packed: [UInt8] = []
        IntegerColumn.encodePlain(column, into: &packed)
        bytes.append(lengthPrefixed: packed)
    }

    /// Sums and differences of such integers don't overflow.
    private static func areSmall(_ integers: [Int64]) -> Bool { integers.allSatisfy { $0.magnitude < 1 << 50 } }

    /// Summaries of which only the values and, where they are timed, times and counts are known. `counts` says the samples of each where
    /// they aren't timed. Nil where the bytes can't be `counts.count` summaries.
    static func decode(_ bytes: UnsafeRawBufferPointer, counts: [Int]) -> [SampleSummary]? {
        var reader = ByteReader(bytes)
        guard let flags = reader.readUInt8(), !counts.isEmpty else { return nil }
        let count = counts.count
        var times = TimeColumns(counts: counts)
        if flags & Flag.isTimed != 0 {
            guard let read = TimeColumns(&reader, count) else { return nil }
            times = read
        }
        let hasCorrections = flags & (Flag.hasNoResets | Flag.isNoCounter) == 0
        var values: [[Double]] = []
        if flags & Flag.isDecimal != 0 {
            guard let exponent = reader.readUInt8(), exponent <= Decimals.exponentMax else { return nil }
            var columns: [[Int64]] = []
            for _ in 0..<columnCount(flags) {
                var column: [Int64] = []
                guard let packed = reader.readLengthPrefixed() else { return nil }
                var inner = ByteReader(packed)
                guard IntegerColumn.decode(&inner, count: count, into: &column) else { return nil }
                columns.append(column)
            }
            let power = Decimals.power(Int(exponent))
            values = IntegerFields.fields(columns, times.counts, flags & Flag.isAscending != 0, hasCorrections).map { $0.map { Double($0) / power } }
        } else {
            for _ in 0..<columnCount(flags) {
                var column: [Double] = []
                guard let packed = reader.readLengthPrefixed(), FloatColumn.decode(packed, count: count, into: &column) else { return nil }
                values.append(column)
            }
            if flags & Flag.isAscending != 0 { values.insert(contentsOf: [values[1], values[0]], at: 3) }
        }
        return (0..<count).map { index in
            SampleSummary(
                firstTimestamp: times.firsts[index], lastTimestamp: times.firsts[index] &+ times.spans[index], count: times.counts[index],
                staleCount: times.staleCounts[index], sum: values[2][index], minimum: values[3][index], maximum: values[4][index], first: values[1][index],
                last: values[0][index], resetCorrection: flags & Flag.isNoCounter != 0 ? .nan : hasCorrections ? values[5][index] : 0)
        }
    }

    /// Whether times and counts are among the bytes.
    static func isTimed(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.first.map { $0 & Flag.isTimed != 0 } ?? false }

    private static func columnCount(_ flags: UInt8) -> Int {
        3 + (flags & Flag.isAscending == 0 ? 2 : 0) + (flags & (Flag.hasNoResets | Flag.isNoCounter) == 0 ? 1 : 0)
    }
}

/// Times and counts of summaries.
private struct TimeColumns {
    var firsts: [Int64]
    var spans: [Int64]
    var counts: [Int]
    var staleCounts: [Int]

    init(counts: [Int]) {
        firsts = Array(repeating: 0, count: counts.count)
        spans = firsts
        self.counts = counts
        staleCounts = Array(repeating: 0, count: counts.count)
    }

    init?(_ reader: inout ByteReader, _ count: Int) {
        var columns: [[Int64]] = []
        for _ in 0..<4 {
            var column: [Int64] = []
            guard let packed = reader.readLengthPrefixed() else { return nil }
            var inner = ByteReader(packed)
            guard IntegerColumn.decode(&inner, count: count, into: &column) else { return nil }
            columns.append(column)
        }
        let countMax = Int64(Limits.columnSamplesMax)
        guard columns[2].allSatisfy({ (1...countMax).contains($0) }), columns[3].allSatisfy({ (0...countMax).contains($0) }) else { return nil }
        (firsts, spans) = (columns[0], columns[1])
        counts = columns[2].map { Int(truncatingIfNeeded: $0) }
        staleCounts = columns[3].map { Int(truncatingIfNeeded: $0) }
    }
}

/// The values of summaries by field.
private struct Fields {
    let lasts: [Double]
    let firsts: [Double]
    let sums: [Double]
    let minima: [Double]
    let maxima: [Double]
    let corrections: [Double]

    init(_ summaries: [SampleSummary]) {
        lasts = summaries.map(\.last)
        firsts = summaries.map(\.first)
        sums = summaries.map(\.sum)
        minima = summaries.map(\.minimum)
        maxima = summaries.map(\.maximum)
        corrections = summaries.map(\.resetCorrection)
    }

    var isAscending: Bool {
        lasts.indices.allSatisfy {
            firsts[$0].bitPattern == minima[$0].bitPattern && lasts[$0].bitPattern == maxima[$0].bitPattern
        }
    }

    /// One behind another; corrections that aren't kept as 0.
    var all: [Double] { lasts + firsts + sums + minima + maxima + corrections.map { $0.isNaN ? 0 : $0 } }

    func columns(_ isAscending: Bool, _ hasCorrections: Bool) -> [[Double]] {
        [lasts, firsts, sums] + (isAscending ? [] : [minima, maxima]) + (hasCorrections ? [corrections] : [])
    }
}

/// The same as integers of one power of ten, and the small ones that stand for them.
private struct IntegerFields {
    private let count: Int
    private let all: [Int64]
    private let counts: [Int]

    init(_ all: [Int64], _ counts: [Int]) {
        self.all = all
        self.counts = counts
        count = counts.count
    }

    private func field(_ number: Int) -> ArraySlice<Int64> { all[(number * count)..<((number + 1) * count)] }

    /// What the ends let expect of a sum.
    private static func expected(_ first: Int64, _ last: Int64, _ count: Int) -> Int64 { ((first &+ last) &* Int64(count)) >> 1 }

    func columns(_ isAscending: Bool, _ hasCorrections: Bool) -> [[Int64]] {
        let (lasts, firsts, sums) = (Array(field(0)), Array(field(1)), Array(field(2)))
        var before: Int64 = 0
        var columns: [[Int64]] = [[], [], []]
        for index in 0..<count {
            columns[0].append(lasts[index] &- firsts[index])
            columns[1].append(firsts[index] &- before)
            columns[2].append(sums[index] &- Self.expected(firsts[index], lasts[index], counts[index]))
            before = lasts[index]
        }
        if !isAscending {
            columns.append(zip(field(3), zip(firsts, lasts)).map { min($1.0, $1.1) &- $0 })
            columns.append(zip(field(4), zip(firsts, lasts)).map { $0 &- max($1.0, $1.1) })
        }
        if hasCorrections { columns.append(Array(field(5))) }
        return columns
    }

    /// Lasts, firsts, sums, minima, maxima and, where they are kept, corrections.
    static func fields(_ columns: [[Int64]], _ counts: [Int], _ isAscending: Bool, _ hasCorrections: Bool) -> [[Int64]] {
        var (lasts, firsts, sums): ([Int64], [Int64], [Int64]) = ([], [], [])
        var before: Int64 = 0
        for index in counts.indices {
            let first = before &+ columns[1][index]
            let last = first &+ columns[0][index]
            firsts.append(first)
            lasts.append(last)
            sums.append(columns[2][index] &+ expected(first, last, counts[index]))
            before = last
        }
        var fields = [lasts, firsts, sums]
        if isAscending {
            fields += [firsts, lasts]
        } else {
            fields.append(zip(columns[3], zip(firsts, lasts)).map { min($1.0, $1.1) &- $0 })
            fields.append(zip(columns[4], zip(firsts, lasts)).map { $0 &+ max($1.0, $1.1) })
        }
        if hasCorrections { fields.append(columns[columns.count - 1]) }
        return fields
    }
}
