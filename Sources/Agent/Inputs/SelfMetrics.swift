import Foundations
import Model
import Wire

/// The agent's own metrics.
struct SelfMetrics: MetricSource {
    let clock: any WallClock
    let status: @Sendable () -> AgentStatus

    func sample() -> MetricBatch {
        let status = status()
        let counters = status.counters
        var batch = SampleList(timestamp: clock.nowMilliseconds().milliseconds)
        batch.add("up", .gauge, "The agent runs.", 1)
        batch.add("info", .gauge, "The agent's version and id.", 1, ["version": status.version, "agent": status.agentId])
        for (what, help, lines, bytes) in [
            ("read", "read from files", counters.logLinesRead, counters.logBytesRead),
            ("acknowledged", "acknowledged by every collector", counters.logLinesAcknowledged, counters.logBytesAcknowledged),
            ("dropped", "given up: refused by a collector, or damaged in the spool", counters.logLinesDropped, counters.logBytesDropped),
        ] {
            batch.add("log_lines_\(what)_total", .counter, "Lines \(help).", Double(lines))
            batch.add("log_bytes_\(what)_total", .counter, "Bytes of lines \(help).", Double(bytes))
        }
        batch.add("samples_read_total", .counter, "Samples taken from the host and from the agent itself.", Double(counters.samplesRead))
        batch.add("samples_dropped_total", .counter, "Samples given up: the spool was full, or a collector refused them.", Double(counters.samplesDropped))
        batch.add("log_files", .gauge, "Log files that are read.", Double(status.fileCount))
        batch.add("log_files_skipped_total", .counter, "Files that match but are not read: binary, compressed or not readable.", Double(counters.filesSkipped))
        batch.add("possible_loss_total", .counter, "Log files that were truncated or replaced in place, so that lines may be missing.", Double(counters.possibleLosses))
        for kind in RedactionKind.allCases {
            batch.add("redactions_total", .counter, "Secrets taken out of lines before they were kept.", Double(counters.redacted[kind]), ["kind": kind.rawValue])
        }
        batch.add("spool_bytes", .gauge, "Bytes of the spool's segments.", Double(status.spoolBytes))
        batch.add("quarantined_records_total", .counter, "Batches that a collector refused for good.", Double(counters.recordsQuarantined))
        batch.add("duplicates_reported_total", .counter, "Batches that a collector had already.", Double(counters.duplicatesReported))
        for destination in status.destinations {
            for (kind, count) in [("metrics", destination.pendingMetricRecords), ("logs", destination.pendingLogRecords)] {
                batch.add("pending_records", .gauge, "Batches that wait in the spool.", Double(count), ["destination": destination.name, "kind": kind])
            }
            batch.add("destination_up", .gauge, "Whether the collector takes what is sent.", destination.problem == nil ? 1 : 0, ["destination": destination.name])
            for (reason, count) in (counters.sendFailures[destination.name] ?? [:]).sorted(by: { $0.key < $1.key }) {
                batch.add("send_failures_total", .counter, "Requests that failed.", Double(count), ["destination": destination.name, "reason": reason])
            }
        }
        return batch.result
    }
}

/// Collects samples of one moment under names that begin with `nightjar_agent_`.
private struct SampleList {
    let timestamp: Int64
    var result = MetricBatch()

    init(timestamp: Int64) { self.timestamp = timestamp }

    mutating func add(_ name: String, _ kind: Metadata.Kind, _ help: String, _ value: Double, _ labels: [String: String] = [:]) {
        var builder = LabelsBuilder()
        builder.set(LabelName.metricName, to: "nightjar_agent_" + name)
        for (label, text) in labels { builder.set(label, to: text) }
        result.entries.append(MetricBatch.Entry(labels: builder.build(), samples: [Sample(timestamp: timestamp, value: value)]))
        // A family's metadata goes by its name, for counters with `_total`.
        result.metadata["nightjar_agent_" + name] = Metadata(kind: kind, help: help)
    }
}
