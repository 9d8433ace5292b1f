import Foundations

/// A float at a moment. `timestamp` is in milliseconds since 1970.
@frozen public struct Sample: Sendable {
    public var timestamp: Int64
    public var value: Double

    @inlinable public init(timestamp: Int64, value: Double) {
        self.timestamp = timestamp
        self.value = value
    }
}

extension Sample: Equatable {
    /// By bits: a NaN equals a NaN with the same payload, and 0 differs from -0.
    public static func == (left: Sample, right: Sample) -> Bool {
        left.timestamp == right.timestamp && left.value.bitPattern == right.value.bitPattern
    }
}

/// The NaN that says «this series ended here», as Prometheus defines it.
public enum StaleMarker {
    public static let bitPattern: UInt64 = 0x7FF0_0000_0000_0002
    public static let value = Double(bitPattern: bitPattern)
    /// The NaN that Prometheus writes for an ordinary not-a-number.
    public static let ordinaryNaN = Double(bitPattern: 0x7FF8_0000_0000_0001)

    @inlinable public static func isStale(_ value: Double) -> Bool { value.bitPattern == bitPattern }
}

/// A sample that points at a trace.
public struct Exemplar: Equatable, Sendable {
    public var labels: Labels
    public var sample: Sample

    public init(labels: Labels, sample: Sample) {
        self.labels = labels
        self.sample = sample
    }
}

/// What a metric family is: its type, help and unit.
public struct Metadata: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case unknown, counter, gauge, histogram, gaugehistogram, summary, info, stateset
    }

    public var kind: Kind
    public var help: String
    public var unit: String

    public init(kind: Kind = .unknown, help: String = "", unit: String = "") {
        self.kind = kind
        self.help = help
        self.unit = unit
    }
}
