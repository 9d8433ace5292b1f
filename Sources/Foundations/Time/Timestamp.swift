/// A moment, in milliseconds since 1970-01-01 UTC: the resolution of metrics.
public struct Timestamp: Hashable, Comparable, Sendable, Codable {
    public var milliseconds: Int64

    @inlinable public init(milliseconds: Int64) { self.milliseconds = milliseconds }
    @inlinable public init(seconds: Int64) { self.milliseconds = seconds &* 1000 }

    public static let distantPast = Timestamp(milliseconds: .min)
    public static let distantFuture = Timestamp(milliseconds: .max)

    @inlinable public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// Seconds since 1970 with the milliseconds as fraction, as the Prometheus API writes times.
    @inlinable public var seconds: Double { Double(milliseconds) / 1000 }

    /// The same moment in nanoseconds, saturated at the ends of their range (years 1677 and 2262).
    @inlinable public var nanos: NanoTimestamp {
        let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return NanoTimestamp(nanoseconds: overflow ? (milliseconds < 0 ? .min : .max) : product)
    }

    /// This moment moved by a duration in milliseconds, saturated.
    @inlinable public func advanced(byMilliseconds delta: Int64) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(delta)
        return Timestamp(milliseconds: overflow ? (delta < 0 ? .min : .max) : sum)
    }
}

/// A moment, in nanoseconds since 1970-01-01 UTC: the resolution of logs.
public struct NanoTimestamp: Hashable, Comparable, Sendable, Codable {
    public var nanoseconds: Int64

    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let distantPast = NanoTimestamp(nanoseconds: .min)
    public static let distantFuture = NanoTimestamp(nanoseconds: .max)

    @inlinable public static func < (left: NanoTimestamp, right: NanoTimestamp) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The millisecond that contains this moment (rounded towards the past).
    @inlinable public var milliseconds: Timestamp {
        let quotient = nanoseconds / 1_000_000
        return Timestamp(milliseconds: nanoseconds % 1_000_000 < 0 ? quotient - 1 : quotient)
    }

    /// This moment moved by a duration in nanoseconds, saturated.
    @inlinable public func advanced(byNanoseconds delta: Int64) -> NanoTimestamp {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(delta)
        return NanoTimestamp(nanoseconds: overflow ? (delta < 0 ? .min : .max) : sum)
    }
}
