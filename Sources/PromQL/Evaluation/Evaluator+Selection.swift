import Model

extension Evaluator {
    /// `topk`, `bottomk`, `limitk` and `limit_ratio`: some of the series of each group, chosen anew at each step.
    func selectMembers(_ aggregation: Aggregation, _ place: SourceRange) throws -> [Column] {
        let parameters = try scalar(aggregation.parameter!)
        let columns = try vector(aggregation.expression)
        guard try selectsAny(parameters, aggregation) else { return [] }
        let isRanking = aggregation.op == .topk || aggregation.op == .bottomk
        if isRanking, columns.contains(where: { column in column.hasHistograms && (0..<steps).contains { parameters[$0] >= 1 && column.histograms[$0] != nil } }) {
            annotations.inform("ignored histogram in \(aggregation.op.rawValue) aggregation", at: place)
        }
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

    /// Whether the parameter allows any series at any step; throws where it makes no sense.
    private func selectsAny(_ parameters: [Double], _ aggregation: Aggregation) throws -> Bool {
        let extremes = ParameterExtremes(parameters)
        if aggregation.op == .limitRatio {
            if extremes.smallest.isNaN { throw QueryError.execution("Ratio value is NaN") }
            if extremes.smallest == 0, extremes.largest == 0 { return false }
            for ratio in extremes.outside(-1, 1) {
                annotations.warn(
                    "ratio value should be between -1 and 1, got \(ValueText.general(ratio)), capping to \(ratio > 0 ? "1" : "-1")",
                    at: aggregation.parameter!.range)
            }
            return true
        }
        // Where no step asks for one, it doesn't matter how few the parameter asks for.
        if extremes.largest < 1 { return false }
        if extremes.smallest.isNaN { throw QueryError.execution("Parameter value is NaN") }
        if extremes.smallest <= -0x1p63 { throw QueryError.execution("Scalar value \(ValueText.general(extremes.smallest)) underflows int64") }
        if extremes.largest >= 0x1p63 { throw QueryError.execution("Scalar value \(ValueText.general(extremes.largest)) overflows int64") }
        return true
    }

    /// The best first; NaN stands last either way.
    private func ranked(_ members: [Int], _ columns: [Column], _ step: Int, _ count: Int, isTop: Bool) -> [Int] {
        guard count > 0 else { return [] }
        let values = members.map { columns[$0].values[step] }
        @inline(__always) func precedes(_ left: Int, _ right: Int) -> Bool {
            let (a, b) = (values[left], values[right])
            if a.isNaN || b.isNaN { return !a.isNaN && b.isNaN || (a.isNaN == b.isNaN && left < right) }
            return a == b ? left < right : (isTop ? a > b : a < b)
        }
        if count > Self.insertedMax { return values.indices.sorted(by: precedes).prefix(count).map { members[$0] } }
        // The few best so far, in order: nearly all others are looked at once.
        var best: [Int] = []
        best.reserveCapacity(count + 1)
        for index in values.indices {
            if best.count == count, !precedes(index, best[count - 1]) { continue }
            var place = best.count
            while place > 0, precedes(index, best[place - 1]) { place -= 1 }
            best.insert(index, at: place)
            if best.count > count { best.removeLast() }
        }
        return best.map { members[$0] }
    }

    /// Up to here, inserting into those found so far is cheaper than sorting all.
    private static let insertedMax = 64

    /// A series' hash says where between 0 and 1 it stands; a negative ratio takes what its complement leaves.
    private func isSampled(_ labels: Labels, ratio: Double) -> Bool {
        let place = SeriesSampling.place(of: labels)
        let capped = min(1, max(-1, ratio))
        return capped >= 0 ? place < capped : place >= 1 + capped
    }
}
