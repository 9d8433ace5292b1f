import Foundation
import Foundations
import Hummingbird
import Model
import NIOCore
import PromQL

/// Query results as JSON, as Prometheus writes them: `[seconds,"value"]`, series as `{"metric":…,"values":…}`.
enum QueryReply {
    /// What a request says of its answer.
    struct Shape: Sendable {
        /// Series at most; a warning says where some were left out.
        let limit: Int?
        /// Whether `stats` asks for figures of the query.
        let showsStatistics: Bool
        /// Whether `explain` asks for the plan with what its parts did.
        let explains: Bool

        init(_ parameters: RequestParameters) throws(Refusal) {
            limit = try parameters.limit()
            showsStatistics = parameters["stats"] != nil
            explains = ["1", "true"].contains(parameters["explain"])
        }
    }

    /// A query's result with how long it took.
    struct Run: Sendable {
        let result: QueryResult
        /// From its arrival to its turn.
        let waitingSeconds: Double
        let workingSeconds: Double
    }

    /// A long answer goes out in pieces where the client doesn't want it packed, so that it is never held as a whole.
    static func success(_ run: Run, _ shape: Shape, _ request: Request) throws -> Response {
        let explanation = try run.result.explanation.map { try JSONEncoder().encode($0) }
        var warnings = run.result.warnings
        let value = shape.limit.map { truncated(run.result.value, to: $0, &warnings) } ?? run.result.value
        @Sendable func writeRest(_ writer: inout JSONWriter) {
            if shape.showsStatistics { writer.statistics(run) }
            if let explanation {
                writer.key("explanation")
                writer.raw { $0.append(contentsOf: explanation) }
            }
        }
        let infos = run.result.infos
        let isPacked = request.headers[.acceptEncoding].flatMap(ReplyEncoding.preferred) != nil
        if case .matrix(let series) = value, !isPacked, isLong(series) {
            return streamed(series, warnings: warnings, infos: infos, writeRest)
        }
        return Reply.success(warnings: warnings, infos: infos) { writer in
            writer.object { writer in
                write(value, to: &writer)
                writeRest(&writer)
            }
        }
    }

    /// Samples from which on an answer is written in pieces: some 200 KiB.
    private static let streamedSamplesMin = 8192
    /// Bytes of a piece: enough that handing it over costs little beside writing it.
    private static let pieceBytes = 128 << 10

    private static func isLong(_ series: [Series]) -> Bool {
        var samples = 0
        for one in series {
            samples += one.sampleCount
            if samples >= streamedSamplesMin { return true }
        }
        return false
    }

    private static func streamed(
        _ series: [Series], warnings: [String], infos: [String], _ writeRest: @escaping @Sendable (inout JSONWriter) -> Void
    ) -> Response {
        let body = ResponseBody { output in
            var writer = JSONWriter(reservingBytes: pieceBytes * 2)
            writer.beginObject()
            writer.member("status", "success")
            writer.key("data")
            writer.beginObject()
            writer.member("resultType", "matrix")
            writer.key("result")
            writer.beginArray()
            for one in series {
                writer.series(one)
                guard writer.bytes.count >= pieceBytes else { continue }
                try Task.checkCancellation()
                try await output.write(ByteBuffer(bytes: writer.bytes))
                writer.removeBytes()
            }
            writer.endArray()
            writeRest(&writer)
            writer.endObject()
            Reply.write(warnings: warnings, infos: infos, to: &writer)
            writer.endObject()
            try await output.write(ByteBuffer(bytes: writer.bytes))
            try await output.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: Reply.json], body: body)
    }

    private static func truncated(_ value: QueryValue, to limit: Int, _ warnings: inout [String]) -> QueryValue {
        switch value {
        case .vector(let elements) where elements.count > limit:
            warnings.append("results truncated due to limit")
            return .vector(Array(elements.prefix(limit)))
        case .matrix(let series) where series.count > limit:
            warnings.append("results truncated due to limit")
            return .matrix(Array(series.prefix(limit)))
        default: return value
        }
    }

    /// The members `resultType` and `result`.
    static func write(_ value: QueryValue, to writer: inout JSONWriter) {
        switch value {
        case .scalar(let moment, let number):
            writer.member("resultType", "scalar")
            writer.key("result")
            writer.array([0]) { writer, _ in
                writer.raw { $0.append(shortestSecondsOf: moment.milliseconds) }
                writer.raw { bytes in
                    bytes.append(UInt8(ascii: "\""))
                    bytes.append(plainValue: number)
                    bytes.append(UInt8(ascii: "\""))
                }
            }
        case .string(let moment, let text):
            writer.member("resultType", "string")
            writer.key("result")
            writer.array([0]) { writer, _ in
                writer.raw { $0.append(shortestSecondsOf: moment.milliseconds) }
                writer.string(text)
            }
        case .vector(let elements):
            writer.member("resultType", "vector")
            writer.key("result")
            writer.array(elements) { $0.element($1) }
        case .matrix(let series):
            writer.member("resultType", "matrix")
            writer.key("result")
            writer.array(series) { $0.series($1) }
        }
    }
}

extension JSONWriter {
    /// `[1435781451.781,"1"]`
    mutating func sample(_ milliseconds: Int64, _ value: Double) {
        raw { bytes in
            bytes.append(UInt8(ascii: "["))
            bytes.append(timestampMilliseconds: milliseconds)
            bytes.append(UInt8(ascii: ","))
            bytes.append(UInt8(ascii: "\""))
            bytes.append(sampleValue: value)
            bytes.append(UInt8(ascii: "\""))
            bytes.append(UInt8(ascii: "]"))
        }
    }

    fileprivate mutating func element(_ element: VectorElement) {
        object { writer in
            writer.key("metric")
            writer.labels(element.labels)
            switch element.value {
            case .float(let value):
                writer.key("value")
                writer.sample(element.timestamp, value)
            case .histogram(let histogram):
                writer.key("histogram")
                writer.histogramSample(element.timestamp, histogram)
            }
        }
    }

    mutating func series(_ series: Series) {
        object { writer in
            writer.key("metric")
            writer.labels(series.labels)
            if !series.timestamps.isEmpty {
                writer.key("values")
                writer.samples(series.timestamps, series.values)
            }
            if !series.histograms.isEmpty {
                writer.key("histograms")
                writer.array(series.histograms) { $0.histogramSample($1.timestamp, $1.histogram) }
            }
        }
    }

    private mutating func histogramSample(_ milliseconds: Int64, _ histogram: FloatHistogram) {
        beginArray()
        raw { $0.append(timestampMilliseconds: milliseconds) }
        self.histogram(histogram)
        endArray()
    }

    /// `{"count":"6","sum":"1.5","buckets":[[0,"0.5","1","2"],…]}`, buckets without counts left out.
    mutating func histogram(_ histogram: FloatHistogram) {
        object { writer in
            writer.key("count")
            writer.quotedValue(histogram.count)
            writer.key("sum")
            writer.quotedValue(histogram.sum)
            let buckets = HistogramBucket.all(of: histogram).filter { $0.count != 0 }
            if buckets.isEmpty { return }
            writer.key("buckets")
            writer.array(buckets) { writer, bucket in
                writer.beginArray()
                writer.integer(bucket.boundaryRule)
                writer.quotedValue(bucket.lower)
                writer.quotedValue(bucket.upper)
                writer.quotedValue(bucket.count)
                writer.endArray()
            }
        }
    }

    mutating func quotedValue(_ value: Double) {
        raw { bytes in
            bytes.append(UInt8(ascii: "\""))
            bytes.append(sampleValue: value)
            bytes.append(UInt8(ascii: "\""))
        }
    }

    /// `"stats":{"timings":…,"samples":…}`, seconds; what isn't measured apart is part of the evaluation.
    fileprivate mutating func statistics(_ run: QueryReply.Run) {
        key("stats")
        object { writer in
            writer.key("timings")
            writer.object { writer in
                writer.member("evalTotalTime", run.workingSeconds)
                writer.member("resultSortTime", 0)
                writer.member("queryPreparationTime", 0)
                writer.member("innerEvalTime", run.workingSeconds)
                writer.member("execQueueTime", run.waitingSeconds)
                writer.member("execTotalTime", run.waitingSeconds + run.workingSeconds)
            }
            writer.key("samples")
            writer.object { writer in
                writer.member("totalQueryableSamples", run.result.samplesRead)
                writer.member("peakSamples", run.result.samplesRead)
            }
        }
    }
}
