import Model

/// Samples as two columns of the same length, ascending in time, at most one of each time.
struct SampleColumns: Sendable {
    var timestamps: [Int64] = []
    var values: [Double] = []

    init() {}
    init(_ samples: [Sample]) {
        timestamps = samples.map(\.timestamp)
        values = samples.map(\.value)
    }

    var isEmpty: Bool { timestamps.isEmpty }
    var count: Int { timestamps.count }

    mutating func reserve(_ count: Int) {
        timestamps.reserveCapacity(count)
        values.reserveCapacity(count)
    }

    mutating func append(_ other: SampleColumns) {
        timestamps.append(contentsOf: other.timestamps)
        values.append(contentsOf: other.values)
    }

    mutating func append(_ timestamp: Int64, _ value: Double) {
        timestamps.append(timestamp)
        values.append(value)
    }

    /// Those of times that `isKept` accepts.
    func filtered(_ isKept: (Int64) -> Bool) -> SampleColumns {
        var kept = SampleColumns()
        for index in timestamps.indices where isKept(timestamps[index]) { kept.append(timestamps[index], values[index]) }
        return kept
    }

    /// Drops what lies outside of the range, ends included.
    mutating func clip(from start: Int64, through end: Int64) {
        guard let first = timestamps.first, let last = timestamps.last, first < start || last > end else { return }
        let low = timestamps.lowerBound { $0 < start }
        let high = timestamps.lowerBound { $0 <= end }
        timestamps = Array(timestamps[low..<max(low, high)])
        values = Array(values[low..<max(low, high)])
    }

    /// One ascending pair of columns; of equal times, the part that stands later in `parts` wins.
    static func merged(_ parts: [SampleColumns]) -> SampleColumns {
        var filled = parts.filter { !$0.isEmpty }
        guard var result = filled.first else { return SampleColumns() }
        if filled.count == 1 { return result }
        let isAscending = zip(filled, filled.dropFirst()).allSatisfy { $0.timestamps.last! < $1.timestamps.first! }
        if isAscending {
            for part in filled.dropFirst() { result.append(part) }
            return result
        }
        filled.removeFirst()
        for part in filled { result = merged(result, with: part) }
        return result
    }

    private static func merged(_ older: SampleColumns, with newer: SampleColumns) -> SampleColumns {
        if older.timestamps.last! < newer.timestamps.first! {
            var all = older
            all.append(newer)
            return all
        }
        if newer.timestamps.last! < older.timestamps.first! {
            var all = newer
            all.append(older)
            return all
        }
        var result = SampleColumns()
        result.timestamps.reserveCapacity(older.count + newer.count)
        result.values.reserveCapacity(older.count + newer.count)
        var left = 0
        var right = 0
        while left < older.count || right < newer.count {
            let takesOlder = right == newer.count || (left < older.count && older.timestamps[left] < newer.timestamps[right])
            if takesOlder {
                result.append(older.timestamps[left], older.values[left])
                left += 1
            } else {
                if left < older.count && older.timestamps[left] == newer.timestamps[right] { left += 1 }
                result.append(newer.timestamps[right], newer.values[right])
                right += 1
            }
        }
        return result
    }
}

extension RandomAccessCollection where Index == Int {
    /// The first index whose element isn't before what is looked for; the collection is sorted.
    func lowerBound(_ isBefore: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Histograms of several parts in order; of equal times, the part that stands later wins.
func mergedHistograms(_ parts: [[HistogramSample]]) -> [HistogramSample] {
    let filled = parts.filter { !$0.isEmpty }
    if filled.count <= 1 { return filled.first ?? [] }
    var byTime: [Int64: HistogramSample] = [:]
    for part in filled { for sample in part { byTime[sample.timestamp] = sample } }
    return byTime.values.sorted { $0.timestamp < $1.timestamp }
}
