/// The functions of PromQL, those that Prometheus calls experimental included.
public enum PromQLFunction: String, Hashable, Sendable, CaseIterable {
    case abs, absent, acos, acosh, asin, asinh, atan, atanh, ceil, changes, clamp, cos, cosh, deg, delta, deriv, end, exp, floor, hour
    case idelta, increase, info, irate, ln, log10, log2, minute, month, pi, rad, range, rate, resets, round, scalar, sgn, sin, sinh
    case sort, sqrt, start, step, tan, tanh, time, timestamp, vector, year
    case absentOverTime = "absent_over_time"
    case avgOverTime = "avg_over_time"
    case clampMax = "clamp_max"
    case clampMin = "clamp_min"
    case countOverTime = "count_over_time"
    case daysInMonth = "days_in_month"
    case dayOfMonth = "day_of_month"
    case dayOfWeek = "day_of_week"
    case dayOfYear = "day_of_year"
    case doubleExponentialSmoothing = "double_exponential_smoothing"
    case firstOverTime = "first_over_time"
    case histogramAvg = "histogram_avg"
    case histogramCount = "histogram_count"
    case histogramFraction = "histogram_fraction"
    case histogramQuantile = "histogram_quantile"
    case histogramQuantiles = "histogram_quantiles"
    case histogramStddev = "histogram_stddev"
    case histogramStdvar = "histogram_stdvar"
    case histogramSum = "histogram_sum"
    /// The name that `double_exponential_smoothing` had before Prometheus 3.
    case holtWinters = "holt_winters"
    case labelJoin = "label_join"
    case labelReplace = "label_replace"
    case lastOverTime = "last_over_time"
    case madOverTime = "mad_over_time"
    case maxOf = "max_of"
    case maxOverTime = "max_over_time"
    case minOf = "min_of"
    case minOverTime = "min_over_time"
    case predictLinear = "predict_linear"
    case presentOverTime = "present_over_time"
    case quantileOverTime = "quantile_over_time"
    case sortByLabel = "sort_by_label"
    case sortByLabelDesc = "sort_by_label_desc"
    case sortDesc = "sort_desc"
    case startTimestamp = "start_timestamp"
    case stddevOverTime = "stddev_over_time"
    case stdvarOverTime = "stdvar_over_time"
    case sumOverTime = "sum_over_time"
    case tsOfFirstOverTime = "ts_of_first_over_time"
    case tsOfLastOverTime = "ts_of_last_over_time"
    case tsOfMaxOverTime = "ts_of_max_over_time"
    case tsOfMinOverTime = "ts_of_min_over_time"

    /// What a function takes and gives.
    public struct Signature: Sendable {
        public let parameters: [ValueType]
        public let result: ValueType
        /// Parameters at the end of the list that may be left out.
        public let optionalCount: Int
        /// Whether the last parameter may stand any number of times, none included.
        public let repeatsLast: Bool

        init(_ parameters: [ValueType], _ result: ValueType = .vector, optional: Int = 0, repeatsLast: Bool = false) {
            self.parameters = parameters
            self.result = result
            optionalCount = optional
            self.repeatsLast = repeatsLast
        }

        var countMin: Int { parameters.count - (repeatsLast ? 1 : optionalCount) }
        var countMax: Int? { repeatsLast ? nil : parameters.count }
        func type(at index: Int) -> ValueType { parameters[Swift.min(index, parameters.count - 1)] }
    }

    /// What the type check holds calls against.
    public var signature: Signature {
        switch self {
        case .abs, .absent, .acos, .acosh, .asin, .asinh, .atan, .atanh, .ceil, .cos, .cosh, .deg, .exp, .floor, .histogramAvg, .histogramCount,
            .histogramStddev, .histogramStdvar, .histogramSum, .ln, .log10, .log2, .rad, .sgn, .sin, .sinh, .sort, .sortDesc, .sqrt, .tan, .tanh,
            .startTimestamp, .timestamp:
            Signature([.vector])
        case .absentOverTime, .avgOverTime, .changes, .countOverTime, .delta, .deriv, .firstOverTime, .idelta, .increase, .irate, .lastOverTime,
            .madOverTime, .maxOverTime, .minOverTime, .presentOverTime, .rate, .resets, .stddevOverTime, .stdvarOverTime, .sumOverTime,
            .tsOfFirstOverTime, .tsOfLastOverTime, .tsOfMaxOverTime, .tsOfMinOverTime:
            Signature([.matrix])
        case .clamp: Signature([.vector, .scalar, .scalar])
        case .clampMax, .clampMin: Signature([.vector, .scalar])
        case .daysInMonth, .dayOfMonth, .dayOfWeek, .dayOfYear, .hour, .minute, .month, .year: Signature([.vector], optional: 1)
        case .doubleExponentialSmoothing, .holtWinters: Signature([.matrix, .scalar, .scalar])
        case .end, .pi, .range, .start, .step, .time: Signature([], .scalar)
        case .histogramFraction: Signature([.scalar, .scalar, .vector])
        case .histogramQuantile: Signature([.scalar, .vector])
        case .histogramQuantiles: Signature([.vector, .string, .scalar, .scalar], repeatsLast: true)
        case .info: Signature([.vector, .vector], optional: 1)
        case .labelJoin: Signature([.vector, .string, .string, .string], repeatsLast: true)
        case .labelReplace: Signature([.vector, .string, .string, .string, .string])
        case .maxOf, .minOf: Signature([.scalar, .scalar], .scalar)
        case .predictLinear: Signature([.matrix, .scalar])
        case .quantileOverTime: Signature([.scalar, .matrix])
        case .round: Signature([.vector, .scalar], optional: 1)
        case .scalar: Signature([.vector], .scalar)
        case .sortByLabel, .sortByLabelDesc: Signature([.vector, .string], repeatsLast: true)
        case .vector: Signature([.scalar])
        }
    }
}
