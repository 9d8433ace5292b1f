import Foundations
import Model

/// Which labels take part in matching or grouping; makes the bytes that equal sets have in common.
struct LabelProjection {
    private enum Kind { case only, except }
    private let kind: Kind
    /// Sorted. Few: looking through them is faster than hashing.
    private let names: [[UInt8]]

    /// Only the named labels.
    static func keeping(_ names: [String]) -> LabelProjection { LabelProjection(kind: .only, names: Set(names.map { Array($0.utf8) })) }

    /// All but the named labels and the metric's name. Its type and unit tell series apart.
    static func dropping(_ names: [String]) -> LabelProjection {
        LabelProjection(kind: .except, names: Set((names + [LabelName.metricName]).map { Array($0.utf8) }))
    }

    private init(kind: Kind, names: Set<[UInt8]>) {
        self.kind = kind
        self.names = names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    init(_ matching: VectorMatching.Labels?) {
        switch matching {
        case .on(let names): self = .keeping(names)
        case .ignoring(let names): self = .dropping(names)
        case nil: self = .dropping([])
        }
    }

    init(_ grouping: Grouping?) {
        switch grouping {
        case .by(let names): self = .keeping(names)
        case .without(let names): self = .dropping(names)
        case nil: self = .keeping([])
        }
    }

    func callAsFunction(_ labels: Labels) -> Labels {
        if names.isEmpty { return kind == .only ? Labels() : labels }
        return labels.filter { name in contains(name) == (kind == .only) }
    }

    @inline(__always) private func contains(_ name: UnsafeRawBufferPointer) -> Bool {
        for candidate in names where candidate.count == name.count {
            if candidate.withUnsafeBytes({ compareBytes($0, name) }) == 0 { return true }
        }
        return false
    }
}
