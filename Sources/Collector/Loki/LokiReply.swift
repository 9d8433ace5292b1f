import Foundations
import Hummingbird
import LogQL
import Model

/// Results as Loki writes them: `{"stream":…,"values":[["nanoseconds","line"]]}`.
enum LokiReply {
    /// Asks for each line's own labels apart from its stream's.
    static let categorizeFlag = "categorize-labels"

    /// `blanksValues`: labels are written with empty values, as they are counted by name.
    static func answer(_ answer: LogAnswer, categorizesLabels: Bool, blanksValues: Bool = false, queuedNanoseconds: Int64) -> Response {
        Reply.success { writer in
            writer.object { writer in
                writer.member("resultType", answer.result.type)
                if categorizesLabels { writer.member("encodingFlags", [categorizeFlag]) }
                writer.key("result")
                if blanksValues { writeBlanks(answer.result, to: &writer) } else { write(answer.result, categorizesLabels, to: &writer) }
                writer.key("stats")
                writer.lokiStatistics(answer.statistics, queuedNanoseconds: queuedNanoseconds)
            }
        }
    }

    private static func write(_ result: LogQLResult, _ categorizesLabels: Bool, to writer: inout JSONWriter) {
        switch result {
        case .streams(let streams): writer.array(streams) { $0.stream($1, categorizesLabels) }
        case .matrix(let series): writer.array(series) { $0.series($1) }
        case .vector(let elements): writer.array(elements) { $0.element($1.0, $1.1) }
        case .scalar(let sample): writer.sample(sample.timestamp, sample.value)
        }
    }

    private static func writeBlanks(_ result: LogQLResult, to writer: inout JSONWriter) {
        func metric(_ labels: Labels, _ writer: inout JSONWriter) {
            writer.key("metric")
            writer.object { writer in for (name, _) in labels.pairs { writer.member(name, "") } }
        }
        switch result {
        case .vector(let elements):
            writer.array(elements) { writer, element in
                writer.object { writer in
                    metric(element.0, &writer)
                    writer.key("value")
                    writer.sample(element.1.timestamp, element.1.value)
                }
            }
        case .matrix(let series):
            writer.array(series) { writer, series in
                writer.object { writer in
                    metric(series.labels, &writer)
                    writer.key("values")
                    writer.samples(series.timestamps, series.values)
                }
            }
        case .streams, .scalar: preconditionFailure("volumes are numbers by labels")
        }
    }

    /// `{"streams":[…],"dropped_entries":[…]}`, lines of the same labels together.
    static func tailMessage(_ items: [TailItem]) -> [UInt8] {
        var streams: [(labels: Labels, entries: [(NanoTimestamp, String)])] = []
        var positions: [Labels: Int] = [:]
        var dropped: [(count: Int, after: NanoTimestamp)] = []
        var last = NanoTimestamp(nanoseconds: 0)
        for item in items {
            switch item {
            case .skipped(let count): dropped.append((count, last))
            case .line(let line):
                last = line.timestamp
                if let position = positions[line.labels] {
                    streams[position].entries.append((line.timestamp, line.line))
                } else {
                    positions[line.labels] = streams.count
                    streams.append((line.labels, [(line.timestamp, line.line)]))
                }
            }
        }
        var writer = JSONWriter(reservingBytes: 4096)
        writer.object { writer in
            writer.key("streams")
            writer.array(streams) { writer, stream in
                writer.object { writer in
                    writer.key("stream")
                    writer.labels(stream.labels)
                    writer.key("values")
                    writer.array(stream.entries) { writer, entry in
                        writer.beginArray()
                        writer.quotedInteger(entry.0.nanoseconds)
                        writer.string(entry.1)
                        writer.endArray()
                    }
                }
            }
            if dropped.isEmpty { return }
            // Loki names each dropped entry; here a count stands for them, at the time of the last line before.
            writer.key("dropped_entries")
            writer.array(dropped) { writer, entry in
                writer.object { writer in
                    writer.key("labels")
                    writer.labels(["nightjar_skipped": String(entry.count)])
                    writer.member("timestamp", String(entry.after.nanoseconds))
                }
            }
        }
        return writer.bytes
    }
}

extension LogQLResult {
    var type: String {
        switch self {
        case .streams: "streams"
        case .matrix: "matrix"
        case .vector: "vector"
        case .scalar: "scalar"
        }
    }
}

extension JSONWriter {
    fileprivate mutating func stream(_ stream: LogStream, _ categorizesLabels: Bool) {
        object { writer in
            writer.key("stream")
            writer.labels(stream.labels)
            writer.key("values")
            writer.array(stream.entries) { writer, entry in
                writer.beginArray()
                writer.quotedInteger(entry.timestamp.nanoseconds)
                writer.string(entry.line)
                if categorizesLabels { writer.categories(entry) }
                writer.endArray()
            }
        }
    }

    private mutating func categories(_ entry: LogStream.Entry) {
        object { writer in
            if !entry.metadata.isEmpty {
                writer.key("structuredMetadata")
                writer.labels(entry.metadata)
            }
            if !entry.parsed.isEmpty {
                writer.key("parsed")
                writer.labels(entry.parsed)
            }
        }
    }

    mutating func element(_ labels: Labels, _ sample: Sample) {
        object { writer in
            writer.key("metric")
            writer.labels(labels)
            writer.key("value")
            writer.sample(sample.timestamp, sample.value)
        }
    }

    /// A 64-bit number as a string, which JavaScript can't hold otherwise.
    mutating func quotedInteger(_ value: Int64) {
        raw { bytes in
            bytes.append(UInt8(ascii: "\""))
            bytes.append(decimal: value)
            bytes.append(UInt8(ascii: "\""))
        }
    }
}
