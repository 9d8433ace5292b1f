import Foundations
import Model

/// A record on its way through a pipeline: its line may change, labels come and go.
struct LogEntry {
    let record: LogRecord
    var line: String
    /// What stages took out of the line or set; they hide labels of the stream and fields of the same name. An empty value hides it too.
    private(set) var extracted: [(name: String, value: String)] = []

    init(_ record: LogRecord) {
        self.record = record
        line = record.body
    }

    static let errorLabel = "__error__"
    static let errorDetailsLabel = "__error_details__"
    static let levelLabel = "detected_level"

    /// A label's value: what stages set, else the stream's, else the record's level, else a field's; empty where there is none.
    func value(_ name: String) -> String {
        if let found = extracted.last(where: { $0.name == name }) { return found.value }
        if let found = record.stream[name] { return found }
        if name == Self.levelLabel { return record.level.name }
        if name == "level" { return record.level == .unknown ? "" : record.level.name }
        if name == TallyEvaluation.patternLabel { return LogTemplate(record.body).text }
        return record.fields.first { Self.isName(name, of: $0.name) }?.value.description ?? ""
    }

    /// Whether a condition on a label holds.
    func satisfies(_ matcher: Matcher) -> Bool {
        if LogPlan.isLevel(matcher.name), record.stream[matcher.name] == nil, !extracted.contains(where: { $0.name == matcher.name }) {
            return record.level.satisfies(matcher)
        }
        return matcher.matches(value(matcher.name))
    }

    /// Whether a query means a field: by its name, or, as labels have no dots, with `_` for what a label can't have.
    private static func isName(_ name: String, of field: String) -> Bool {
        let (wanted, found) = (name.utf8, field.utf8)
        guard wanted.count == found.count else { return false }
        return zip(wanted, found).allSatisfy { $0 == $1 || ($0 == 0x5F && !isWord($1)) }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || (byte >= 0x30 && byte <= 0x39) || byte == 0x5F
    }

    mutating func set(_ name: String, to value: String) {
        if let index = extracted.firstIndex(where: { $0.name == name }) {
            extracted[index].value = value
        } else if extracted.count < Limits.extractedLabelsMax || name.hasPrefix(Self.errorLabel.dropLast(2)) {
            extracted.append((name, value))
        }
    }

    /// Marks the line with what went wrong; the first error stays.
    mutating func fail(_ error: String, _ details: String) {
        if hasError { return }
        set(Self.errorLabel, to: error)
        set(Self.errorDetailsLabel, to: details)
    }

    var hasError: Bool { !error.isEmpty }
    var error: String { extracted.last { $0.name == Self.errorLabel }?.value ?? "" }

    /// Sets a label that a parser found. Where the stream has one of the name, `_extracted` is added to it, as in Loki.
    mutating func extract(_ name: String, _ value: String) {
        setParsed(Self.sanitized(name), to: value)
    }

    /// The same for a name that the query gave.
    mutating func setParsed(_ name: String, to value: String) {
        set(record.stream[name] == nil ? name : name + "_extracted", to: value)
    }

    /// The labels under which the line is shown: the stream's, what stages set, and the level.
    var labels: Labels {
        var builder = LabelsBuilder(record.stream)
        if record.level != .unknown { builder.set(Self.levelLabel, to: record.level.name) }
        for (name, value) in extracted { builder.set(name, to: value) }
        return builder.build()
    }

    /// The same in Loki's three categories: the stream's own, what came beside the line (level and fields), what stages set.
    var categorizedLabels: (stream: Labels, metadata: Labels, parsed: Labels) {
        let names = Set(extracted.map(\.name))
        var metadata = LabelsBuilder()
        if record.level != .unknown, !names.contains(Self.levelLabel) { metadata.set(Self.levelLabel, to: record.level.name) }
        for field in record.fields where !names.contains(field.name) && record.stream[field.name] == nil { metadata.set(Self.sanitized(field.name), to: field.value.description) }
        return (record.stream.dropping(names), metadata.build(), Labels(extracted.map { (name: $0.name, value: $0.value) }))
    }

    /// The labels by which samples of the line are counted: as shown, without the level, which would split every count.
    var sampleLabels: Labels {
        if extracted.isEmpty { return record.stream }
        var builder = LabelsBuilder(record.stream)
        for (name, value) in extracted { builder.set(name, to: value) }
        return builder.build()
    }

    /// The same with further labels that the line has as level or field.
    func sampleLabels(with names: Set<String>) -> Labels {
        var labels = sampleLabels
        for name in names where labels[name] == nil && !extracted.contains(where: { $0.name == name }) {
            let value = value(name)
            if !value.isEmpty { labels = labels.setting(name, to: value) }
        }
        return labels
    }

    /// All names that a label can be dropped by.
    var names: [String] { record.stream.pairs.map(\.name) + extracted.map(\.name) + [Self.levelLabel] }

    static func sanitized(_ name: String) -> String {
        if LabelName.isLegacy(name) { return name }
        var clean = String(decoding: name.utf8.map { isWord($0) ? $0 : 0x5F }, as: UTF8.self)
        if clean.first?.isNumber == true { clean = "_" + clean }
        return clean.isEmpty ? "_" : clean
    }
}

extension LogLevel {
    /// Whether a condition on the label `level` or `detected_level` holds. Of a line without a level the first is empty, but may be
    /// asked for by name; the second is `unknown`.
    func satisfies(_ matcher: Matcher) -> Bool {
        guard self == .unknown, matcher.name != LogEntry.levelLabel else { return matcher.matches(name) }
        let isNegative = matcher.op == .notEqual || matcher.op == .notRegex
        return isNegative ? matcher.matches("") && matcher.matches(name) : matcher.matches("") || matcher.matches(name)
    }
}
