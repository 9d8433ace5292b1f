import Foundations
import Model
import Testing

@testable import Wire

let receivedAt = NanoTimestamp(nanoseconds: 1_714_567_000_000_000_000)  // 2024-05-01 12:36:40 UTC

extension [UInt8] {
    /// Bytes of hexadecimal digits; blanks between them are for the reader.
    init(hexadecimal text: String) {
        let digits = text.filter { !$0.isWhitespace }
        self = stride(from: 0, to: digits.count, by: 2).map { place in
            let start = digits.index(digits.startIndex, offsetBy: place)
            return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)!
        }
    }

    /// Series by series; the columns of the same body must say the same, and be refused where it is.
    func decodeRemoteWrite(_ version: RemoteWrite.Version, limits: WireLimits = WireLimits()) throws -> MetricBatch {
        var columns: MetricColumns?
        var failure: (any Error)?
        do { columns = try withUnsafeBytes { try RemoteWrite.decodeColumns($0, version: version, limits: limits) } } catch { failure = error }
        do {
            let batch = try withUnsafeBytes { try RemoteWrite.decode($0, version: version, limits: limits) }
            expectEqual(columns, MetricColumns(batch))
            return batch
        } catch {
            #expect(failure is WireError && columns == nil)
            throw error
        }
    }

    func decodeOTLP(limits: WireLimits = WireLimits()) throws -> [LogRecord] {
        try withUnsafeBytes { try OTLPLogs.decode(protobuf: $0, limits: limits, receivedAt: receivedAt) }
    }

    func decodeOTLPJSON(limits: WireLimits = WireLimits()) throws -> [LogRecord] {
        try withUnsafeBytes { try OTLPLogs.decode(json: $0, limits: limits, receivedAt: receivedAt) }
    }

    func decodeLoki(limits: WireLimits = WireLimits()) throws -> [LogRecord] {
        try withUnsafeBytes { try LokiPush.decode(protobuf: $0, limits: limits, receivedAt: receivedAt) }
    }

    func decodeLokiJSON(limits: WireLimits = WireLimits()) throws -> [LogRecord] {
        try withUnsafeBytes { try LokiPush.decode(json: $0, limits: limits, receivedAt: receivedAt) }
    }

    func parseExposition(limits: WireLimits = WireLimits()) throws -> MetricBatch {
        try withUnsafeBytes { try Exposition.parse($0, defaultTimestamp: Timestamp(milliseconds: 7), limits: limits) }
    }
}

func expectEqual(_ left: MetricColumns?, _ right: MetricColumns, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(left?.labelBytes == right.labelBytes, sourceLocation: sourceLocation)
    #expect(left?.ends.map(\.labels) == right.ends.map(\.labels), sourceLocation: sourceLocation)
    #expect(left?.ends.map(\.samples) == right.ends.map(\.samples), sourceLocation: sourceLocation)
    #expect(left?.timestamps == right.timestamps, sourceLocation: sourceLocation)
    #expect(left?.values == right.values, sourceLocation: sourceLocation)
    #expect(left?.histograms.map(\.series) == right.histograms.map(\.series), sourceLocation: sourceLocation)
    #expect(left?.histograms.map(\.sample) == right.histograms.map(\.sample), sourceLocation: sourceLocation)
    #expect(left?.exemplars.map(\.series) == right.exemplars.map(\.series), sourceLocation: sourceLocation)
    #expect(left?.exemplars.map(\.exemplar) == right.exemplars.map(\.exemplar), sourceLocation: sourceLocation)
    #expect(left?.metadata == right.metadata, sourceLocation: sourceLocation)
}

func message(_ body: (inout ProtobufWriter) -> Void) -> [UInt8] {
    var writer = ProtobufWriter()
    body(&writer)
    return writer.bytes
}

func expectEqual(_ left: MetricBatch, _ right: MetricBatch, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(left.entries.count == right.entries.count, sourceLocation: sourceLocation)
    for (one, other) in zip(left.entries, right.entries) {
        #expect(one.labels == other.labels, sourceLocation: sourceLocation)
        #expect(one.samples == other.samples, sourceLocation: sourceLocation)
        #expect(one.histograms == other.histograms, sourceLocation: sourceLocation)
        #expect(one.exemplars == other.exemplars, sourceLocation: sourceLocation)
    }
    #expect(left.metadata == right.metadata, sourceLocation: sourceLocation)
}

/// Runs `decode` over every prefix and over many changed copies of `bytes`: whatever it answers, it must answer.
func attack(_ bytes: [UInt8], seed: UInt64, rounds: Int = 3000, _ decode: ([UInt8]) throws -> Void) {
    for count in bytes.indices { try? decode(Array(bytes[..<count])) }
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<rounds {
        var changed = bytes
        for _ in 0..<Int.random(in: 1...5, using: &generator) {
            let place = Int.random(in: changed.indices, using: &generator)
            switch UInt8.random(in: 0..<4, using: &generator) {
            case 0: changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: changed[place] = .random(in: 0...255, using: &generator)
            case 2 where changed.count > 1: changed.remove(at: place)
            default: changed.insert(.random(in: 0...255, using: &generator), at: place)
            }
        }
        try? decode(changed)
    }
}

/// Random models for round trips.
struct Sampler {
    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }

    mutating func text(_ counts: ClosedRange<Int>) -> String {
        let alphabet: [Character] = ["a", "b", "Z", "0", "_", " ", "\"", "\\", "é", "日", "🙂", "\t"]
        return String((0..<number(counts)).map { _ in alphabet[number(0...alphabet.count - 1)] })
    }

    mutating func double() -> Double {
        switch number(0...5) {
        case 0: 0
        case 1: -0.0
        case 2: StaleMarker.value
        case 3: .infinity
        case 4: Double(number(-1000...1000))
        default: Double(bitPattern: .random(in: 0...UInt64.max, using: &generator))
        }
    }

    mutating func labels(_ name: String? = nil) -> Labels {
        var builder = LabelsBuilder()
        for _ in 0..<number(0...6) { builder.set("l\(number(0...40))", to: text(0...200)) }
        if let name { builder.set(LabelName.metricName, to: name) }
        return builder.build()
    }

    mutating func spans() -> (spans: [FloatHistogram.Span], count: Int) {
        let spans = (0..<number(0...3)).map { index in
            FloatHistogram.Span(offset: Int32(index == 0 ? number(-50...50) : number(0...9)), length: UInt32(number(0...4)))
        }
        return (spans, spans.reduce(0) { $0 + Int($1.length) })
    }

    mutating func histogram() -> HistogramSample {
        let isInteger = number(0...1) == 0
        let (positive, negative) = (spans(), spans())
        var histogram = FloatHistogram(schema: Int32(number(-4...8)), counterReset: .init(rawValue: UInt8(number(0...3)))!, zeroThreshold: 0.001)
        histogram.positiveSpans = positive.spans
        histogram.negativeSpans = negative.spans
        histogram.positiveBuckets = (0..<positive.count).map { _ in Double(number(0...1000)) + (isInteger ? 0 : 0.5) }
        histogram.negativeBuckets = (0..<negative.count).map { _ in Double(number(0...1000)) + (isInteger ? 0 : 0.25) }
        histogram.zeroCount = Double(number(0...9))
        histogram.count = (histogram.positiveBuckets + histogram.negativeBuckets).reduce(histogram.zeroCount, +)
        histogram.sum = Double(number(-9...9)) / 2
        return HistogramSample(timestamp: Int64(number(0...1_000_000)), histogram: histogram, isInteger: isInteger)
    }

    mutating func batch() -> MetricBatch {
        var batch = MetricBatch()
        for _ in 0..<number(0...20) {
            let name = "metric_\(number(0...5))"
            var entry = MetricBatch.Entry(labels: labels(name))
            for _ in 0..<number(0...3) { entry.samples.append(Sample(timestamp: Int64(number(-5...1_000_000_000_000)), value: double())) }
            for _ in 0..<number(0...2) { entry.histograms.append(histogram()) }
            for _ in 0..<number(0...2) { entry.exemplars.append(Exemplar(labels: labels(), sample: Sample(timestamp: 5, value: 1.5))) }
            batch.entries.append(entry)
            if number(0...1) == 0 { batch.metadata[name] = Metadata(kind: .counter, help: "h" + text(0...40), unit: "seconds") }
        }
        return batch
    }

    mutating func record() -> LogRecord {
        var record = LogRecord(
            timestamp: NanoTimestamp(nanoseconds: Int64(number(1...Int(Int64.max)))), stream: labels("x").dropping([LabelName.metricName]),
            level: LogLevel.allCases[number(0...6)], body: text(0...300))
        for index in 0..<number(0...6) {
            switch number(0...5) {
            case 0: record.fields.append(LogField("f\(index)", .string(text(0...30))))
            case 1: record.fields.append(LogField("f\(index)", .integer(Int64(number(Int.min...Int.max)))))
            case 2: record.fields.append(LogField("f\(index)", .double(Double(number(-9...9)) / 4)))
            case 3: record.fields.append(LogField("f\(index)", .bool(number(0...1) == 0)))
            case 4: record.fields.append(LogField("trace_id", "0123456789abcdef0123456789abcdef"))
            default: record.fields.append(LogField("span_id", "00112233aabbccdd"))
            }
        }
        return record
    }
}
