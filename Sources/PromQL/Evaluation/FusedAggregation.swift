import Model

/// Adds up series as they are decoded: their columns are never held together.
///
/// Series come in the order of their labels whatever thread decoded them, and each step adds them in that order, so that results are
/// those of the aggregation over all columns, bit for bit.
struct FusedAggregation {
    /// The series don't allow it: histograms, sums beyond what a double holds, series that become the same without their names.
    struct NeedsAllColumns: Error {}

    static func takes(_ op: AggregationOperator) -> Bool {
        switch op {
        case .sum, .avg, .min, .max, .count, .group: true
        default: false
        }
    }

    private struct Group {
        let labels: Labels
        var dropsName = false
        /// The only member so far; nil once there are more.
        var only: [Double]?
        /// Of sums: what was added. Of the others: the result so far.
        var values: [Double] = []
        var compensations: [Double] = []
        var counts: [Int32] = []
    }

    private let op: AggregationOperator
    private let steps: Int
    private let projection: LabelProjection
    private let memory: QueryMemory
    private var groups: [Group] = []
    private var groupOfLabels: [Labels: Int] = [:]
    /// Nil where no two can become the same.
    private var seen: Set<Labels>?
    private(set) var seriesCount = 0

    init(_ aggregation: Aggregation, steps: Int, mayCollide: Bool, memory: QueryMemory) {
        op = aggregation.op
        self.steps = steps
        self.memory = memory
        projection = LabelProjection(aggregation.grouping)
        seen = mayCollide ? [] : nil
    }

    mutating func add(_ columns: [Column]) throws {
        for column in columns {
            if column.hasHistograms { throw NeedsAllColumns() }
            if seen?.insert(column.labels).inserted == false { throw NeedsAllColumns() }
            seriesCount += 1
            let labels = projection(column.labels)
            guard let place = groupOfLabels[labels] else {
                groupOfLabels[labels] = groups.count
                try memory.reserve(128 + labels.encoded.count + steps * 8)
                groups.append(Group(labels: labels, dropsName: column.dropsName, only: column.values))
                continue
            }
            if groups[place].only != nil { try spread(&groups[place]) }
            groups[place].dropsName = groups[place].dropsName || column.dropsName
            try add(column.values, to: &groups[place])
        }
    }

    /// Makes room for a second member.
    private func spread(_ group: inout Group) throws {
        guard let only = group.only else { return }
        group.only = nil
        switch op {
        case .sum, .avg:
            try memory.reserve(steps * 12)
            group.values = [Double](repeating: 0, count: steps)
            group.compensations = group.values
            group.counts = [Int32](repeating: 0, count: steps)
        case .count, .group: group.counts = [Int32](repeating: 0, count: steps)
        default: group.values = [Double](repeating: absentValue, count: steps)
        }
        try add(only, to: &group)
    }

    private func add(_ values: [Double], to group: inout Group) throws {
        switch op {
        case .sum, .avg:
            if !Self.addUp(values, &group.values, &group.compensations, &group.counts, isAverage: op == .avg) { throw NeedsAllColumns() }
        case .count, .group:
            for step in 0..<steps where !isAbsent(values[step]) { group.counts[step] &+= 1 }
        case .min: Self.fold(values, &group.values) { $0 < $1 }
        default: Self.fold(values, &group.values) { $0 > $1 }
        }
    }

    /// False where an average's sum would pass what a double holds.
    private static func addUp(
        _ values: [Double], _ sums: inout [Double], _ compensations: inout [Double], _ counts: inout [Int32], isAverage: Bool
    ) -> Bool {
        var isHeld = true
        let count = values.count
        values.withUnsafeBufferPointer { values in
            sums.withUnsafeMutableBufferPointer { sums in
                compensations.withUnsafeMutableBufferPointer { compensations in
                    counts.withUnsafeMutableBufferPointer { counts in
                        for step in 0..<count {
                            let value = values[step]
                            if isAbsent(value) { continue }
                            let sum = sums[step]
                            let total = sum + value
                            if total.isInfinite {
                                if isAverage, sum.isFinite, value.isFinite { isHeld = false }
                                compensations[step] = 0
                            } else if sum.magnitude >= value.magnitude {
                                compensations[step] += (sum - total) + value
                            } else {
                                compensations[step] += (value - total) + sum
                            }
                            sums[step] = total
                            counts[step] &+= 1
                        }
                    }
                }
            }
        }
        return isHeld
    }

    private static func fold(_ values: [Double], _ bests: inout [Double], _ precedes: (Double, Double) -> Bool) {
        let count = values.count
        values.withUnsafeBufferPointer { values in
            bests.withUnsafeMutableBufferPointer { bests in
                for step in 0..<count where !isAbsent(values[step]) {
                    let best = bests[step]
                    if isAbsent(best) || best.isNaN || precedes(values[step], best) { bests[step] = values[step] }
                }
            }
        }
    }

    /// One column for each group, in the order of their first members.
    func result() -> [Column] {
        groups.compactMap { group in
            var column = Column(labels: group.labels, values: group.only.map(alone) ?? values(group), dropsName: group.dropsName)
            if column.isEmpty { return nil }
            column.histograms = []
            return column
        }
    }

    /// The result for a group of one.
    private func alone(_ values: [Double]) -> [Double] {
        switch op {
        // A sum begins at 0, which takes the sign from -0.
        case .sum, .avg: values.map { isAbsent($0) ? absentValue : $0 + 0 }
        case .count, .group: values.map { isAbsent($0) ? absentValue : 1 }
        default: values
        }
    }

    private func values(_ group: Group) -> [Double] {
        (0..<steps).map { step in
            switch op {
            case .sum:
                if group.counts[step] == 0 { return absentValue }
                return group.values[step].isInfinite ? group.values[step] : group.values[step] + group.compensations[step]
            case .avg:
                if group.counts[step] == 0 { return absentValue }
                let count = Double(group.counts[step])
                return group.values[step].isInfinite ? group.values[step] : group.values[step] / count + group.compensations[step] / count
            case .count: return group.counts[step] == 0 ? absentValue : Double(group.counts[step])
            case .group: return group.counts[step] == 0 ? absentValue : 1
            default: return group.values[step]
            }
        }
    }
}
