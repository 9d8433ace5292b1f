import Foundations
import Hummingbird
import LogQL
import Model

/// Results as Loki writes them: `{"stream":…,"values":[["nanoseconds","line"]]}`.
enum LokiReply {
    static func result(_ result: LogQLResult) -> Response {
        Reply.success { writer in
            writer.object { writer in
                switch result {
                case .streams(let streams):
                    writer.member("resultType", "streams")
                    writer.key("result")
                    writer.array(streams) { $0.stream($1.labels, $1.entries) }
                case .matrix(let series):
                    writer.member("resultType", "matrix")
                    writer.key("result")
                    writer.array(series) { $0.series($1) }
                case .vector(let elements):
                    writer.member("resultType", "vector")
                    writer.key("result")
                    writer.array(elements) { writer, element in
                        writer.object { writer in
                            writer.key("metric")
                            writer.labels(element.0)
                            writer.key("value")
                            writer.sample(element.1.timestamp, element.1.value)
                        }
                    }
                case .scalar(let sample):
                    writer.member("resultType", "scalar")
                    writer.key("result")
                    writer.sample(sample.timestamp, sample.value)
                }
                writer.key("stats")
                writer.object { _ in }
            }
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
            writer.array(streams) { $0.stream($1.labels, $1.entries) }
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

extension JSONWriter {
    fileprivate mutating func stream(_ labels: Labels, _ entries: [(NanoTimestamp, String)]) {
        object { writer in
            writer.key("stream")
            writer.labels(labels)
            writer.key("values")
            writer.array(entries) { writer, entry in
                writer.beginArray()
                writer.quotedInteger(entry.0.nanoseconds)
                writer.string(entry.1)
                writer.endArray()
            }
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
