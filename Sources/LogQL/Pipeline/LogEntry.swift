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
        if name == "level" || name == Self.levelLabel { return record.level == .unknown ? "" : record.level.name }
        return record.field(name)?.description ?? ""
    }

    mutating func set(_ name: String, to value: String) {
        if let index = extracted.firstIndex(where: { $0.name == name }) {
            extracted[index].value = value
        } else if extracted.count < Limits.extractedLabelsMax {
            extracted.append((name, value))
        }
    }

    mutating func fail(_ error: String, _ details: String) {
        set(Self.errorLabel, to: error)
        set(Self.errorDetailsLabel, to: details)
    }

    /// Sets a label that a parser found. Where the stream has one of the name, `_extracted` is added to it, as in Loki.
    mutating func extract(_ name: String, _ value: String) {
        let clean = Self.sanitized(name)
        set(record.stream[clean] == nil ? clean : clean + "_extracted", to: value)
    }

    /// The labels under which the line is shown: the stream's, what stages set, and the level.
    var labels: Labels {
        var builder = LabelsBuilder(record.stream)
        if record.level != .unknown { builder.set(Self.levelLabel, to: record.level.name) }
        for (name, value) in extracted { builder.set(name, to: value) }
        return builder.build()
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
    var names: [String] { record.stream.pairs.map(\.name) + extracted.map(\.name) }

    private static func sanitized(_ name: String) -> String {
        if LabelName.isLegacy(name) { return name }
        var clean = String(decoding: name.utf8.map { byte in
            let isWord = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || (byte >= 0x30 && byte <= 0x39) || byte == 0x5F
            return isWord ? byte : 0x5F
        }, as: UTF8.self)
        if clean.first?.isNumber == true { clean = "_" + clean }
        return clean.isEmpty ? "_" : clean
    }
}
