import Model

extension Evaluator {
    /// `topk`, `bottomk`, `limitk` and `limit_ratio`: some of the series of each group, chosen anew at each step.
    func selectMembers(_ aggregation: Aggregation) throws -> [Column] {
        let parameters = try scalar(aggregation.parameter!)
        try checkParameters(parameters, aggregation)
        let columns = try vector(aggregation.expression)
        let isRanking = aggregation.op == .topk || aggregation.op == .bottomk
        if isRanking { remarkIgnoredHistograms(columns, aggregation) }
        var order: [Int] = []
        var chosen = columns.map { Column(labels: $0.labels, count: steps, dropsName: $0.dropsName) }
        for group in groups(columns, aggregation.grouping) {
            try context.check()
            for step in 0..<steps {
                let present = group.members.filter { isRanking ? !isAbsent(columns[$0].values[step]) : columns[$0].isPresent(at: step) }
                let winners: [Int]
                if aggregation.op == .limitRatio {
                    winners = present.filter { isSampled(columns[$0].labels, ratio: parameters[step]) }
                } else {
                    let count = parameters[step] < 1 ? 0 : Int(min(parameters[step], Double(present.count)))
                    winners = isRanking ? ranked(present, columns, step, count, isTop: aggregation.op == .topk) : Array(present.prefix(count))
                }
                for winner in winners { chosen[winner].copy(from: columns[winner], at: step) }
                // The result of an instant query stands in the order of the ranking.
                if steps == 1 { order += winners }
            }
        }
        if steps == 1 { return order.map { chosen[$0] } }
        return chosen.filter { !$0.isEmpty }
    }

    private func checkParameters(_ parameters: [Double], _ aggregation: Aggregation) throws {
        let isRatio = aggregation.op == .limitRatio
        for parameter in parameters {
            if parameter.isNaN { throw QueryError.execution("\(isRatio ? "Ratio" : "Parameter") value is NaN") }
            if isRatio, parameter.magnitude > 1 {
                let capped = parameter > 0 ? "1" : "-1"
                annotations.warn(
                    "ratio value should be between -1 and 1, got \(ValueText.general(parameter)), capping to \(capped)", at: aggregation.parameter!.range)
            }
            if !isRatio, parameter >= 0x1p63 { throw QueryError.execution("Scalar value \(ValueText.general(parameter)) overflows int64") }
            if !isRatio, parameter <= -0x1p63 { throw QueryError.execution("Scalar value \(ValueText.general(parameter)) underflows int64") }
        }
    }

    /// The best first; NaN stands last either way.
    private func ranked(_ members: [Int], _ columns: [Column], _ step: Int, _ count: Int, isTop: Bool) -> [Int] {
        guard count > 0 else { return [] }
        let sorted = members.sorted { left, right in
            let (a, b) = (columns[left].values[step], columns[right].values[step])
            if a.isNaN || b.isNaN { return !a.isNaN && b.isNaN || (a.isNaN == b.isNaN && left < right) }
            return a == b ? left < right : (isTop ? a > b : a < b)
        }
        return Array(sorted.prefix(count))
    }

    /// A series' hash says where between 0 and 1 it stands; a negative ratio takes what its complement leaves.
    private func isSampled(_ labels: Labels, ratio: Double) -> Bool {
        let place = SeriesSampling.place(of: labels)
        let capped = min(1, max(-1, ratio))
        return capped >= 0 ? place < capped : place >= 1 + capped
    }
}
