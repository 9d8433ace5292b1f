import Foundation
import Foundations
import Hummingbird
import Model
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

    static func success(_ run: Run, _ shape: Shape) throws -> Response {
        let explanation = try run.result.explanation.map { try JSONEncoder().encode($0) }
        var warnings = run.result.warnings
        let value = shape.limit.map { truncated(run.result.value, to: $0, &warnings) } ?? run.result.value
        return Reply.success(warnings: warnings, infos: run.result.infos) { writer in
            writer.object { writer in
                write(value, to: &writer)
                if shape.showsStatistics { writer.statistics(run) }
                if let explanation {
                    writer.key("explanation")
                    writer.raw { $0.append(contentsOf: explanation) }
                }
            }
        }
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
                writer.beginArray()
                for index in series.timestamps.indices { writer.sample(series.timestamps[index], series.values[index]) }
                writer.endArray()
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
