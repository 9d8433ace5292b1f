import Foundations

/// A set of labels, sorted by name: what identifies a series or a log stream.
///
/// Held as one run of bytes (varint length and UTF-8 of each name and value, in order of name), so that comparing, hashing and
/// copying a set costs one pass over one buffer, and so that equality is equality of bytes, not Unicode's canonical equivalence.
/// A label with an empty value is the same as none and is never held.
public struct Labels: Sendable {
    /// The canonical bytes; equal sets have equal bytes.
    public let encoded: [UInt8]

    /// The empty set.
    public init() { encoded = [] }

    /// Any pairs, in any order. Of equal names the last wins; empty values are left out. A literal does the same: `["job": "api"]`.
    public init(_ pairs: some Sequence<(name: String, value: String)>) {
        var builder = LabelsBuilder()
        for (name, value) in pairs { builder.set(name, to: value) }
        self = builder.build()
    }

    /// Takes bytes that `isCanonical` would accept; the caller has made sure of it.
    public init(uncheckedEncoded bytes: [UInt8]) { encoded = bytes }

    /// Takes bytes from a file or the wire; nil where they are not canonical (unsorted, an empty value, broken UTF-8, cut short).
    public init?(encoded bytes: UnsafeRawBufferPointer) {
        guard Self.isCanonical(bytes) else { return nil }
        encoded = Array(bytes)
    }

    public static func isCanonical(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var reader = ByteReader(bytes)
        var previous: UnsafeRawBufferPointer?
        while !reader.isAtEnd {
            guard let name = reader.readLengthPrefixed(), let value = reader.readLengthPrefixed(), !value.isEmpty, !name.isEmpty,
                String(validating: name, as: UTF8.self) != nil, String(validating: value, as: UTF8.self) != nil
            else { return false }
            if let previous, compareBytes(previous, name) >= 0 { return false }
            previous = name
        }
        return true
    }

    public var isEmpty: Bool { encoded.isEmpty }

    /// The number of labels; walks the set.
    public var count: Int {
        var count = 0
        forEachBytes { _, _ in count += 1 }
        return count
    }

    /// A label's value; nil where the set has no such label.
    public subscript(name: String) -> String? {
        var found: String?
        withValueBytes(of: name) { found = String(decoding: $0, as: UTF8.self) }
        return found
    }

    /// The metric's name, the label `__name__`.
    public var metricName: String? { self[LabelName.metricName] }

    /// Calls `body` with a label's value where the set has it.
    public func withValueBytes(of name: String, _ body: (UnsafeRawBufferPointer) -> Void) {
        var name = name
        name.withUTF8 { wanted in
            encoded.withUnsafeBytes { bytes in
                var reader = ByteReader(bytes)
                while let next = reader.readLengthPrefixed(), let value = reader.readLengthPrefixed() {
                    let order = compareBytes(next, UnsafeRawBufferPointer(wanted))
                    if order == 0 { return body(value) }
                    if order > 0 { return }
                }
            }
        }
    }

    /// Visits name and value of each label in order, as bytes that live only during the call.
    @inlinable public func forEachBytes(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Void) rethrows {
        try encoded.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            while let name = reader.readLengthPrefixed(), let value = reader.readLengthPrefixed() { try body(name, value) }
        }
    }

    /// All pairs, in order of name.
    public var pairs: [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        forEachBytes { pairs.append((String(decoding: $0, as: UTF8.self), String(decoding: $1, as: UTF8.self))) }
        return pairs
    }

    /// The labels whose name `isKept` accepts.
    public func filter(_ isKept: (UnsafeRawBufferPointer) -> Bool) -> Labels {
        var bytes: [UInt8] = []
        forEachBytes { name, value in
            if isKept(name) {
                bytes.append(lengthPrefixed: name)
                bytes.append(lengthPrefixed: value)
            }
        }
        return Labels(uncheckedEncoded: bytes)
    }

    /// Only the named labels.
    public func keeping(_ names: Set<String>) -> Labels { filter { names.contains(String(decoding: $0, as: UTF8.self)) } }

    /// All but the named labels.
    public func dropping(_ names: Set<String>) -> Labels { filter { !names.contains(String(decoding: $0, as: UTF8.self)) } }

    /// The set with one label set to `value`, or without it where `value` is empty.
    public func setting(_ name: String, to value: String) -> Labels {
        var builder = LabelsBuilder(self)
        builder.set(name, to: value)
        return builder.build()
    }

    /// The set without the metric's name.
    public var droppingMetricName: Labels {
        var has = false
        withValueBytes(of: LabelName.metricName) { _ in has = true }
        return has ? dropping([LabelName.metricName]) : self
    }

    /// A 64-bit hash of the bytes that is the same in every process and version: usable in files and fingerprints (FNV-1a with a final mix).
    public var stableHash: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in encoded { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash ^= hash >> 32
        return hash &* 0x9E37_79B9_7F4A_7C15
    }
}

extension Labels: Hashable {
    public static func == (left: Labels, right: Labels) -> Bool { left.encoded == right.encoded }
    public func hash(into hasher: inout Hasher) { encoded.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

extension Labels: Comparable {
    /// By the first label that differs, name before value, as Prometheus orders series.
    public static func < (left: Labels, right: Labels) -> Bool {
        left.encoded.withUnsafeBytes { leftBytes in
            right.encoded.withUnsafeBytes { rightBytes in
                var leftReader = ByteReader(leftBytes)
                var rightReader = ByteReader(rightBytes)
                while let rightPart = rightReader.readLengthPrefixed() {
                    guard let leftPart = leftReader.readLengthPrefixed() else { return true }
                    let order = compareBytes(leftPart, rightPart)
                    if order != 0 { return order < 0 }
                }
                return false
            }
        }
    }
}

extension Labels: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements.map { (name: $0.0, value: $0.1) }) }
}

extension Labels: CustomStringConvertible {
    /// As in PromQL: `name{a="b"}`; names that need it are quoted.
    public var description: String {
        let name = metricName ?? ""
        let rest = pairs.filter { $0.name != LabelName.metricName }
        let isPlain = LabelName.isLegacyMetricName(name)
        var parts = rest.map { "\(LabelName.isLegacy($0.name) ? $0.name : quoted($0.name))=\(quoted($0.value))" }
        if !name.isEmpty && !isPlain { parts.insert(quoted(name), at: 0) }
        if parts.isEmpty && isPlain { return name }
        return "\(isPlain ? name : ""){\(parts.joined(separator: ", "))}"
    }
}

/// Orders two runs of bytes as unsigned numbers, shorter first where one starts the other: negative, 0 or positive.
@inlinable public func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let shared = Swift.min(left.count, right.count)
    var index = 0
    while index < shared {
        if left[index] != right[index] { return left[index] < right[index] ? -1 : 1 }
        index += 1
    }
    return left.count - right.count
}

/// `text` in double quotes, with backslash, quote and line feed escaped as in PromQL and the exposition format.
public func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": result += "\\\\"
        case "\"": result += "\\\""
        case "\n": result += "\\n"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
