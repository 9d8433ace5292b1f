import Alerting
import Foundations
import Glibc
import LogStore
import MetricStore
import Model
import PromQL

/// The collector's own metrics: gathered for `/metrics`, and written to the metric store every few seconds.
struct SelfMonitor: Sendable {
    let edge: Edge

    /// Writes until the task is cancelled. Not held up by the disk's reserve: a full disk must be seen in the metrics.
    func run() async {
        while !Task.isCancelled {
            await writeOnce()
            do {
                try await Task.sleep(for: .seconds(edge.limits.monitoringIntervalSeconds))
            } catch {
                return
            }
        }
    }

    func writeOnce() async {
        if edge.options.storesOwnMetrics { await storeMetrics() }
        do {
            try edge.agents.save()
        } catch {
            edge.logger.warning("the list of agents couldn't be saved", metadata: ["error": "\(error)"])
        }
    }

    private func storeMetrics() async {
        let batch = await families().batch(at: edge.clock.nowMilliseconds(), instance: edge.options.instance)
        do {
            _ = try await edge.metrics.append(batch)
        } catch {
            edge.counters.ingested { $0.selfMonitoringFailures += 1 }
            edge.logger.warning("the collector's own metrics couldn't be stored", metadata: ["error": "\(error)"])
        }
    }

    func families() async -> [MetricFamily] {
        await edgeFamilies() + edge.counters.families + edge.inputs.families + storeFamilies() + alertingFamilies() + ProcessMetrics.families(clock: edge.clock)
    }

    private func edgeFamilies() async -> [MetricFamily] {
        var info = MetricFamily("nightjar_collector_info", .gauge, "The collector's version.")
        info.add(["version": edge.options.version], 1)
        var agents = MetricFamily("nightjar_collector_agents", .gauge, "Known agents by state: ok, late, missing.")
        let now = edge.clock.nowMilliseconds()
        let states = edge.agents.agents.map { $0.state(at: now, edge.limits) }
        for state in KnownAgent.State.allCases { agents.add(["state": state.rawValue], Double(states.count { $0 == state })) }
        let cache = edge.resultCache?.figures ?? ResultCache.Figures()
        let accepting = edge.disk.state == .accepting && edge.metrics.statistics().isAcknowledging
        return [
            MetricFamily("nightjar_collector_up", .gauge, "1 while the collector runs.", 1),
            info,
            MetricFamily(
                "nightjar_collector_ingest_accepting", .gauge, "1 while what comes in is stored, 0 while it is refused.", accepting ? 1 : 0),
            MetricFamily("nightjar_collector_disk_free_bytes", .gauge, "Bytes free on the data folder's disk.", Double(edge.disk.freeBytes)),
            agents, agentFamily(now),
            MetricFamily("nightjar_collector_ingest_running", .gauge, "Ingest requests being stored.", Double(edge.ingestGate.runningCount)),
            MetricFamily("nightjar_collector_ingest_waiting", .gauge, "Ingest requests that wait.", Double(edge.ingestGate.waitingCount)),
            MetricFamily("nightjar_collector_body_bytes_held", .gauge, "Bytes of request bodies in memory.", Double(edge.bodies.budget.heldBytes)),
            MetricFamily("nightjar_collector_queries_running", .gauge, "Queries being evaluated.", Double(edge.queryGate.runningCount)),
            MetricFamily("nightjar_collector_queries_waiting", .gauge, "Queries that wait.", Double(edge.queryGate.waitingCount)),
            MetricFamily("nightjar_collector_query_cache_bytes", .gauge, "Results kept for dashboards.", Double(cache.bytes)),
            MetricFamily("nightjar_collector_query_cache_steps_reused_total", .counter, "Steps of range queries taken from the cache.", Double(cache.stepsReused)),
            MetricFamily(
                "nightjar_collector_query_cache_steps_computed_total", .counter, "Steps computed of range queries that the cache could have held.",
                Double(cache.stepsComputed)),
            MetricFamily("nightjar_collector_tails", .gauge, "Live tails that are open.", Double(edge.tails.count)),
        ]
    }

    /// Since when each agent wasn't heard of: what rules about missing agents read, also for one that never came back.
    private func agentFamily(_ now: Timestamp) -> MetricFamily {
        var family = MetricFamily(
            "nightjar_collector_agent_last_seen_timestamp_seconds", .gauge, "When an agent's last batch was stored, in seconds since 1970.")
        for agent in edge.agents.agents {
            family.add(["agent": agent.identifier, "agent_instance": agent.instance], agent.lastSeen.seconds)
        }
        return family
    }

    private func alertingFamilies() async -> [MetricFamily] {
        let statistics = await edge.alerting.statistics()
        return [
            MetricFamily("nightjar_rule_evaluations_total", .counter, "Rules evaluated.", Double(statistics.evaluationsTotal)),
            MetricFamily(
                "nightjar_rule_evaluation_failures_total", .counter, "Evaluations of rules that failed.", Double(statistics.evaluationFailuresTotal)),
            MetricFamily(
                "nightjar_rule_evaluations_missed_total", .counter, "Evaluations left out because one took longer than its interval.",
                Double(statistics.evaluationsMissedTotal)),
            MetricFamily("nightjar_rule_problems", .gauge, "Errors in rule files; the rules before stay in force.", Double(statistics.problems)),
            MetricFamily("nightjar_rules", .gauge, "Rules in force.", Double(statistics.rules)),
            MetricFamily("nightjar_alerts_pending", .gauge, "Alerts that are pending.", Double(statistics.alertsPending)),
            MetricFamily("nightjar_alerts_firing", .gauge, "Alerts that fire.", Double(statistics.alertsFiring)),
            MetricFamily("nightjar_outbox_pending", .gauge, "Pages that aren't delivered yet.", Double(statistics.outboxPending)),
            MetricFamily("nightjar_outbox_failed_total", .counter, "Pages that a receiver refused for good.", Double(statistics.failedTotal)),
            MetricFamily("nightjar_outbox_delivered_total", .counter, "Pages delivered.", Double(statistics.deliveredTotal)),
            MetricFamily("nightjar_outbox_attempts_total", .counter, "Attempts to deliver.", Double(statistics.attemptsTotal)),
            MetricFamily("nightjar_outbox_attempt_failures_total", .counter, "Attempts to deliver that failed.", Double(statistics.attemptFailuresTotal)),
            MetricFamily(
                "nightjar_outbox_oldest_pending_seconds", .gauge, "How long the oldest undelivered page waits.",
                statistics.outboxOldestPendingSeconds),
            MetricFamily(
                "nightjar_alert_database_failures_total", .counter, "Transactions of the alert database that failed.",
                Double(statistics.databaseFailuresTotal)),
        ]
    }
}
