import Foundations
import Yams

/// A mapping of a settings file. Each key that is asked for is known; `finish` reports the others.
public final class SettingsSection {
    public let document: SettingsDocument
    public let node: Node?
    private var known: Set<String> = []

    public init(document: SettingsDocument, node: Node?) {
        self.document = document
        self.node = node
    }

    /// The value of a key, or nil where it's missing or null.
    public func value(_ key: String) -> Node? {
        known.insert(key)
        guard let value = node?.mapping?[Node(key)], value.null == nil else { return nil }
        return value
    }

    public func string(_ key: String) -> String? {
        value(key).flatMap { node in
            if let scalar = node.scalar { return scalar.string }
            document.report(node, "`\(key)` must be a text")
            return nil
        }
    }

    /// A text that must be there.
    public func requiredString(_ key: String) -> String? {
        if let text = string(key), !text.isEmpty { return text }
        if value(key)?.scalar != nil || value(key) == nil { document.report(node, "`\(key)` is missing", remedy: "add `\(key): …` here") }
        return nil
    }

    /// A list of texts; one text alone is a list of one.
    public func strings(_ key: String) -> [String]? {
        value(key).flatMap { node in
            if let scalar = node.scalar { return [scalar.string] }
            guard let sequence = node.sequence else {
                document.report(node, "`\(key)` must be a list of texts")
                return nil
            }
            return sequence.compactMap { element in
                if element.scalar == nil { document.report(element, "each entry of `\(key)` must be a text") }
                return element.scalar?.string
            }
        }
    }

    public func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        scalar(key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    public func bool(_ key: String) -> Bool? {
        scalar(key, expected: "`true` or `false`") { ["true": true, "false": false, "yes": true, "no": false][$0.lowercased()] }
    }

    /// Milliseconds, written as in Prometheus: `30s`, `1h30m`, `15d`.
    public func durationMilliseconds(_ key: String, in range: ClosedRange<Int64> = 0...Int64.max) -> Int64? {
        scalar(key, expected: "a duration such as `30s`, `5m` or `1h30m`\(Self.between(range))") { text in
            DurationText.milliseconds(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// Bytes: `512MiB`, `10GB`, `4096`.
    public func bytes(_ key: String) -> Int64? { scalar(key, expected: "a size such as `512MiB`, `10GB` or `4096`", ByteSizeText.bytes) }

    /// Texts by name.
    public func stringMap(_ key: String) -> [String: String]? {
        value(key).flatMap { node in
            guard let mapping = node.mapping else {
                document.report(node, "`\(key)` must be a list of `name: text` lines")
                return nil
            }
            var map: [String: String] = [:]
            for (name, value) in mapping {
                guard let name = name.scalar?.string, let text = value.scalar?.string else {
                    document.report(value, "each entry of `\(key)` must be `name: text`")
                    continue
                }
                map[name] = text
            }
            return map
        }
    }

    /// A section below this one.
    public func section(_ key: String) -> SettingsSection? {
        value(key).flatMap { node in
            if node.mapping != nil { return SettingsSection(document: document, node: node) }
            document.report(node, "`\(key)` must be a section of `key: value` lines")
            return nil
        }
    }

    /// A list of sections.
    public func sections(_ key: String) -> [SettingsSection]? {
        value(key).flatMap { node in
            guard let sequence = node.sequence else {
                document.report(node, "`\(key)` must be a list", remedy: "begin each entry with `- `")
                return nil
            }
            return sequence.compactMap { element in
                if element.mapping != nil { return SettingsSection(document: document, node: element) }
                document.report(element, "each entry of `\(key)` must be a section of `key: value` lines")
                return nil
            }
        }
    }

    /// The sections below a key by their names; an empty one is a section too.
    public func namedSections(_ key: String) -> [(name: String, section: SettingsSection)]? {
        value(key).flatMap { node in
            guard let mapping = node.mapping else {
                document.report(node, "`\(key)` must be a section of `name:` lines, each with its own settings below it")
                return nil
            }
            return mapping.compactMap { name, value in
                if let name = name.scalar?.string, value.mapping != nil || value.null != nil {
                    return (name, SettingsSection(document: document, node: value))
                }
                document.report(value, "each entry of `\(key)` must be a name and a section of `key: value` lines")
                return nil
            }
        }
    }

    /// Reports something wrong at a key, or at the section where the key is missing.
    public func report(_ key: String, _ reason: String, remedy: String = "") {
        document.report(value(key) ?? node, reason, remedy: remedy)
    }

    /// Reports every key that nobody asked for, with the known one that comes nearest.
    public func finish() {
        for (key, _) in node?.mapping ?? [:] {
            guard let name = key.scalar?.string, name.utf8.count <= 256 else {
                document.report(key, "a key must be a text of at most 256 bytes")
                continue
            }
            if known.contains(name) { continue }
            let nearest = known.map { (distance: editDistance($0, name), key: $0) }.min { ($0.distance, $0.key) < ($1.distance, $1.key) }
            let remedy = nearest.map { $0.distance <= max(1, name.count / 3) ? "did you mean `\($0.key)`?" : "known here: \(known.sorted().joined(separator: ", "))" } ?? ""
            document.report(key, "`\(name)` is no key that is known here", remedy: remedy)
        }
    }

    private func scalar<Value>(_ key: String, expected: String, _ convert: (String) -> Value?) -> Value? {
        value(key).flatMap { node in
            if let text = node.scalar?.string, let value = convert(text) { return value }
            document.report(node, "`\(key)` must be \(expected)" + (node.scalar.map { ", not `\(SafeText($0.string))`" } ?? ""))
            return nil
        }
    }

    private static func between(_ range: ClosedRange<Int64>) -> String {
        switch (range.lowerBound, range.upperBound) {
        case (0, .max): ""
        case (let low, .max): " of at least \(DurationText.format(milliseconds: low))"
        case (let low, let high): " from \(DurationText.format(milliseconds: low)) to \(DurationText.format(milliseconds: high))"
        }
    }
}

/// The fewest insertions, deletions, replacements and swaps of neighbours that make one text the other (optimal string alignment).
public func editDistance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    var rows = [Array(0...right.count)]
    for i in 1..<(left.count + 1) {
        var row = [i]
        for j in 1..<(right.count + 1) {
            var distance = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1))
            if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] { distance = min(distance, rows[i - 2][j - 2] + 1) }
            row.append(distance)
        }
        rows.append(row)
    }
    return rows[left.count][right.count]
}
