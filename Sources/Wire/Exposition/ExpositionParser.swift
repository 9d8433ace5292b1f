import Foundations
import Model

/// One pass over a text, line by line.
struct ExpositionParser {
    private let text: UnsafeRawBufferPointer
    private let limits: WireLimits
    private let defaultTimestamp: Int64
    private let isOpenMetrics: Bool
    var batch = MetricBatch()
    var cursor: LineCursor
    private var line: Int
    /// Where the line begins in `text`, and `text` in the whole of it.
    private var lineStart = 0
    private let textOffset: Int

    /// One line of a longer text, or a few: `line` is the first one's number and `textOffset` where it begins.
    init(line text: UnsafeRawBufferPointer, isOpenMetrics: Bool, line: Int, textOffset: Int, limits: WireLimits) {
        self.text = text
        defaultTimestamp = Self.noTime
        self.limits = limits
        self.isOpenMetrics = isOpenMetrics
        self.line = line
        self.textOffset = textOffset
        cursor = LineCursor(text)
    }

    /// The time of samples that have none, where lines are read on their own.
    static let noTime = Int64.min

    init(_ text: UnsafeRawBufferPointer, defaultTimestamp: Int64, limits: WireLimits) {
        self.text = text
        line = 1
        textOffset = 0
        self.defaultTimestamp = defaultTimestamp
        self.limits = limits
        cursor = LineCursor(text)
        var end = text.count
        while end > 0, text[end - 1] == 0x0A || text[end - 1] == 0x0D { end -= 1 }
        isOpenMetrics = text[..<end].suffix(5).elementsEqual("# EOF".utf8)
    }

    mutating func run() throws(WireError) {
        while !cursor.isAtEnd {
            skipBlanks()
            if cursor.take(UInt8(ascii: "#")) {
                try comment()
            } else if !isAtLineEnd {
                try sample()
            }
            skipBlanks()
            guard isAtLineEnd else { throw error("something follows the sample") }
            _ = cursor.take(0x0D)
            _ = cursor.take(0x0A)
            line += 1
            lineStart = cursor.index
        }
    }

    func error(_ what: String) -> WireError { WireError(place + what, offset: textOffset + cursor.index) }

    private var place: String { "line \(line), column \(cursor.index - lineStart + 1): " }

    var isAtLineEnd: Bool { cursor.isAtEnd || cursor.current == 0x0A || (cursor.current == 0x0D && cursor.peek(1) == 0x0A) }

    mutating func skipBlanks() { while cursor.takeAny(0x20, 0x09) {} }

    /// Up to a blank or the line's end.
    private mutating func word() -> String {
        let start = cursor.index
        while !isAtLineEnd, cursor.current != 0x20, cursor.current != 0x09 { cursor.index += 1 }
        return String(decoding: text[start..<cursor.index], as: UTF8.self)
    }

    /// `# HELP name text`, `# TYPE name kind`, `# UNIT name unit`; anything else is passed over.
    private mutating func comment() throws(WireError) {
        skipBlanks()
        let keyword = word()
        skipBlanks()
        guard keyword == "HELP" || keyword == "TYPE" || keyword == "UNIT" else { return skipLine() }
        let family = cursor.current == UInt8(ascii: "\"") ? try quotedText("the name of a metric family") : word()
        guard !family.isEmpty else { throw error("# \(keyword) without the name of a metric family") }
        skipBlanks()
        var metadata = batch.metadata[family] ?? Metadata()
        switch keyword {
        case "HELP": metadata.help = help()
        case "UNIT": metadata.unit = word()
        default:
            let kind = word()
            guard let known = Metadata.Kind(rawValue: kind == "untyped" ? "unknown" : kind) else { throw error("\(quoted(kind)) is not a type of metric") }
            metadata.kind = known
        }
        batch.metadata[family] = metadata
    }

    private mutating func skipLine() { while !isAtLineEnd { cursor.index += 1 } }

    /// The rest of the line, with `\\`, `\n` and `\"` undone.
    private mutating func help() -> String {
        var result: [UInt8] = []
        while !isAtLineEnd {
            var byte = cursor.current
            cursor.index += 1
            if byte == UInt8(ascii: "\\"), !isAtLineEnd {
                let escaped = cursor.current
                switch escaped {
                case UInt8(ascii: "n"): byte = 0x0A
                case UInt8(ascii: "\\"), UInt8(ascii: "\""): byte = escaped
                default: cursor.index -= 1
                }
                cursor.index += 1
            }
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// `name{label="value"} value [time] [# {label="value"} value [time]]`
    private mutating func sample() throws(WireError) {
        guard batch.entries.count < limits.seriesMax else {
            throw WireError(.overLimit, "the text has more than \(limits.seriesMax) samples", offset: cursor.index)
        }
        var entry = MetricBatch.Entry(labels: try seriesLabels())
        let value = try number("value")
        let timestamp = try time() ?? defaultTimestamp
        entry.samples.append(Sample(timestamp: timestamp, value: value))
        skipBlanks()
        if isOpenMetrics, cursor.take(UInt8(ascii: "#")) { entry.exemplars.append(try exemplar(sampleTime: timestamp)) }
        batch.entries.append(entry)
    }

    /// Whether the brace here begins a native histogram: a word and a colon, which no label has.
    var isAtComposite: Bool {
        guard isOpenMetrics, cursor.current == UInt8(ascii: "{") else { return false }
        var distance = 1
        while LineCursor.isLetter(cursor.peek(distance)) || cursor.peek(distance) == 0x5F { distance += 1 }
        return distance > 1 && cursor.peek(distance) == 0x3A
    }

    /// The labels of the series that begins here.
    mutating func seriesLabels() throws(WireError) -> Labels {
        var pairs: [(name: String, value: String)] = []
        let name = nameWord()
        if !name.isEmpty { pairs.append((LabelName.metricName, name)) }
        skipBlanks()
        if !isAtComposite, cursor.take(UInt8(ascii: "{")) { try labels(into: &pairs, allowsName: name.isEmpty) }
        guard pairs.contains(where: { $0.name == LabelName.metricName }) else { throw error("a sample without a metric name") }
        return try canonical(pairs)
    }

    /// A name that needs no quotes; empty where none begins here.
    mutating func nameWord() -> String {
        let start = cursor.index
        if LineCursor.isDigit(cursor.current) { return "" }
        while LineCursor.isLetter(cursor.current) || LineCursor.isDigit(cursor.current) || cursor.current == 0x5F || cursor.current == 0x3A {
            cursor.index += 1
        }
        return String(decoding: text[start..<cursor.index], as: UTF8.self)
    }

    /// Behind the opening brace. A quoted text that is no label's name is the metric's, once, where it may be.
    private mutating func labels(into pairs: inout [(name: String, value: String)], allowsName: Bool) throws(WireError) {
        skipBlanks()
        while !cursor.take(UInt8(ascii: "}")) {
            let isQuoted = cursor.current == UInt8(ascii: "\"")
            let name = isQuoted ? try quotedText("a label name") : nameWord()
            skipBlanks()
            if cursor.take(UInt8(ascii: "=")) {
                guard !name.isEmpty else { throw error("a label without a name") }
                skipBlanks()
                pairs.append((name, try quotedText("the value of the label \(quoted(name))")))
            } else if isQuoted, allowsName, !pairs.contains(where: { $0.name == LabelName.metricName }) {
                pairs.append((LabelName.metricName, name))
            } else {
                throw error(name.isEmpty ? "a label's name belongs here" : "= belongs behind the label \(quoted(name))")
            }
            skipBlanks()
            if cursor.take(UInt8(ascii: ",")) {
                skipBlanks()
            } else if cursor.current != UInt8(ascii: "}") {
                throw error("a comma or } belongs behind a label")
            }
        }
    }

    private mutating func quotedText(_ what: String) throws(WireError) -> String {
        guard cursor.take(UInt8(ascii: "\"")) else { throw error("\(what) isn't in quotes") }
        var result: [UInt8] = []
        while !isAtLineEnd {
            let byte = cursor.current
            cursor.index += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: result, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\"), !isAtLineEnd else {
                result.append(byte)
                continue
            }
            switch cursor.current {
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "\\"), UInt8(ascii: "\""): result.append(cursor.current)
            // Other escapes stand for themselves, backslash and all.
            case let other: result.append(contentsOf: [byte, other])
            }
            cursor.index += 1
        }
        throw error("\(what) doesn't end with a quote")
    }

    private func canonical(_ pairs: [(name: String, value: String)]) throws(WireError) -> Labels {
        guard pairs.count <= limits.labelsMax else { throw overLimit("a sample has more than \(limits.labelsMax) labels") }
        var seen = Set<[UInt8]>()
        for (name, value) in pairs {
            guard name.utf8.count <= limits.labelNameBytesMax else { throw overLimit("a label name is longer than \(limits.labelNameBytesMax) bytes") }
            guard value.utf8.count <= limits.labelValueBytesMax else {
                throw overLimit("the label \(quoted(name)) is longer than \(limits.labelValueBytesMax) bytes")
            }
            guard seen.insert(Array(name.utf8)).inserted else { throw error("the label \(quoted(name)) stands twice") }
        }
        return Labels(pairs)
    }

    private func overLimit(_ what: String) -> WireError { WireError(.overLimit, place + what, offset: textOffset + cursor.index) }

    mutating func number(_ what: String) throws(WireError) -> Double {
        skipBlanks()
        let text = word()
        switch text.lowercased() {
        case "+inf", "inf", "+infinity", "infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        case "nan", "+nan", "-nan": return StaleMarker.ordinaryNaN
        default:
            guard let value = Double(text) else { throw error("the \(what) \(quoted(String(text.prefix(64)))) is not a number") }
            return value
        }
    }

    /// Milliseconds; nil where no time stands here.
    mutating func time() throws(WireError) -> Int64? {
        skipBlanks()
        if isAtLineEnd || cursor.current == UInt8(ascii: "#") { return nil }
        if isOpenMetrics {
            let seconds = try number("time")
            guard let milliseconds = Int64(exactly: (seconds * 1000).rounded()) else { throw error("a time out of range") }
            return milliseconds
        }
        let text = word()
        guard let milliseconds = Int64(text) else { throw error("the time \(quoted(String(text.prefix(64)))) is not in whole milliseconds") }
        return milliseconds
    }

    mutating func exemplar(sampleTime: Int64) throws(WireError) -> Exemplar {
        skipBlanks()
        guard cursor.take(UInt8(ascii: "{")) else { throw error("an exemplar's labels belong behind #") }
        var pairs: [(name: String, value: String)] = []
        try labels(into: &pairs, allowsName: false)
        let labels = try canonical(pairs)
        let value = try number("exemplar's value")
        return Exemplar(labels: labels, sample: Sample(timestamp: try time() ?? sampleTime, value: value))
    }
}
