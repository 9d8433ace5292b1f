import Foundations
import Model

/// Reads OpenMetrics text of any length in pieces, line by line; memory is bounded.
///
/// Takes what OpenMetrics 1.0 writes, with a time at each sample, in any order; names in quotes as Prometheus 3 writes them; native
/// histograms as `Docs/Formats/openmetrics.md` says. Errors name line and column.
public struct OpenMetricsStream {
    private let times: OpenMetricsTimes
    private let limits: WireLimits
    /// The beginning of a line whose end hasn't come.
    private var rest: [UInt8] = []
    private var line = 1
    /// Bytes before the current line.
    private var offset = 0
    private var hasEnded = false
    private var metadata: [String: Metadata] = [:]
    /// By the text of a series, for those that came lately; `Self.refused` where it isn't taken.
    private var known: [[UInt8]: UInt32] = [:]
    private var lastText: [UInt8] = []
    private var lastNumber = UInt32.max
    private static let refused = UInt32.max

    public init(times: OpenMetricsTimes = .seconds, limits: WireLimits = WireLimits()) {
        self.times = times
        self.limits = limits
    }

    /// Lines that were read.
    public var lineCount: Int { line - 1 }

    /// Reads the next piece. Throws `WireError`, or what the receiver throws.
    public mutating func read(_ piece: UnsafeRawBufferPointer, into receiver: some OpenMetricsReceiver) throws {
        var start = 0
        while let end = piece[start...].firstIndex(of: 0x0A) {
            let part = UnsafeRawBufferPointer(rebasing: piece[start..<end])
            if rest.isEmpty {
                try readLine(part, receiver)
            } else {
                rest.append(contentsOf: part)
                let whole = rest
                rest.removeAll(keepingCapacity: true)
                try whole.withUnsafeBytes { try readLine($0, receiver) }
            }
            start = end + 1
        }
        rest.append(contentsOf: piece[start...])
        guard rest.count <= Limits.openMetricsLineBytesMax else { throw failure(.overLimit, "the line is longer than \(Limits.openMetricsLineBytesMax) bytes", column: 1) }
    }

    /// Reads what is left. Throws where the text has no end, as one that was cut short.
    public mutating func finish(into receiver: some OpenMetricsReceiver) throws {
        if !rest.isEmpty {
            let whole = rest
            rest = []
            try whole.withUnsafeBytes { try readLine($0, receiver) }
        }
        if !hasEnded, case .seconds = times {
            throw failure(.malformed, "the text doesn't end in \"# EOF\": it was cut short, or isn't OpenMetrics", column: 1)
        }
        for (family, value) in metadata { receiver.metadata(family, value) }
    }

    private func failure(_ kind: WireError.Kind, _ what: String, column: Int) -> WireError {
        WireError(kind, "line \(line), column \(column): \(what)", offset: offset + column - 1)
    }

    private mutating func readLine(_ bytes: UnsafeRawBufferPointer, _ receiver: some OpenMetricsReceiver) throws {
        var text = bytes
        if text.last == 0x0D { text = UnsafeRawBufferPointer(rebasing: text.dropLast()) }
        if !text.isEmpty {
            if hasEnded { throw failure(.malformed, "something follows # EOF", column: 1) }
            if text[0] == UInt8(ascii: "#") { try readComment(text) } else { try readSample(text, receiver) }
        }
        line += 1
        offset += bytes.count + 1
    }

    private mutating func readComment(_ text: UnsafeRawBufferPointer) throws(WireError) {
        if text.elementsEqual("# EOF".utf8) {
            hasEnded = true
            return
        }
        try checkUTF8(text)
        var parser = parser(text)
        // The parser adds a line to what it knows of the family.
        swap(&parser.batch.metadata, &metadata)
        defer { swap(&parser.batch.metadata, &metadata) }
        try parser.run()
        if parser.batch.metadata.count > Limits.openMetricsFamiliesMax {
            throw failure(.overLimit, "there are more than \(Limits.openMetricsFamiliesMax) metric families", column: 1)
        }
    }

    private func parser(_ text: UnsafeRawBufferPointer) -> ExpositionParser {
        let isOpenMetrics = if case .seconds = times { true } else { false }
        return ExpositionParser(line: text, isOpenMetrics: isOpenMetrics, line: line, textOffset: offset, limits: limits)
    }

    private func checkUTF8(_ text: UnsafeRawBufferPointer) throws(WireError) {
        guard UTF8Check.isValid(text) else { throw failure(.malformed, "the line is not valid UTF-8", column: 1) }
    }

    /// Most lines are a series that is known, a number and a time; what has more goes the general way.
    private mutating func readSample(_ text: UnsafeRawBufferPointer, _ receiver: some OpenMetricsReceiver) throws {
        guard let end = Self.seriesEnd(text) else { return try readGeneral(text, receiver) }
        let series = UnsafeRawBufferPointer(rebasing: text[..<end])
        var words = SampleWords(text, from: end)
        guard let value = words.next(), value[0] != UInt8(ascii: "{"), let time = words.next(), words.isAtEnd else { return try readGeneral(text, receiver) }
        guard let number = Self.number(value), let timestamp = timestamp(time) else { return try readGeneral(text, receiver) }
        let known = try self.series(series, receiver) { (parser) throws(WireError) in try parser.series() }
        guard known != Self.refused else { return try refuse(series, receiver) }
        try receiver.sample(known, timestamp, number)
    }

    /// Where a series' text ends: behind its braces, or behind its name. Nil where that isn't plain.
    private static func seriesEnd(_ text: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index < text.count, text[index] != 0x20, text[index] != UInt8(ascii: "{") {
            if text[index] == 0x09 { return nil }
            index += 1
        }
        guard index < text.count, text[index] == UInt8(ascii: "{") else { return index < text.count ? index : nil }
        var isQuoted = false
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\\") where isQuoted: index += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "}") where !isQuoted: return index + 1
            default: break
            }
            index += 1
        }
        return nil
    }

    private mutating func series(
        _ text: UnsafeRawBufferPointer, _ receiver: some OpenMetricsReceiver, _ parse: (inout ExpositionParser) throws(WireError) -> Labels
    ) throws -> UInt32 {
        if lastText.count == text.count, lastText.elementsEqual(text) { return lastNumber }
        let key = Array(text)
        var number = known[key]
        if number == nil {
            try checkUTF8(text)
            var parser = parser(text)
            number = try receiver.series(try parse(&parser)) ?? Self.refused
            if known.count >= Limits.openMetricsKnownSeriesMax { known.removeAll(keepingCapacity: true) }
            known[key] = number
        }
        (lastText, lastNumber) = (key, number ?? Self.refused)
        return lastNumber
    }

    private func refuse(_ text: UnsafeRawBufferPointer, _ receiver: some OpenMetricsReceiver) throws {
        var parser = parser(text)
        receiver.refused(try parser.series())
    }

    /// Exemplars, native histograms, unusual blanks, and everything that is wrong.
    private mutating func readGeneral(_ text: UnsafeRawBufferPointer, _ receiver: some OpenMetricsReceiver) throws {
        try checkUTF8(text)
        var parser = parser(text)
        let sample = try parser.sampleLine()
        guard let number = try receiver.series(sample.labels) else { return receiver.refused(sample.labels) }
        switch sample.value {
        case .number(let value): try receiver.sample(number, sample.timestamp, value)
        case .histogram(let histogram, let isInteger):
            try receiver.histogram(number, HistogramSample(timestamp: sample.timestamp, histogram: histogram, isInteger: isInteger))
        }
        if let exemplar = sample.exemplar { try receiver.exemplar(number, exemplar) }
    }

    /// A plain decimal number, or nil for the general way.
    private static func number(_ word: UnsafeRawBufferPointer) -> Double? {
        var whole: Int64 = 0
        if word.count <= 15, word.allSatisfy({ $0 &- 0x30 < 10 }) {
            for byte in word { whole = whole * 10 + Int64(byte - 0x30) }
            return Double(whole)
        }
        guard word.allSatisfy({ $0 &- 0x30 < 10 || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) }) else { return nil }
        return Double(String(decoding: word, as: UTF8.self))
    }

    /// Milliseconds; nil where it isn't plain.
    private func timestamp(_ word: UnsafeRawBufferPointer) -> Int64? {
        var digits: Int64 = 0
        var fraction = -1
        guard word.count <= 17 else { return nil }
        for byte in word {
            if byte == UInt8(ascii: "."), fraction < 0 {
                fraction = 0
            } else {
                guard byte &- 0x30 < 10, fraction < 3 else { return nil }
                digits = digits * 10 + Int64(byte - 0x30)
                if fraction >= 0 { fraction += 1 }
            }
        }
        guard word[0] != UInt8(ascii: "."), fraction != 0 else { return nil }
        switch times {
        case .milliseconds: return fraction < 0 ? digits : nil
        case .seconds:
            for _ in max(0, fraction)..<3 { digits *= 10 }
            return digits
        }
    }
}

/// The words of a line, between single or more blanks.
private struct SampleWords {
    private let text: UnsafeRawBufferPointer
    private var index: Int

    init(_ text: UnsafeRawBufferPointer, from index: Int) {
        self.text = text
        self.index = index
    }

    var isAtEnd: Bool { index >= text.count }

    /// Never empty.
    mutating func next() -> UnsafeRawBufferPointer? {
        guard index < text.count, text[index] == 0x20 else { return nil }
        while index < text.count, text[index] == 0x20 { index += 1 }
        let start = index
        while index < text.count, text[index] != 0x20 { index += 1 }
        return start < index ? UnsafeRawBufferPointer(rebasing: text[start..<index]) : nil
    }
}
