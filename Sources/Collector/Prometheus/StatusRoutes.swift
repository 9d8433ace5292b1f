import Foundations
import Hummingbird
import MetricStore
import Model
import PromQL

/// `status/…`: what dashboards and tools ask a server about itself.
struct StatusRoutes: Sendable {
    let edge: Edge
    /// The Prometheus whose API this is, for clients that switch features on by version.
    static let compatibleVersion = "3.5.0"
    /// Entries of each list of `status/tsdb`.
    static let statisticsLimitMax = 1000

    func register(_ routes: Routes) {
        routes.on(.get, "/api/v1/status/buildinfo", scope: .read, of: .each) { _, _ in buildInfo() }
        routes.on(.get, "/api/v1/status/runtimeinfo", scope: .read) { _, _ in await runtimeInfo() }
        routes.on(.get, "/api/v1/status/flags", scope: .read) { _, _ in flags() }
        routes.on(.get, "/api/v1/status/config", scope: .read) { _, _ in configuration() }
        routes.on(.get, "/api/v1/status/tsdb", scope: .read, of: .each) { try await storeStatistics($0, $1) }
        routes.on(.get, "/api/v1/status/walreplay", scope: .read) { _, _ in logReplay() }
        routes.on(.get, "/api/v1/notifications", scope: .read) { _, _ in await notifications() }
    }

    private func buildInfo() -> Response {
        Reply.success { writer in
            writer.object { writer in
                writer.member("version", Self.compatibleVersion)
                writer.member("revision", "nightjar \(edge.options.version)")
                writer.member("branch", "")
                writer.member("buildUser", "")
                writer.member("buildDate", "")
                writer.member("goVersion", "")
                writer.member("nightjarVersion", edge.options.version)
            }
        }
    }

    private func runtimeInfo() async -> Response {
        let statistics = edge.metrics.statistics()
        let problems = await edge.alerting.problems()
        return Reply.success { writer in
            writer.object { writer in
                writer.member("startTime", TimestampText.rfc3339(edge.startedAt))
                writer.member("CWD", edge.options.dataDirectory)
                writer.member("hostname", edge.options.instance)
                writer.member("serverTime", TimestampText.rfc3339(edge.clock.now()))
                writer.member("reloadConfigSuccess", problems.isEmpty)
                writer.member("lastConfigTime", TimestampText.rfc3339(edge.startedAt))
                writer.member("corruptionCount", statistics.damagedTotal)
                writer.member("goroutineCount", 0)
                writer.member("GOMAXPROCS", 0)
                writer.member("GOMEMLIMIT", 0)
                writer.member("GOGC", "")
                writer.member("GODEBUG", "")
                writer.member("storageRetention", retention)
            }
        }
    }

    /// How long metrics are kept; empty where they are kept for good.
    private var retention: String { edge.options.metricRetentionMilliseconds.map { DurationText.format(milliseconds: $0) } ?? "" }

    private func flags() -> Response {
        Reply.success { writer in
            writer.object { writer in
                writer.member("web.listen-address", edge.options.listen.description)
                writer.member("storage.tsdb.path", Paths.join(edge.options.dataDirectory, "metrics"))
                writer.member("storage.tsdb.retention.time", retention)
                writer.member("storage.remote.read-sample-limit", String(edge.limits.remoteReadSamplesMax))
                writer.member("storage.remote.read-max-bytes-in-frame", String(edge.limits.remoteReadFrameBytesMax))
                writer.member("web.enable-admin-api", "true")
                writer.member("web.enable-lifecycle", "true")
                writer.member("web.enable-remote-write-receiver", "true")
                writer.member("query.lookback-delta", DurationText.format(milliseconds: EngineOptions().lookbackMilliseconds))
                writer.member("query.max-samples", String(EngineOptions().samplesMax))
                writer.member("query.max-concurrency", String(edge.limits.queriesConcurrentMax))
                writer.member("query.timeout", DurationText.format(milliseconds: Int64(edge.limits.querySeconds * 1000)))
                writer.member("web.max-connections", String(edge.limits.connectionsMax))
                writer.member("version", edge.options.version)
            }
        }
    }

    /// What the collector was started with: there is no Prometheus configuration. Names of files, never what is in those with secrets.
    private func configuration() -> Response {
        var yaml = "data: \(quoted(edge.options.dataDirectory))\nlisten: \(quoted(edge.options.listen.description))\n"
        yaml += "instance: \(quoted(edge.options.instance))\n"
        if let path = edge.options.tokenFile { yaml += "token_file: \(quoted(path))\n" }
        if let tls = edge.options.tls { yaml += "tls: {cert: \(quoted(tls.certificatePath)), key: \(quoted(tls.keyPath))}\n" }
        if !retention.isEmpty { yaml += "retention: {metrics: \(retention)}\n" }
        return Reply.success { $0.object { $0.member("yaml", yaml) } }
    }

    /// The log was read before the first request could be: it is always done.
    private func logReplay() -> Response {
        let segments = edge.metrics.statistics().logSegments
        return Reply.success { writer in
            writer.object { writer in
                writer.member("min", 0)
                writer.member("max", segments)
                writer.member("current", segments)
                writer.member("state", "done")
            }
        }
    }

    /// What an operator should know at once, in Prometheus's words.
    private func notifications() async -> Response {
        var texts: [String] = []
        if await !edge.alerting.problems().isEmpty { texts.append("Configuration reload has failed.") }
        if edge.stopping.isSet { texts.append("Prometheus is shutting down and gracefully stopping all operations.") }
        let now = TimestampText.rfc3339(edge.clock.now())
        return Reply.success { writer in
            writer.array(texts) { writer, text in
                writer.object { writer in
                    writer.member("text", text)
                    writer.member("date", now)
                    writer.member("active", true)
                }
            }
        }
    }

    /// Of the series in memory, as Prometheus gives it; beside it under `nightjar` what was refused most.
    private func storeStatistics(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let limit = min(try parameters.limit() ?? 10, Self.statisticsLimitMax)
        let cardinality = context.tenant.metrics.cardinality(limit: limit)
        let statistics = context.tenant.metrics.statistics()
        return Reply.success { writer in
            writer.object { writer in
                writer.key("headStats")
                writer.object { writer in
                    writer.member("numSeries", statistics.headSeries)
                    writer.member("numLabelPairs", cardinality.labelPairs)
                    writer.member("chunkCount", statistics.headChunks)
                    writer.member("minTime", statistics.oldest?.milliseconds ?? .max)
                    writer.member("maxTime", statistics.newest?.milliseconds ?? .min)
                }
                writer.counts("seriesCountByMetricName", cardinality.seriesByMetric)
                writer.counts("labelValueCountByLabelName", cardinality.valuesByLabel)
                writer.counts("memoryInBytesByLabelName", cardinality.bytesByLabel)
                writer.counts("seriesCountByLabelValuePair", cardinality.seriesByPair)
                writer.key("nightjar")
                writer.object { $0.refusals(statistics, limit) }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func counts(_ name: String, _ counts: [HeadCardinality.Count]) {
        key(name)
        array(counts) { writer, item in
            writer.object { writer in
                writer.member("name", item.name)
                writer.member("value", item.value)
            }
        }
    }

    /// What was refused since the start: by reason with the newest example, by metric, by agent; the highest counts first.
    fileprivate mutating func refusals(_ statistics: MetricStoreStatistics, _ limit: Int) {
        let reasons = statistics.samplesRejectedTotal.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
        key("refused")
        object { writer in
            writer.key("byReason")
            writer.array(reasons) { writer, item in
                writer.object { writer in
                    writer.member("reason", item.key.rawValue)
                    writer.member("count", item.value)
                    writer.member("newestExample", statistics.refusals.newestExamples[item.key] ?? "")
                }
            }
            writer.key("byMetricName")
            writer.array(statistics.refusals.worstMetrics(limit)) { writer, item in
                writer.object { writer in
                    writer.member("name", item.metric)
                    writer.member("reason", item.reason.rawValue)
                    writer.member("count", item.count)
                }
            }
            writer.key("byAgent")
            writer.array(statistics.refusals.worstAgents(limit)) { writer, item in
                writer.object { writer in
                    writer.member("agent", item.agent)
                    writer.member("count", item.count)
                }
            }
        }
    }
}
