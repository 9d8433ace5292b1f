import Foundations
import Model

/// A field that lines have.
public struct DetectedField: Sendable {
    /// As a query names it.
    public var name: String
    /// string, int, float, boolean, duration or bytes.
    public var type: String
    public var values: Set<String>
    /// What a query needs in front of it: json or logfmt; none where the store knows the field.
    public var parsers: Set<String>
    /// The names under which it stands in JSON.
    public var path: [String]
}

extension LogEngine {
    /// The fields of the newest `lineLimit` lines that a query finds, in order of name; at most `limit` of them.
    public func detectedFields(_ text: String, start: NanoTimestamp, end: NanoTimestamp, lineLimit: Int, limit: Int) async throws -> [DetectedField] {
        let selector = try await narrowed(try Self.selector(try Parser.parse(text)), start, end)
        let source = QuerySource(reader: reader, meter: ScanMeter(clock: clock, options: options))
        var fields = FieldCollection()
        let request = LogRequest(query: text, start: start, end: end, limit: lineLimit, direction: .newestFirst)
        for entry in try await entries(selector, request, source) { fields.add(entry) }
        return Array(fields.sorted.prefix(limit))
    }
}

/// Gathers fields from lines.
private struct FieldCollection {
    private var fields: [String: DetectedField] = [:]

    var sorted: [DetectedField] { fields.values.sorted { $0.name < $1.name } }

    mutating func add(_ entry: LogEntry) {
        let (_, _, parsed) = entry.categorizedLabels
        for field in entry.record.fields { add(LogEntry.sanitized(field.name), field.value.description, parser: nil, path: field.name.split(separator: ".").map(String.init)) }
        for (name, value) in parsed.pairs where !name.hasPrefix("__") { add(name, value, parser: nil, path: []) }
        if !entry.record.fields.isEmpty || !parsed.isEmpty { return }
        // The store knows none of the line's fields: a parser may.
        var copy = LogEntry(LogRecord(timestamp: entry.record.timestamp, stream: Labels(), body: entry.line))
        if entry.line.hasPrefix("{") {
            JSONStage.run(&copy)
            if !copy.hasError { for (name, value) in copy.extracted { add(name, value, parser: "json", path: [name]) } }
        } else if entry.line.utf8.contains(UInt8(ascii: "=")) {
            LogfmtStage.run(&copy, [], isStrict: true, keepsEmpty: false)
            if !copy.hasError { for (name, value) in copy.extracted { add(name, value, parser: "logfmt", path: []) } }
        }
    }

    private mutating func add(_ name: String, _ value: String, parser: String?, path: [String]) {
        guard !value.isEmpty else { return }
        if fields[name] == nil {
            guard fields.count < Limits.detectedFieldsMax else { return }
            fields[name] = DetectedField(name: name, type: Self.type(of: value), values: [], parsers: [], path: path)
        }
        if fields[name]!.values.count < Limits.detectedValuesMax { fields[name]!.values.insert(value) }
        if let parser { fields[name]!.parsers.insert(parser) }
    }

    private static func type(of value: String) -> String {
        if Int64(value) != nil { return "int" }
        if Double(value) != nil { return "float" }
        if value == "true" || value == "false" { return "boolean" }
        if Quantity.durationMilliseconds(value) != nil { return "duration" }
        return Quantity.bytes(value) != nil ? "bytes" : "string"
    }
}
