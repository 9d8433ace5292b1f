import Model

/// Aggregates series step by step.
enum VectorEvaluation {
    static func columns(_ aggregation: VectorAggregation, _ operand: [Column], _ grid: StepGrid) -> [Column] {
        switch aggregation.function {
        case .sort, .sortDescending:
            // An instant result keeps this order; a range result is ordered by labels in any case.
            let sign: Double = aggregation.function == .sort ? 1 : -1
            return operand.sorted { sign * ($0.values.last.flatMap { $0 } ?? .nan) < sign * ($1.values.last.flatMap { $0 } ?? .nan) }
        case .topk, .bottomk, .approximateTopk: return selected(aggregation, operand, grid)
        default: return reduced(aggregation, operand, grid)
        }
    }

    private static func groups(_ aggregation: VectorAggregation, _ operand: [Column]) -> [(key: Labels, members: [Int])] {
        let grouping = aggregation.grouping ?? Grouping(isWithout: false, names: [])
        var positions: [Labels: Int] = [:]
        var groups: [(key: Labels, members: [Int])] = []
        for (index, column) in operand.enumerated() {
            let key = grouping.key(column.labels)
            if let position = positions[key] { groups[position].members.append(index) } else {
                positions[key] = groups.count
                groups.append((key, [index]))
            }
        }
        return groups
    }

    private static func reduced(_ aggregation: VectorAggregation, _ operand: [Column], _ grid: StepGrid) -> [Column] {
        groups(aggregation, operand).map { group in
            let values = (0..<grid.count).map { step -> Double? in
                let present = group.members.compactMap { operand[$0].values[step] }
                return present.isEmpty ? nil : reduce(aggregation.function, present)
            }
            return Column(labels: group.key, values: values)
        }
    }

    private static func reduce(_ function: VectorAggregation.Function, _ values: [Double]) -> Double {
        switch function {
        case .sum: values.reduce(0, +)
        case .avg: values.reduce(0, +) / Double(values.count)
        case .min: values.min()!
        case .max: values.max()!
        case .stdvar: Arithmetic.variance(values[...])
        case .stddev: Arithmetic.variance(values[...]).squareRoot()
        default: Double(values.count)
        }
    }

    /// The largest or smallest of each group, at each step for itself.
    private static func selected(_ aggregation: VectorAggregation, _ operand: [Column], _ grid: StepGrid) -> [Column] {
        var result = operand.map { Column(labels: $0.labels, values: Array(repeating: nil, count: grid.count)) }
        let isTop = aggregation.function != .bottomk
        for group in groups(aggregation, operand) {
            for step in 0..<grid.count {
                let present = group.members.compactMap { index in operand[index].values[step].map { (index: index, value: $0) } }
                let ordered = present.sorted { isTop ? $0.value > $1.value : $0.value < $1.value }
                for (index, value) in ordered.prefix(aggregation.parameter) { result[index].values[step] = value }
            }
        }
        return result.filter { $0.values.contains { $0 != nil } }
    }
}
