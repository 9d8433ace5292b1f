import Model

/// Selectors of whose histograms only the count and the sum are looked at: their buckets needn't be carried along, nor go together.
///
/// Without buckets nobody can tell a reset later on, so each sample is told then and there whether it is one.
enum CountsOnly {
    /// The places of such selectors: inside of a function that takes count or sum, and of none that must see buckets.
    static func selectors(of expression: Expression) -> Set<SourceRange> {
        var found: Set<SourceRange> = []
        collect(expression, takesCounts: false, &found)
        return found
    }

    private static func collect(_ expression: Expression, takesCounts: Bool, _ found: inout Set<SourceRange>) {
        var takesCounts = takesCounts
        switch expression.node {
        case .selector, .rangeSelector: if takesCounts { found.insert(expression.range) }
        case .subquery: return
        case .call(let function, _):
            switch function {
            case .histogramCount, .histogramSum, .histogramAvg: takesCounts = true
            case .histogramQuantile, .histogramQuantiles, .histogramFraction, .histogramStddev, .histogramStdvar: return
            default: break
            }
        case .binary(let operation): if operation.op.isTrim { return }
        default: break
        }
        for child in expression.node.children { collect(child, takesCounts: takesCounts, &found) }
    }
}

extension Series {
    /// Without the buckets of histograms.
    var countsOnly: Series {
        guard !histograms.isEmpty else { return self }
        var result = self
        var previous: FloatHistogram?
        for (index, sample) in histograms.enumerated() where !sample.histogram.isStale {
            let histogram = sample.histogram
            var hint = histogram.counterReset
            if hint == .unknown, let previous { hint = histogram.isReset(after: previous) ? .reset : .notReset }
            previous = histogram
            result.histograms[index].histogram = FloatHistogram(counterReset: hint, count: histogram.count, sum: histogram.sum)
        }
        return result
    }
}
