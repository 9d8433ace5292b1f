import Alerting
import Foundations
import Hummingbird
import Model

/// `rules` and `alerts`.
struct RuleRoutes: Sendable {
    let edge: Edge

    func register(_ routes: Routes) {
        routes.on(.get, "/api/v1/rules", scope: .read) { try await rules($0, $1) }
        routes.on(.get, "/api/v1/alerts", scope: .read) { _, _ in await alerts() }
    }

    /// Which rules are asked for.
    private struct Filter {
        let type: String?
        let names: Set<String>
        let groups: Set<String>
        let files: Set<String>
        let excludesAlerts: Bool
        /// Label sets of rules, any of which has to match.
        let selectors: [[Matcher]]
        /// Groups in one answer, and the first of them where it goes on from another answer.
        let groupLimit: Int?
        let nextToken: String?

        init(_ parameters: RequestParameters) throws(Refusal) {
            type = parameters["type"]
            if let type, type != "alert" && type != "record" {
                throw .badParameter("invalid parameter \"type\": not supported value \"\(SafeText(type.prefix(50)).string)\", use alert or record")
            }
            names = Set(parameters.all("rule_name[]"))
            groups = Set(parameters.all("rule_group[]"))
            files = Set(parameters.all("file[]"))
            excludesAlerts = parameters["exclude_alerts"] == "true"
            selectors = try parameters.selectors()
            groupLimit = try parameters.limit("group_limit")
            nextToken = parameters["group_next_token"]
            if nextToken != nil && groupLimit == nil {
                throw .badParameter("invalid parameter \"group_limit\": group_limit needs to be present in order to paginate over the groups")
            }
        }

        func takes(_ group: RuleGroupStatus) -> Bool {
            (groups.isEmpty || groups.contains(group.name)) && (files.isEmpty || files.contains(group.file))
        }

        func takes(_ rule: RuleStatus) -> Bool {
            let isAlert = if case .alerting = rule.kind { true } else { false }
            return (type == nil || (type == "alert") == isAlert) && (names.isEmpty || names.contains(rule.name)) && takes(rule.labels)
        }

        private func takes(_ labels: [NamedText]) -> Bool {
            if selectors.isEmpty { return true }
            let labels = Labels(labels.map { (name: $0.name, value: $0.text) })
            return selectors.contains { $0.matches(labels) }
        }
    }

    private func rules(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let filter = try Filter(await edge.parameters(of: request, context))
        // A filter leaves out groups that it empties; a group that has no rules is shown.
        var groups = await edge.alerting.groups().filter(filter.takes).map { (group: $0, rules: $0.rules.filter(filter.takes)) }
            .filter { !$0.rules.isEmpty || $0.group.rules.isEmpty }
        if let token = filter.nextToken {
            guard let first = groups.firstIndex(where: { Self.token(of: $0.group) == token }) else {
                throw Refusal.badParameter("invalid parameter \"group_next_token\": invalid group_next_token '\(SafeText(token.prefix(64)).string)'. were rule groups changed?")
            }
            groups.removeFirst(first)
        }
        let following = filter.groupLimit.flatMap { $0 < groups.count ? Self.token(of: groups[$0].group) : nil }
        return Reply.success { writer in
            writer.object { writer in
                writer.key("groups")
                writer.array(groups.prefix(filter.groupLimit ?? .max)) { $0.group($1.group, $1.rules, excludesAlerts: filter.excludesAlerts) }
                if let following { writer.member("groupNextToken", following) }
            }
        }
    }

    /// Names a group for going on with it: the same for the same file and name.
    private static func token(of group: RuleGroupStatus) -> String {
        String((["file": group.file, "group": group.name] as Labels).stableHash, radix: 16)
    }

    private func alerts() async -> Response {
        let alerts = await edge.alerting.activeAlerts()
        return Reply.success { writer in
            writer.object { writer in
                writer.key("alerts")
                writer.array(alerts) { $0.alert($1) }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func group(_ group: RuleGroupStatus, _ rules: [RuleStatus], excludesAlerts: Bool) {
        object { writer in
            writer.member("name", group.name)
            writer.member("file", group.file)
            writer.key("rules")
            writer.array(rules) { $0.rule($1, excludesAlerts: excludesAlerts) }
            writer.member("interval", group.intervalSeconds)
            writer.member("limit", group.limit)
            writer.member("evaluationTime", group.evaluationSeconds)
            writer.moment("lastEvaluation", group.lastEvaluation)
        }
    }

    private mutating func rule(_ rule: RuleStatus, excludesAlerts: Bool) {
        object { writer in
            if case .alerting(let alerting) = rule.kind { writer.member("state", alerting.state) }
            writer.member("name", rule.name)
            writer.member("query", rule.query)
            if case .alerting(let alerting) = rule.kind {
                writer.member("duration", alerting.forSeconds)
                writer.member("keepFiringFor", alerting.keepFiringForSeconds)
            }
            writer.key("labels")
            writer.namedTexts(rule.labels)
            if case .alerting(let alerting) = rule.kind {
                writer.key("annotations")
                writer.namedTexts(alerting.annotations)
                writer.key("alerts")
                writer.array(excludesAlerts ? [] : alerting.alerts) { $0.alert($1) }
            }
            writer.member("health", rule.health.rawValue)
            if !rule.lastError.isEmpty { writer.member("lastError", rule.lastError) }
            writer.member("evaluationTime", rule.evaluationSeconds)
            writer.moment("lastEvaluation", rule.lastEvaluation)
            if case .alerting = rule.kind { writer.member("type", "alerting") } else { writer.member("type", "recording") }
        }
    }

    fileprivate mutating func alert(_ alert: ActiveAlert) {
        object { writer in
            writer.key("labels")
            writer.labels(alert.labels)
            writer.key("annotations")
            writer.namedTexts(alert.annotations)
            writer.member("state", alert.phase.rawValue)
            writer.moment("activeAt", alert.activeAt)
            if let since = alert.keepFiringSince { writer.moment("keepFiringSince", since) }
            writer.member("value", alert.valueText)
        }
    }

    private mutating func namedTexts(_ texts: [NamedText]) {
        object { writer in
            for item in texts { writer.member(item.name, item.text) }
        }
    }

    /// A moment in RFC 3339; the year 1, as Go writes none, where there is none.
    mutating func moment(_ name: String, _ moment: Timestamp?) {
        member(name, moment.map { TimestampText.rfc3339($0) } ?? "0001-01-01T00:00:00Z")
    }
}
