import Foundations

/// Collects labels in any order and makes the canonical set of them.
public struct LabelsBuilder: Sendable {
    private var pairs: [(name: String, value: String)]

    public init() { pairs = [] }
    public init(_ labels: Labels) { pairs = labels.pairs }

    /// Sets a label; an empty value removes it.
    public mutating func set(_ name: String, to value: String) {
        // Compared by bytes: String's == is canonical equivalence.
        if let index = pairs.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
            if value.isEmpty { pairs.remove(at: index) } else { pairs[index].value = value }
        } else if !value.isEmpty {
            pairs.append((name, value))
        }
    }

    public mutating func remove(_ name: String) { set(name, to: "") }

    public func build() -> Labels {
        var bytes: [UInt8] = []
        for (name, value) in pairs.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            bytes.append(lengthPrefixed: name)
            bytes.append(lengthPrefixed: value)
        }
        return Labels(uncheckedEncoded: bytes)
    }
}
