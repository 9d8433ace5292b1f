import Alerting
import Foundations
import Hummingbird
import LogStore
import MetricStore
import Model

/// `GET /api/v1/nightjar/status`: the collector and all it holds at a glance.
struct StatusDocument: Sendable {
    let edge: Edge

    func response() async -> Response {
        let alerting = await edge.alerting.statistics()
        let problems = await edge.alerting.problems()
        let now = edge.clock.now()
        return Reply.success { writer in
            writer.object { writer in
                writer.member("version", edge.options.version)
                writer.member("startedAt", TimestampText.rfc3339(edge.startedAt))
                writer.member("now", TimestampText.rfc3339(now))
                writer.member("instance", edge.options.instance)
                writer.member("dataDirectory", edge.options.dataDirectory)
                agents(&writer, now.milliseconds)
                writer.key("metricStore")
                metricStore(&writer, edge.metrics.statistics())
                writer.key("logStore")
                logStore(&writer, edge.logs.statistics())
                writer.key("alerting")
                self.alerting(&writer, alerting, problems)
                ingest(&writer)
                writer.key("severities")
                writer.object { writer in
                    for severity in ["critical", "warning", "info"] { writer.member(severity, alerting.firingBySeverity[severity] ?? 0) }
                }
            }
        }
    }

    private func agents(_ writer: inout JSONWriter, _ now: Timestamp) {
        writer.key("agents")
        writer.array(edge.agents.agents) { writer, agent in
            writer.object { writer in
                writer.member("id", agent.identifier)
                writer.member("instance", agent.instance)
                writer.member("version", agent.version)
                writer.member("lastSeen", TimestampText.rfc3339(agent.lastSeen))
                writer.member("metricsSequence", agent.metricsSequence)
                writer.member("logsSequence", agent.logsSequence)
                writer.member("secondsSinceSeen", agent.secondsSinceSeen(at: now))
                writer.member("state", agent.state(at: now, edge.limits).rawValue)
            }
        }
    }

    private func metricStore(_ writer: inout JSONWriter, _ statistics: MetricStoreStatistics) {
        writer.object { writer in
            writer.member("headSeries", statistics.headSeries)
            writer.member("headSamples", statistics.headSamples)
            writer.member("headBytes", statistics.headBytes)
            writer.member("blockCount", statistics.blockCount)
            writer.member("blockBytes", statistics.blockBytes)
            writer.member("blockSamples", statistics.blockSamples)
            writer.member("logBytes", statistics.logBytes)
            writer.member("samplesAppendedTotal", statistics.samplesAppendedTotal)
            writer.member("batchesDuplicateTotal", statistics.batchesDuplicateTotal)
            writer.key("samplesRejectedTotal")
            writer.object { writer in
                for (reason, count) in statistics.samplesRejectedTotal.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                    writer.member(reason.rawValue, count)
                }
            }
            writer.member("quarantinedFiles", statistics.quarantinedFiles)
            writer.member("damagedTotal", statistics.damagedTotal)
            writer.member("isAcknowledging", statistics.isAcknowledging)
            writer.key("notAcknowledgingReason")
            if let reason = statistics.notAcknowledgingReason { writer.string(reason) } else { writer.null() }
            writer.member("isDiskFull", statistics.isDiskFull)
            writer.key("oldest")
            if let oldest = statistics.oldest { writer.string(TimestampText.rfc3339(oldest)) } else { writer.null() }
            writer.key("newest")
            if let newest = statistics.newest { writer.string(TimestampText.rfc3339(newest)) } else { writer.null() }
        }
    }

    private func alerting(_ writer: inout JSONWriter, _ statistics: AlertingStatistics, _ problems: [RuleProblem]) {
        writer.object { writer in
            writer.member("groups", statistics.groups)
            writer.member("rules", statistics.rules)
            writer.member("alertsPending", statistics.alertsPending)
            writer.member("alertsFiring", statistics.alertsFiring)
            writer.key("problems")
            writer.array(problems) { writer, problem in
                writer.object { writer in
                    writer.member("file", problem.path)
                    writer.member("line", problem.line)
                    writer.member("reason", problem.remedy.isEmpty ? problem.reason : "\(problem.reason); \(problem.remedy)")
                }
            }
            writer.key("outbox")
            writer.object { writer in
                writer.member("pending", statistics.outboxPending)
                writer.member("failed", statistics.outboxFailed)
                writer.member("oldestPendingSeconds", statistics.outboxOldestPendingSeconds)
            }
            writer.key("lastEvaluation")
            if let last = statistics.lastEvaluation { writer.string(TimestampText.rfc3339(last)) } else { writer.null() }
        }
    }

    private func ingest(_ writer: inout JSONWriter) {
        writer.key("ingest")
        writer.object { writer in
            let reason = edge.refusingReason
            writer.member("isAccepting", reason == nil)
            writer.key("refusingReason")
            if let reason { writer.string(reason) } else { writer.null() }
            writer.member("diskFreeBytes", edge.disk.freeBytes)
            let ingested = edge.counters.ingested
            writer.member("samplesStoredTotal", ingested.samples)
            writer.member("logRecordsStoredTotal", ingested.logRecords)
        }
    }
}

extension Edge {
    /// Why nothing is stored at the moment; nil while it is.
    var refusingReason: String? {
        if case .refusing(let reason) = disk.state { return reason }
        let statistics = metrics.statistics()
        return statistics.isAcknowledging ? nil : statistics.notAcknowledgingReason ?? "the metric store doesn't acknowledge writes"
    }
}
