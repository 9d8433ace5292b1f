import Foundations
import Hummingbird
import Model
import PromQL
import Wire

/// `targets`, `targets/metadata`, `scrape_pools`, `alertmanagers`: who brings metrics, and who is told of alerts.
///
/// Nothing is scraped here: the agents push, and each counts as a target, as does the collector with its own metrics.
struct TargetRoutes: Sendable {
    static let agentPool = "nightjar-agent"
    static let collectorPool = "nightjar"
    /// How far back a target's metrics are looked for.
    private static let metadataLookbackMilliseconds: Int64 = 600_000
    let edge: Edge

    func register(_ routes: Routes) {
        routes.on(.get, "/api/v1/targets", scope: .read) { try targets($0, $1) }
        routes.on(.get, "/api/v1/targets/metadata", scope: .read) { try await metadata($0, $1) }
        routes.on(.get, "/api/v1/scrape_pools", scope: .read) { _, _ in
            Reply.success { $0.object { $0.member("scrapePools", [Self.collectorPool, Self.agentPool]) } }
        }
        routes.on(.get, "/api/v1/alertmanagers", scope: .read) { _, _ in alertmanagers() }
    }

    private struct Target {
        let pool: String
        let identifier: String
        let labels: Labels
        let lastSeen: Timestamp
        /// Empty where it is well.
        let error: String
    }

    private func all() -> [Target] {
        let now = edge.clock.nowMilliseconds()
        let own = Target(
            pool: Self.collectorPool, identifier: edge.options.instance, labels: ["instance": edge.options.instance, "job": "nightjar"], lastSeen: now, error: "")
        return [own] + edge.agents.agents.map { agent in
            let isWell = agent.state(at: now, edge.limits) == .ok
            return Target(
                pool: Self.agentPool, identifier: agent.identifier, labels: ["instance": agent.instance], lastSeen: agent.lastSeen,
                error: isWell ? "" : "nothing was received for \(Int(agent.secondsSinceSeen(at: now))) s")
        }
    }

    private func targets(_ request: Request, _ context: CollectorContext) throws -> Response {
        let parameters = RequestParameters(request.uri.query ?? "")
        let state = (parameters["state"] ?? "any").lowercased()
        let showsActive = ["any", "active"].contains(state)
        let targets = all().filter { target in parameters["scrapePool"].map { $0 == target.pool } ?? true }
        return Reply.success { writer in
            writer.object { writer in
                writer.key("activeTargets")
                writer.array(showsActive ? targets : []) { write($1, to: &$0) }
                writer.key("droppedTargets")
                writer.array([Target]()) { write($1, to: &$0) }
                writer.key("droppedTargetCounts")
                writer.object { _ in }
            }
        }
    }

    private func write(_ target: Target, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("discoveredLabels")
            writer.labels(target.labels.setting("__address__", to: target.labels["instance"] ?? ""))
            writer.key("labels")
            writer.labels(target.labels)
            writer.member("scrapePool", target.pool)
            // No address: it pushes.
            writer.member("scrapeUrl", "push://\(target.identifier)")
            writer.member("globalUrl", "push://\(target.identifier)")
            writer.member("lastError", target.error)
            writer.moment("lastScrape", target.lastSeen)
            writer.member("lastScrapeDuration", 0)
            writer.member("health", target.error.isEmpty ? "up" : "down")
            writer.member("scrapeInterval", "\(edge.limits.monitoringIntervalSeconds)s")
            writer.member("scrapeTimeout", "\(edge.limits.monitoringIntervalSeconds)s")
        }
    }

    /// Metadata of the families that each target has sent lately.
    private func metadata(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = RequestParameters(request.uri.query ?? "")
        let limit = try parameters.count("limit") ?? .max
        let wanted = try parameters["match_target"].map { text throws(Refusal) in try RequestParameters.selector(text, name: "match_target") } ?? []
        let targets = all().filter { wanted.matches($0.labels) }
        let metric = parameters["metric"]
        let now = edge.clock.nowMilliseconds()
        let families = try await edge.metrics.metadata()
        var found: [(target: Labels, name: String, metadata: Metadata)] = []
        for target in targets where found.count < limit {
            let matchers = target.labels.pairs.map { Matcher($0.name, equals: $0.value) }
            let metrics = edge.metrics
            let names = try await edge.query(context) {
                try await metrics.labelValues(
                    LabelName.metricName, [matchers], start: now.advanced(byMilliseconds: -Self.metadataLookbackMilliseconds), end: now, limit: nil)
            }
            let ofTarget = Set(names.map { families[$0] == nil ? Exposition.familyName(of: $0, in: families) ?? $0 : $0 })
            for name in ofTarget.sorted() where metric == nil || metric == name {
                if let metadata = families[name] { found.append((target.labels, name, metadata)) }
            }
        }
        return Reply.success { writer in
            writer.array(found.prefix(limit)) { writer, item in
                writer.object { writer in
                    writer.key("target")
                    writer.labels(item.target)
                    if metric == nil { writer.member("metric", item.name) }
                    writer.member("type", item.metadata.kind.rawValue)
                    writer.member("help", item.metadata.help)
                    writer.member("unit", item.metadata.unit)
                }
            }
        }
    }

    /// None: alerts are routed and delivered by this process.
    private func alertmanagers() -> Response {
        Reply.success { writer in
            writer.object { writer in
                writer.member("activeAlertmanagers", [String]())
                writer.member("droppedAlertmanagers", [String]())
            }
        }
    }
}
