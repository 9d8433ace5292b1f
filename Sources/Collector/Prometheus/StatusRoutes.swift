import Foundations
import Hummingbird
import Model

/// `status/…`: what dashboards and tools ask a server about itself.
struct StatusRoutes: Sendable {
    let edge: Edge
    /// The Prometheus whose API this is, for clients that switch features on by version.
    static let compatibleVersion = "3.5.0"
    /// Series looked at for the statistics of `status/tsdb`.
    static let sampledSeriesMax = 200_000

    func register(_ routes: Routes) {
        routes.on(.get, "/api/v1/status/buildinfo", scope: .read) { _, _ in buildInfo() }
        routes.on(.get, "/api/v1/status/runtimeinfo", scope: .read) { _, _ in runtimeInfo() }
        routes.on(.get, "/api/v1/status/flags", scope: .read) { _, _ in flags() }
        routes.on(.get, "/api/v1/status/config", scope: .read) { _, _ in configuration() }
        routes.on(.get, "/api/v1/status/tsdb", scope: .read) { try await storeStatistics($0, $1) }
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

    private func runtimeInfo() -> Response {
        let statistics = edge.metrics.statistics()
        return Reply.success { writer in
            writer.object { writer in
                writer.member("startTime", TimestampText.rfc3339(edge.startedAt))
                writer.member("CWD", edge.options.dataDirectory)
                writer.member("hostname", edge.options.instance)
                writer.member("serverTime", TimestampText.rfc3339(edge.clock.now()))
                writer.member("reloadConfigSuccess", true)
                writer.member("lastConfigTime", TimestampText.rfc3339(edge.startedAt))
                writer.member("corruptionCount", statistics.damagedTotal)
                writer.member("goroutineCount", 0)
                writer.member("GOMAXPROCS", 0)
                writer.member("GOMEMLIMIT", 0)
                writer.member("GOGC", "")
                writer.member("GODEBUG", "")
                writer.member("storageRetention", "")
            }
        }
    }

    private func flags() -> Response {
        Reply.success { writer in
            writer.object { writer in
                writer.member("web.listen-address", edge.options.listen.description)
                writer.member("storage.tsdb.path", Paths.join(edge.options.dataDirectory, "metrics"))
                writer.member("query.max-concurrency", String(edge.limits.queriesConcurrentMax))
                writer.member("query.timeout", DurationText.format(milliseconds: Int64(edge.limits.querySeconds * 1000)))
                writer.member("web.max-connections", String(edge.limits.connectionsMax))
                writer.member("version", edge.options.version)
            }
        }
    }

    /// Nightjar has no Prometheus configuration; the fields that clients read are given as if it were one.
    private func configuration() -> Response {
        Reply.success { writer in
            writer.object { writer in writer.member("yaml", "global:\n  scrape_interval: 10s\n") }
        }
    }

    private func storeStatistics(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let limit = min(try parameters.limit() ?? 10, 1000)
        let now = edge.clock.nowMilliseconds()
        let metrics = edge.metrics
        let series = try await edge.query(context) {
            try await metrics.series([], start: now.advanced(byMilliseconds: -3_600_000), end: now, limit: Self.sampledSeriesMax)
        }
        let counts = LabelCounts(series)
        let statistics = metrics.statistics()
        return Reply.success { writer in
            writer.object { writer in
                writer.key("headStats")
                writer.object { writer in
                    writer.member("numSeries", statistics.headSeries)
                    writer.member("numLabelPairs", counts.pairs.count)
                    writer.member("chunkCount", statistics.headSeries)
                    writer.member("minTime", statistics.oldest?.milliseconds ?? .max)
                    writer.member("maxTime", statistics.newest?.milliseconds ?? .min)
                }
                writer.counts("seriesCountByMetricName", counts.names, limit)
                writer.counts("labelValueCountByLabelName", counts.valuesByLabel, limit)
                writer.counts("memoryInBytesByLabelName", counts.bytesByLabel, limit)
                writer.counts("seriesCountByLabelValuePair", counts.pairs, limit)
            }
        }
    }
}

/// How often names, labels and pairs occur in a set of series.
private struct LabelCounts {
    var names: [String: Int] = [:]
    var pairs: [String: Int] = [:]
    var valuesByLabel: [String: Int] = [:]
    var bytesByLabel: [String: Int] = [:]

    init(_ series: [Labels]) {
        for labels in series {
            for (name, value) in labels.pairs {
                if name == LabelName.metricName { names[value, default: 0] += 1 }
                let pair = "\(name)=\(value)"
                if pairs[pair] == nil {
                    valuesByLabel[name, default: 0] += 1
                    bytesByLabel[name, default: 0] += value.utf8.count
                }
                pairs[pair, default: 0] += 1
            }
        }
    }
}

extension JSONWriter {
    /// The highest counts first.
    fileprivate mutating func counts(_ name: String, _ counts: [String: Int], _ limit: Int) {
        key(name)
        let highest = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(limit)
        array(highest) { writer, item in
            writer.object { writer in
                writer.member("name", item.key)
                writer.member("value", item.value)
            }
        }
    }
}
