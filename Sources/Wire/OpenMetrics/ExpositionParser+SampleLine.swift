import Foundations
import Model

/// A line of OpenMetrics that has a sample.
struct OpenMetricsSample {
    enum Value {
        case number(Double)
        case histogram(FloatHistogram, isInteger: Bool)
    }

    var labels: Labels
    var value: Value
    var timestamp: Int64
    var exemplar: Exemplar?
}

extension ExpositionParser {
    /// A series alone, and nothing behind it.
    mutating func series() throws(WireError) -> Labels {
        let labels = try seriesLabels()
        skipBlanks()
        guard isAtLineEnd else { throw error("something follows the series") }
        return labels
    }

    /// A series, its value, its time and perhaps an exemplar. A NaN whose bits an exemplar tells (`OpenMetricsNaN`) has them.
    mutating func sampleLine() throws(WireError) -> OpenMetricsSample {
        let labels = try seriesLabels()
        skipBlanks()
        var value: OpenMetricsSample.Value
        if cursor.current == UInt8(ascii: "{") {
            let (histogram, isInteger) = try compositeHistogram()
            value = .histogram(histogram, isInteger: isInteger)
        } else {
            skipBlanks()
            let isStale = cursor.bytes[cursor.index...].starts(with: OpenMetricsNaN.staleMarker.utf8)
            let number = try number("value")
            value = .number(isStale && number.isNaN ? StaleMarker.value : number)
        }
        guard let timestamp = try time() else { throw error("a time belongs behind the value: samples without one can't be imported") }
        var exemplar: Exemplar?
        skipBlanks()
        if cursor.take(UInt8(ascii: "#")) { exemplar = try self.exemplar(sampleTime: timestamp) }
        skipBlanks()
        guard isAtLineEnd else { throw error("something follows the sample") }
        if let told = exemplar, case .number(let number) = value, number.isNaN, let bits = OpenMetricsNaN.bits(told.labels) {
            value = .number(Double(bitPattern: bits))
            exemplar = nil
        }
        return OpenMetricsSample(labels: labels, value: value, timestamp: timestamp, exemplar: exemplar)
    }

    /// `{count:12,sum:3.5,schema:3,…}`: OpenMetrics' composite value of a native histogram, with our own members.
    private mutating func compositeHistogram() throws(WireError) -> (FloatHistogram, isInteger: Bool) {
        _ = cursor.take(UInt8(ascii: "{"))
        var histogram = FloatHistogram()
        var isInteger = false
        var seen: Set<String> = []
        while true {
            let name = memberWord()
            guard cursor.take(UInt8(ascii: ":")) else { throw error("a colon belongs behind \(quoted(name)) in a histogram") }
            guard seen.insert(name).inserted else { throw error("\(quoted(name)) stands twice in a histogram") }
            switch name {
            case "count": histogram.count = try member()
            case "sum": histogram.sum = try member()
            case "schema": histogram.schema = try whole("schema")
            case "zero_threshold": histogram.zeroThreshold = try member()
            case "zero_count": histogram.zeroCount = try member()
            case "positive_spans": histogram.positiveSpans = try spans()
            case "negative_spans": histogram.negativeSpans = try spans()
            case "positive_buckets": histogram.positiveBuckets = try list()
            case "negative_buckets": histogram.negativeBuckets = try list()
            case "custom_values": histogram.customValues = try list()
            case "counter_reset": histogram.counterReset = try counterReset()
            case "integer": isInteger = memberWord() == "true"
            default: throw error("a histogram has no member \(quoted(name))")
            }
            if cursor.take(UInt8(ascii: "}")) { break }
            guard cursor.take(UInt8(ascii: ",")) else { throw error("a comma or } belongs behind a histogram's member") }
        }
        guard seen.contains("count"), seen.contains("sum") else { throw error("a histogram needs count and sum") }
        return (histogram, isInteger)
    }

    /// Up to what ends a member or an item of a list.
    private mutating func memberWord() -> String {
        let start = cursor.index
        while !isAtLineEnd, ![UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ":")].contains(cursor.current) { cursor.index += 1 }
        return String(decoding: cursor.bytes[start..<cursor.index], as: UTF8.self)
    }

    private mutating func member() throws(WireError) -> Double {
        let text = memberWord()
        guard let value = OpenMetricsNaN.parse(text) ?? Double(text) else { throw error("\(quoted(String(text.prefix(64)))) in a histogram is not a number") }
        return value
    }

    private mutating func whole<Integer: FixedWidthInteger>(_ what: String) throws(WireError) -> Integer {
        let text = memberWord()
        guard let value = Integer(text) else { throw error("the \(what) \(quoted(String(text.prefix(64)))) is not a whole number in its range") }
        return value
    }

    private mutating func counterReset() throws(WireError) -> FloatHistogram.CounterReset {
        let text = memberWord()
        guard let value = OpenMetricsWriter.counterResets.firstIndex(of: text).flatMap({ FloatHistogram.CounterReset(rawValue: UInt8($0)) }) else {
            throw error("\(quoted(String(text.prefix(64)))) is no counter reset: \(OpenMetricsWriter.counterResets.joined(separator: ", "))")
        }
        return value
    }

    private mutating func items(_ item: (inout Self) throws(WireError) -> Void) throws(WireError) {
        guard cursor.take(UInt8(ascii: "[")) else { throw error("a list of a histogram begins with [") }
        if cursor.take(UInt8(ascii: "]")) { return }
        repeat { try item(&self) } while cursor.take(UInt8(ascii: ","))
        guard cursor.take(UInt8(ascii: "]")) else { throw error("a list of a histogram ends with ]") }
    }

    private mutating func list() throws(WireError) -> [Double] {
        var values: [Double] = []
        try items { (parser) throws(WireError) in values.append(try parser.member()) }
        return values
    }

    private mutating func spans() throws(WireError) -> [FloatHistogram.Span] {
        var spans: [FloatHistogram.Span] = []
        try items { (parser) throws(WireError) in
            let offset: Int32 = try parser.whole("offset of a span")
            guard parser.cursor.take(UInt8(ascii: ":")) else { throw parser.error("a colon belongs behind the offset of a span") }
            spans.append(.init(offset: offset, length: try parser.whole("length of a span")))
        }
        return spans
    }
}
