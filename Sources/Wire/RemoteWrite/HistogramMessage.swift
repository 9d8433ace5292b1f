import Model

/// The native histogram, which both versions of remote write spell alike.
///
/// Histogram { count = 1 int or 2 float, sum = 3, schema = 4, zero_threshold = 5, zero_count = 6 int or 7 float, negative spans 8,
/// deltas 9, counts 10, positive spans 11, deltas 12, counts 13, reset_hint = 14, timestamp = 15, custom_values = 16 }
enum HistogramMessage {
    /// What is on the wire, before it is made into a histogram that can't be wrong.
    private struct Fields {
        var histogram = FloatHistogram()
        var timestamp: Int64 = 0
        var isInteger = true
        var negativeDeltas: [Int64] = []
        var positiveDeltas: [Int64] = []
    }

    /// `series` names the series in errors.
    static func decode(_ message: ProtobufReader, series: () -> String) throws(WireError) -> HistogramSample {
        var fields = try read(message)
        do throws(Problem) {
            if fields.isInteger {
                guard fields.histogram.positiveBuckets.isEmpty, fields.histogram.negativeBuckets.isEmpty else {
                    throw Problem("an integer histogram with float buckets")
                }
                fields.histogram.positiveBuckets = try absolute(fields.positiveDeltas)
                fields.histogram.negativeBuckets = try absolute(fields.negativeDeltas)
            } else if !fields.positiveDeltas.isEmpty || !fields.negativeDeltas.isEmpty {
                throw Problem("a float histogram with integer buckets")
            }
            try check(fields.histogram, isInteger: fields.isInteger)
        } catch {
            throw WireError("\(series()) has \(error.what)", offset: message.offset)
        }
        return HistogramSample(timestamp: fields.timestamp, histogram: fields.histogram, isInteger: fields.isInteger)
    }

    private static func read(_ message: ProtobufReader) throws(WireError) -> Fields {
        var reader = message
        var fields = Fields()
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: (fields.histogram.count, fields.isInteger) = (Double(try reader.varint(tag)), true)
            case 2: (fields.histogram.count, fields.isInteger) = (try reader.double(tag), false)
            case 3: fields.histogram.sum = try reader.double(tag)
            case 4: fields.histogram.schema = Int32(truncatingIfNeeded: try reader.zigzag(tag))
            case 5: fields.histogram.zeroThreshold = try reader.double(tag)
            case 6: fields.histogram.zeroCount = Double(try reader.varint(tag))
            case 7: fields.histogram.zeroCount = try reader.double(tag)
            case 8: fields.histogram.negativeSpans.append(try span(reader.message(tag)))
            case 9: try reader.appendRepeated(tag, as: .varint, to: &fields.negativeDeltas, delta)
            case 10: try reader.appendRepeated(tag, as: .fixed64, to: &fields.histogram.negativeBuckets, double)
            case 11: fields.histogram.positiveSpans.append(try span(reader.message(tag)))
            case 12: try reader.appendRepeated(tag, as: .varint, to: &fields.positiveDeltas, delta)
            case 13: try reader.appendRepeated(tag, as: .fixed64, to: &fields.histogram.positiveBuckets, double)
            case 14: fields.histogram.counterReset = .init(rawValue: UInt8(clamping: try reader.varint(tag))) ?? .unknown
            case 15: fields.timestamp = try reader.int64(tag)
            case 16: try reader.appendRepeated(tag, as: .fixed64, to: &fields.histogram.customValues, double)
            default: try reader.skip(tag)
            }
        }
        return fields
    }

    private static func double(_ reader: inout ProtobufReader) throws(WireError) -> Double { Double(bitPattern: try reader.rawFixed64()) }
    private static func delta(_ reader: inout ProtobufReader) throws(WireError) -> Int64 { ProtobufReader.unzigzag(try reader.rawVarint()) }

    /// BucketSpan { offset = 1, length = 2 }
    private static func span(_ message: ProtobufReader) throws(WireError) -> FloatHistogram.Span {
        var reader = message
        var span = FloatHistogram.Span(offset: 0, length: 0)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: span.offset = Int32(truncatingIfNeeded: try reader.zigzag(tag))
            case 2: span.length = UInt32(truncatingIfNeeded: try reader.varint(tag))
            default: try reader.skip(tag)
            }
        }
        return span
    }

    private struct Problem: Error {
        let what: String
        init(_ what: String) { self.what = what }
    }

    /// Each bucket's count, from its difference to the one before.
    private static func absolute(_ deltas: [Int64]) throws(Problem) -> [Double] {
        var buckets: [Double] = []
        buckets.reserveCapacity(deltas.count)
        var current: Int64 = 0
        for delta in deltas {
            let (sum, overflow) = current.addingReportingOverflow(delta)
            guard !overflow, sum >= 0 else { throw Problem("a histogram bucket with a negative count") }
            current = sum
            buckets.append(Double(sum))
        }
        return buckets
    }

    private static let exponentialSchemas: ClosedRange<Int32> = -4...8

    private static func check(_ histogram: FloatHistogram, isInteger: Bool) throws(Problem) {
        guard histogram.usesCustomBuckets || exponentialSchemas.contains(histogram.schema) else {
            throw Problem("a histogram of schema \(histogram.schema), which is not -4 to 8 or -53")
        }
        try check(spans: histogram.positiveSpans, buckets: histogram.positiveBuckets.count, side: "positive")
        try check(spans: histogram.negativeSpans, buckets: histogram.negativeBuckets.count, side: "negative")
        if histogram.usesCustomBuckets {
            try checkCustomBounds(histogram)
        } else if !histogram.customValues.isEmpty {
            throw Problem("a histogram with custom bounds whose schema is \(histogram.schema)")
        }
        var total = histogram.zeroCount
        for bucket in histogram.positiveBuckets + histogram.negativeBuckets {
            guard !(bucket < 0) else { throw Problem("a histogram bucket with a negative count") }
            total += bucket
        }
        guard !(histogram.count < 0), !(histogram.zeroCount < 0) else { throw Problem("a histogram with a negative count") }
        // Observations of NaN are counted and lie in no bucket.
        if isInteger, histogram.sum.isNaN ? total > histogram.count : total != histogram.count {
            throw Problem("a histogram with \(histogram.count) observations and \(total) in its buckets")
        }
    }

    private static func check(spans: [FloatHistogram.Span], buckets: Int, side: String) throws(Problem) {
        var covered: Int64 = 0
        var position: Int64 = 0
        for (index, span) in spans.enumerated() {
            guard index == 0 || span.offset >= 0 else { throw Problem("\(side) histogram spans that overlap") }
            covered += Int64(span.length)
            position += Int64(span.offset) + Int64(span.length)
            guard position <= Int64(Int32.max), covered <= Int64(Int32.max) else { throw Problem("\(side) histogram spans out of range") }
        }
        guard covered == Int64(buckets) else { throw Problem("\(buckets) \(side) histogram buckets where its spans cover \(covered)") }
    }

    private static func checkCustomBounds(_ histogram: FloatHistogram) throws(Problem) {
        guard histogram.negativeBuckets.isEmpty, histogram.zeroCount == 0, histogram.zeroThreshold == 0 else {
            throw Problem("a histogram of custom buckets with negative or zero buckets")
        }
        var previous = -Double.infinity
        for bound in histogram.customValues {
            guard bound > previous, bound < .infinity else { throw Problem("custom histogram bounds that don't ascend") }
            previous = bound
        }
        var position: Int64 = 0
        for span in histogram.positiveSpans { position += Int64(span.offset) + Int64(span.length) }
        // One bucket more than bounds: the last is up to +Inf.
        guard (histogram.positiveSpans.first?.offset ?? 0) >= 0, position <= Int64(histogram.customValues.count) + 1 else {
            throw Problem("a histogram with more custom buckets than bounds")
        }
    }
}

extension HistogramMessage {
    static func encode(_ sample: HistogramSample, to writer: inout ProtobufWriter) {
        let histogram = sample.histogram
        let integers = sample.isInteger ? integerCounts(histogram) : nil
        if let integers { writer.varint(1, integers.count) } else { writer.double(2, histogram.count) }
        writer.double(3, whereSet: histogram.sum)
        writer.zigzag(4, whereSet: Int64(histogram.schema))
        writer.double(5, whereSet: histogram.zeroThreshold)
        if let integers { writer.varint(6, integers.zeroCount) } else { writer.double(7, histogram.zeroCount) }
        encode(histogram.negativeSpans, field: 8, to: &writer)
        encode(histogram.negativeBuckets, asIntegers: integers != nil, deltas: 9, counts: 10, to: &writer)
        encode(histogram.positiveSpans, field: 11, to: &writer)
        encode(histogram.positiveBuckets, asIntegers: integers != nil, deltas: 12, counts: 13, to: &writer)
        writer.varint(14, whereSet: UInt64(histogram.counterReset.rawValue))
        if sample.timestamp != 0 { writer.int64(15, sample.timestamp) }
        if !histogram.customValues.isEmpty {
            writer.message(16) { packed in for value in histogram.customValues { packed.packedDouble(value) } }
        }
    }

    /// Nil where some count is no integer that the wire could hold: such a histogram goes out as one of floats.
    private static func integerCounts(_ histogram: FloatHistogram) -> (count: UInt64, zeroCount: UInt64)? {
        let areIntegers = (histogram.positiveBuckets + histogram.negativeBuckets).allSatisfy { $0 >= 0 && Int64(exactly: $0) != nil }
        guard areIntegers, let count = UInt64(exactly: histogram.count), let zeroCount = UInt64(exactly: histogram.zeroCount) else { return nil }
        return (count, zeroCount)
    }

    private static func encode(_ spans: [FloatHistogram.Span], field: Int, to writer: inout ProtobufWriter) {
        for span in spans {
            writer.message(field) { message in
                message.zigzag(1, whereSet: Int64(span.offset))
                message.varint(2, whereSet: UInt64(span.length))
            }
        }
    }

    private static func encode(_ buckets: [Double], asIntegers: Bool, deltas: Int, counts: Int, to writer: inout ProtobufWriter) {
        if buckets.isEmpty { return }
        writer.message(asIntegers ? deltas : counts) { packed in
            var previous: Int64 = 0
            for bucket in buckets {
                guard asIntegers else {
                    packed.packedDouble(bucket)
                    continue
                }
                packed.packedZigzag(Int64(bucket) - previous)
                previous = Int64(bucket)
            }
        }
    }
}
