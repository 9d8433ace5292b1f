/// How the values of a series become one.
public enum Reduction: String, Hashable, Sendable, CaseIterable {
    case last, lastNotNull, first, firstNotNull, min, max, mean, sum, count, range, delta, step, diff
    case differencePercent = "diffperc"
    case changeCount, distinctCount, median, variance
    case standardDeviation = "stdDev"
    case leastAboveZero = "logmin"
    case allIsZero, allIsNull
    case p1, p5, p10, p25, p75, p80, p90, p95, p98, p99

    /// By the name that files use; nil for one that isn't known. Percentiles are named `p95`.
    public init?(name: String) {
        switch name {
        case "current", "lastNotNull": self = .lastNotNull
        case "total", "sum": self = .sum
        case "avg", "mean": self = .mean
        case "p50", "median": self = .median
        default: self.init(rawValue: name)
        }
    }

    public var title: String {
        switch self {
        case .lastNotNull, .last: "last"
        case .firstNotNull, .first: "first"
        case .mean: "mean"
        case .sum: "total"
        case .differencePercent: "diff %"
        case .changeCount: "changes"
        case .distinctCount: "distinct"
        case .standardDeviation: "std dev"
        case .leastAboveZero: "min > 0"
        case .allIsZero: "all zero"
        case .allIsNull: "all null"
        default: rawValue
        }
    }

    /// Whether the result is in the unit of the values.
    public var keepsUnit: Bool {
        switch self {
        case .count, .changeCount, .distinctCount, .differencePercent, .allIsZero, .allIsNull: false
        default: true
        }
    }

    /// One value of many, NaN where there is none.
    public func value(of values: [Double]) -> Double {
        switch self {
        case .last: return values.last ?? .nan
        case .first: return values.first ?? .nan
        case .lastNotNull: return values.last { !$0.isNaN } ?? .nan
        case .firstNotNull: return values.first { !$0.isNaN } ?? .nan
        case .count: return Double(values.count)
        case .allIsNull: return values.allSatisfy(\.isNaN) ? 1 : 0
        default: break
        }
        let known = values.filter { !$0.isNaN }
        guard let first = known.first, let last = known.last else { return .nan }
        switch self {
        case .min: return known.min()!
        case .max: return known.max()!
        case .mean: return known.reduce(0, +) / Double(known.count)
        case .sum: return known.reduce(0, +)
        case .range: return known.max()! - known.min()!
        case .diff: return last - first
        case .differencePercent: return first == 0 ? .nan : (last - first) / abs(first)
        case .delta: return Self.increase(known)
        case .step: return zip(known.dropFirst(), known).map { $0 - $1 }.min() ?? .nan
        case .changeCount: return Double(zip(known.dropFirst(), known).count { $0 != $1 })
        case .distinctCount: return Double(Set(known).count)
        case .leastAboveZero: return known.filter { $0 > 0 }.min() ?? .nan
        case .allIsZero: return known.allSatisfy { $0 == 0 } ? 1 : 0
        case .median: return Self.percentile(known, 50)
        case .p1, .p5, .p10, .p25, .p75, .p80, .p90, .p95, .p98, .p99: return Self.percentile(known, Double(rawValue.dropFirst()) ?? 50)
        case .variance: return Self.variance(known)
        case .standardDeviation: return Self.variance(known).squareRoot()
        case .last, .first, .lastNotNull, .firstNotNull, .count, .allIsNull: return .nan
        }
    }

    /// The growth of a counter: a fall is a reset to 0.
    private static func increase(_ values: [Double]) -> Double {
        zip(values.dropFirst(), values).reduce(0) { sum, pair in sum + (pair.0 >= pair.1 ? pair.0 - pair.1 : pair.0) }
    }

    /// Between two values in proportion.
    private static func percentile(_ values: [Double], _ percent: Double) -> Double {
        let sorted = values.sorted()
        let position = Double(sorted.count - 1) * percent / 100
        let low = Int(position)
        let part = position - Double(low)
        return part == 0 || low + 1 >= sorted.count ? sorted[low] : sorted[low] + (sorted[low + 1] - sorted[low]) * part
    }

    private static func variance(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    }
}
