import Foundations
import Model

/// Makes a log record of a document's flattened members: its line, its time, its level, its stream's labels and the rest as fields.
struct DocumentRecord {
    let shape: DocumentShape
    let limits: WireLimits
    let receivedAt: NanoTimestamp
    private let reader: TimestampText
    /// Streams made before, by the values that they were made of: documents of one request are of a few streams.
    private var streams: [[String]: Labels] = [:]

    init(_ shape: DocumentShape, limits: WireLimits, receivedAt: NanoTimestamp) {
        self.shape = shape
        self.limits = limits
        self.receivedAt = receivedAt
        reader = TimestampText(now: receivedAt.nanoseconds, zoneOffsetSeconds: 0)
    }

    /// - Parameters:
    ///   - document: the text that stands for the document where no member is its line.
    ///   - defaults: labels that the stream has unless a member says otherwise.
    ///   - timestamp: what came beside the document, and goes before its members.
    mutating func make(
        _ fields: [LogField], document: @autoclosure () -> String, defaults: [(label: String, value: String)] = [], timestamp: NanoTimestamp? = nil
    ) throws(WireError) -> LogRecord {
        var fields = fields
        let facts = try facts(&fields, defaults, timestamp)
        return LogRecord(
            timestamp: facts.timestamp, stream: facts.stream, level: facts.level, body: LineText.body(facts.message ?? document()), fields: fields)
    }

    /// The same as a row of a batch. `document`: the bytes that stand for the document where no member is its line; `fields` are used up.
    mutating func append(
        _ content: inout JSONDocument.Content, document: UnsafeRawBufferPointer, defaults: [(label: String, value: String)], to columns: inout LogColumns
    ) throws(WireError) {
        var original: [UInt8]?
        if content.hasStandIns {
            original = content.firstText(shape.messageNames).map { InvalidBytes.bytes($0) }
            content.repair()
        }
        let facts = try facts(&content.fields, defaults, nil)
        let number = columns.number(of: facts.stream)
        for field in content.fields { columns.add(field) }
        func append(_ bytes: UnsafeRawBufferPointer, isInvalid: Bool) {
            columns.append(
                timestamp: facts.timestamp.nanoseconds, stream: number, level: facts.level, line: LineText.trimmed(bytes), isInvalid: isInvalid)
        }
        guard var message = facts.message else { return append(document, isInvalid: !UTF8Check.isValid(document)) }
        if let original {
            original.withUnsafeBytes { append($0, isInvalid: !UTF8Check.isValid($0)) }
        } else {
            message.withUTF8 { append(UnsafeRawBufferPointer($0), isInvalid: false) }
        }
    }

    /// What a record is made of but its fields, of which those that told something else are taken.
    private struct Facts {
        var timestamp: NanoTimestamp
        var stream: Labels
        var level: LogLevel
        var message: String?
    }

    private mutating func facts(
        _ fields: inout [LogField], _ defaults: [(label: String, value: String)], _ timestamp: NanoTimestamp?
    ) throws(WireError) -> Facts {
        if !shape.ignoredNames.isEmpty { fields.removeAll { shape.ignoredNames.contains($0.name) } }
        let stream = try stream(takingFrom: &fields, defaults)
        var moment = timestamp
        if moment == nil { moment = takeTimestamp(&fields) }
        let message = takeMessage(&fields)
        // Without a line of its own the document is the line, and its members are known already.
        let parsed = message.map { LogLine.parse($0, receivedAt: receivedAt) }
        let level = FieldMeaning.level(fields) ?? parsed?.level ?? .unknown
        if let parsed { Self.add(parsed.fields, to: &fields, limits) }
        FieldMeaning.nameIdentifiers(&fields)
        return Facts(timestamp: moment ?? parsed?.timestamp ?? receivedAt, stream: stream, level: level, message: message)
    }

    private func takeMessage(_ fields: inout [LogField]) -> String? {
        for name in shape.messageNames {
            guard let index = fields.firstIndex(where: { $0.name == name }), case .string(let text) = fields[index].value, !text.isEmpty else { continue }
            fields.remove(at: index)
            return text
        }
        return nil
    }

    private func takeTimestamp(_ fields: inout [LogField]) -> NanoTimestamp? {
        if shape.timeNames.isEmpty {
            guard let (index, moment) = FieldMeaning.timestamp(fields, reader) else { return nil }
            fields.remove(at: index)
            return NanoTimestamp(nanoseconds: moment)
        }
        for name in shape.timeNames {
            guard let index = fields.firstIndex(where: { $0.name == name }), let moment = FieldMeaning.moment(fields[index].value, reader) else { continue }
            fields.remove(at: index)
            return NanoTimestamp(nanoseconds: moment)
        }
        return nil
    }

    /// What the line says and the document doesn't.
    private static func add(_ found: [LogField], to fields: inout [LogField], _ limits: WireLimits) {
        if found.isEmpty { return }
        let known = fields.count
        for field in found {
            guard fields.count < limits.fieldsMax else { return }
            if !fields[..<known].contains(where: { $0.name == field.name }) { fields.append(field) }
        }
    }

    /// The members that become labels are taken from the fields.
    private mutating func stream(
        takingFrom fields: inout [LogField], _ defaults: [(label: String, value: String)]
    ) throws(WireError) -> Labels {
        var pairs = defaults.map { $0 }
        if shape.streamNames.isEmpty {
            Self.takeUsualLabels(&fields, into: &pairs)
        } else {
            for name in shape.streamNames {
                if let value = Self.take([name], &fields) { pairs.append((name, value)) }
            }
        }
        let key = pairs.flatMap { [$0.label, $0.value] }
        if let known = streams[key] { return known }
        var labels = StreamLabels(limits: limits)
        for (label, value) in pairs where !label.isEmpty { try labels.setCutting(label, to: value, offset: 0) }
        let built = labels.build()
        if streams.count < Limits.streamsRememberedMax { streams[key] = built }
        return built
    }

    /// Where a label may come from: which of `DocumentShape.usualLabels` it is, and the place in its list.
    private static let usualNames: [String: (label: Int, rank: Int)] = {
        var names: [String: (label: Int, rank: Int)] = [:]
        for (label, entry) in DocumentShape.usualLabels.enumerated() {
            for (rank, name) in entry.names.enumerated() { names[name] = (label, rank) }
        }
        return names
    }()
    private static let usualNameBytesMax = usualNames.keys.map(\.utf8.count).max() ?? 0

    /// One pass over the fields: of those that a label may come from, the first in its list counts.
    private static func takeUsualLabels(_ fields: inout [LogField], into pairs: inout [(label: String, value: String)]) {
        var best = [(rank: Int, index: Int)?](repeating: nil, count: DocumentShape.usualLabels.count)
        for index in fields.indices where fields[index].name.utf8.count <= usualNameBytesMax {
            guard let found = usualNames[fields[index].name], found.rank < best[found.label]?.rank ?? .max else { continue }
            if case .string("") = fields[index].value { continue }
            best[found.label] = (found.rank, index)
        }
        for (label, place) in best.enumerated() {
            if let place { pairs.append((DocumentShape.usualLabels[label].label, fields[place.index].value.description)) }
        }
        for place in best.compactMap({ $0?.index }).sorted(by: >) { fields.remove(at: place) }
    }

    private static func take(_ names: [String], _ fields: inout [LogField]) -> String? {
        for name in names {
            guard let index = fields.firstIndex(where: { $0.name == name }) else { continue }
            let value = fields[index].value.description
            if value.isEmpty { continue }
            fields.remove(at: index)
            return value
        }
        return nil
    }
}
