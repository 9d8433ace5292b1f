import Foundations
import Model

/// A line of a script that names a series and its points.
struct ScriptSeries {
    let labels: Labels
    let points: [ScriptPoint]

    init(_ line: some StringProtocol) throws {
        let (metric, rest) = Self.split(String(line))
        labels = try Self.labels(metric)
        points = try PointReader.points(rest)
    }

    /// The metric ends with its braces, or with the first blank where it has none.
    static func split(_ line: String) -> (metric: String, rest: String) {
        let bytes = Array(line.utf8)
        var quote: UInt8 = 0
        var hasBraces = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if quote != 0 {
                if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "`") { index += 1 } else if byte == quote { quote = 0 }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): quote = byte
            case UInt8(ascii: "{"): hasBraces = true
            case UInt8(ascii: "}") where hasBraces: return cut(bytes, index)
            case 0x20, 0x09:
                let next = bytes[index...].first { $0 != 0x20 && $0 != 0x09 }
                let isHistogram = next == UInt8(ascii: "{") && String(decoding: bytes[index...], as: UTF8.self).drop { $0 == " " || $0 == "\t" }.hasPrefix("{{")
                if !hasBraces, next != UInt8(ascii: "{") || isHistogram { return cut(bytes, index - 1) }
            default: break
            }
        }
        return (line, "")
    }

    private static func cut(_ bytes: [UInt8], _ index: Int) -> (metric: String, rest: String) {
        (String(decoding: bytes[..<min(index, bytes.count)], as: UTF8.self), String(decoding: bytes[min(index, bytes.count)...], as: UTF8.self))
    }

    /// `name{a="b"}` as labels; `{}` is the empty set.
    static func labels(_ metric: String) throws -> Labels {
        var parser = Parser(tokens: try Lexer.tokens(of: metric))
        var builder = LabelsBuilder()
        if case .identifier(let name) = parser.current.kind {
            builder.set(LabelName.metricName, to: name)
            parser.take()
        }
        if parser.takeIf(.leftBrace) {
            while !parser.takeIf(.rightBrace) {
                let name: String
                switch parser.current.kind {
                case .identifier(let word): name = word
                case .string(let bytes): name = String(decoding: bytes, as: UTF8.self)
                default: throw parser.unexpected(in: "the labels of a series", expected: "a label")
                }
                parser.take()
                if parser.takeIf(.equal) {
                    guard case .string(let value) = parser.current.kind else { throw parser.unexpected(in: "the labels of a series", expected: "a string") }
                    parser.take()
                    builder.set(name, to: String(decoding: value, as: UTF8.self))
                } else {
                    builder.set(LabelName.metricName, to: name)
                }
                if parser.current.kind != .rightBrace { try parser.expect(.comma, in: "the labels of a series", #""," or "}""#) }
            }
        }
        guard parser.current.kind == .end else { throw parser.unexpected(in: "a series", expected: "its points") }
        return builder.build()
    }

    /// The samples, one `stepMilliseconds` after the other from 0. Throws where the start timestamps belong to another series or to more or fewer samples.
    func samples(stepMilliseconds: Int64, starts: ScriptStartOffsets? = nil) throws(PointProblem) -> Series {
        var series = Series(labels: labels)
        if let starts, let owner = starts.labels {
            guard owner == labels else { throw PointProblem(reason: "the start timestamps of \(owner) aren't followed by its samples") }
            guard starts.offsets.count == points.count else {
                throw PointProblem(reason: "\(starts.offsets.count) start timestamps for \(points.count) samples")
            }
        }
        for (index, point) in points.enumerated() {
            let timestamp = Int64(index) * stepMilliseconds
            let start = starts?.offset(index).map { timestamp + $0 } ?? 0
            switch point {
            case .gap: break
            case .float(let value):
                series.timestamps.append(timestamp)
                series.values.append(value)
                if starts != nil { series.startTimestamps.append(start) }
            case .histogram(let histogram, _):
                series.histograms.append(HistogramSample(timestamp: timestamp, histogram: histogram, startTimestamp: start))
            }
        }
        return series
    }
}

/// Gives stored histograms the counter reset hints that a store would give them.
enum CounterResetHints {
    /// A histogram that goes on from the one before it isn't a reset; of others nothing is known, but that a gauge is one.
    static func settled(_ series: Series) -> Series {
        guard !series.histograms.isEmpty else { return series }
        var result = series
        var previous: (histogram: FloatHistogram, timestamp: Int64)?
        for (index, sample) in series.histograms.enumerated() {
            defer { previous = (sample.histogram, sample.timestamp) }
            if sample.histogram.counterReset == .gauge { continue }
            result.histograms[index].histogram.counterReset = .unknown
            guard let previous, sample.histogram.counterReset != .reset, previous.histogram.counterReset != .gauge,
                !series.timestamps.contains(where: { $0 > previous.timestamp && $0 < sample.timestamp })
            else { continue }
            var plain = sample.histogram
            plain.counterReset = .unknown
            let isContinued =
                plain.schema == previous.histogram.schema && plain.zeroThreshold == previous.histogram.zeroThreshold
                && plain.customValues == previous.histogram.customValues && !plain.isReset(after: previous.histogram)
            if isContinued { result.histograms[index].histogram.counterReset = .notReset }
        }
        return result
    }
}

/// Makes native histograms with custom buckets of the series of classic ones.
enum ClassicConversion {
    private struct Moment {
        var buckets: [(bound: Double, count: Double)] = []
        var sum = 0.0
        var count: Double?
    }

    static func histograms(_ classic: [Series]) -> [Series] {
        var moments: [Labels: [Int64: Moment]] = [:]
        for series in classic {
            guard let name = series.labels.metricName else { continue }
            let kind = ["_bucket", "_count", "_sum"].first(where: name.hasSuffix)
            guard let kind else { continue }
            let base = series.labels.dropping([LabelName.bucketBound]).setting(LabelName.metricName, to: String(name.dropLast(kind.utf8.count)))
            let bound = series.labels[LabelName.bucketBound].flatMap(BucketBound.parse)
            for (timestamp, value) in zip(series.timestamps, series.values) where !StaleMarker.isStale(value) {
                switch kind {
                case "_bucket":
                    if let bound, !bound.isNaN { moments[base, default: [:]][timestamp, default: Moment()].buckets.append((bound, value)) }
                case "_count": moments[base, default: [:]][timestamp, default: Moment()].count = value
                default: moments[base, default: [:]][timestamp, default: Moment()].sum = value
                }
            }
        }
        return moments.compactMap { labels, moments in
            var series = Series(labels: labels)
            for (timestamp, moment) in moments.sorted(by: { $0.key < $1.key }) {
                series.histograms.append(HistogramSample(timestamp: timestamp, histogram: histogram(moment)))
            }
            return series.histograms.isEmpty ? nil : series
        }
    }

    private static func histogram(_ moment: Moment) -> FloatHistogram {
        let sorted = moment.buckets.sorted { $0.bound < $1.bound }
        // A count without buckets is a histogram of one bucket.
        let total = moment.count ?? sorted.last?.count ?? 0
        var buckets: [Double] = []
        var before = 0.0
        for bucket in sorted where bucket.bound != .infinity {
            buckets.append(bucket.count - before)
            before = bucket.count
        }
        buckets.append(total - before)
        return FloatHistogram(
            schema: FloatHistogram.customBucketsSchema, count: total, sum: moment.sum, positiveSpans: [.init(offset: 0, length: UInt32(buckets.count))],
            positiveBuckets: buckets, customValues: sorted.map(\.bound).filter { $0 != .infinity }
        ).compacted
    }
}
