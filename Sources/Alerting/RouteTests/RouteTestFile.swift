import Foundations
import Model
import Settings

/// A file of tests of routing: alerts, a time, silences and what else fires, and who is paged then.
///
///     routes: alertmanager.yml          # from this file's folder
///     oncall: oncall.yml                # likewise, where people are expected
///     dependencies: []                  # as in nightjar.yml
///     tests:
///       - name: the database at night
///         at: 2026-01-12T22:30:00Z
///         silences: [{matchers: [team="web"]}]
///         firing: [{alertname: ZoneDown, zone: a}]
///         alerts:
///           - labels: {alertname: SlowQueries, team: db}
///             receivers: [db-chat]                  # which receivers are paged, in order of the file
///             people: [ana]                         # whom their policies page first
///             escalation: [[ana], [ben, cleo]]      # and whom step by step, all policies together
///             held: {db-pager: muted}               # who isn't, and why: silenced, inhibited, dependency, muted
///             group: {alertname: SlowQueries}       # the group's labels at the first receiver
public struct RouteTestFile: Sendable {
    /// What a test found.
    public struct Report: Sendable {
        /// Each with its place and what was expected.
        public var failures: [SettingsProblem] = []
        /// Expectations that were held against the routes.
        public var total = 0
    }

    /// Reads and runs a file. Throws with what is wrong in it or in the routes that it names.
    public static func run(_ path: String) throws(SettingsProblems) -> Report {
        let bytes: [UInt8]
        do {
            bytes = try RealFileSystem().readAll(path, bytesMax: Limits.routeFileBytesMax)
        } catch {
            throw SettingsProblems([SettingsProblem(path: path, reason: "the file can't be read: \(error.description)")])
        }
        return try run(String(decoding: bytes, as: UTF8.self), path: path)
    }

    static func run(_ text: String, path: String) throws(SettingsProblems) -> Report {
        let document = SettingsDocument(path: path)
        let root = document.parse(text)
        let dependencies = ReceiverConfiguration.dependencies(root)
        let routes = root.requiredString("routes") ?? ""
        let onCallPath = root.string("oncall")
        let sections = root.sections("tests") ?? []
        root.finish()
        try document.check()
        func resolved(_ name: String) -> String { name.hasPrefix("/") ? name : Paths.join(Paths.directory(of: path), name) }
        let router = try RoutingFile.load(resolved(routes), inhibitions: dependencies).router
        let onCall = try onCallPath.map { name throws(SettingsProblems) in try OnCallFile.load(resolved(name)) }
        var report = Report()
        for section in sections { RouteTest(section, router, onCall).run(&report) }
        try document.check()
        return report
    }
}

/// One test: what is so, and the alerts that are held against it.
private struct RouteTest {
    private let router: Router
    private let onCall: OnCallFile?
    private let section: SettingsSection
    private let name: String
    private var moment = SystemClock().nowMilliseconds()
    private var silences: [[Matcher]] = []
    private var firing: [Labels] = []
    private let alerts: [SettingsSection]

    init(_ section: SettingsSection, _ router: Router, _ onCall: OnCallFile?) {
        self.router = router
        self.onCall = onCall
        self.section = section
        name = section.string("name") ?? "a test"
        if let text = section.string("at") {
            if let parsed = TimestampText.parseRFC3339(text) { moment = parsed.milliseconds } else {
                section.report("at", "`at` must be a time such as 2026-01-12T22:30:00Z, not `\(SafeText(text))`")
            }
        }
        for silence in section.sections("silences") ?? [] {
            var matchers: [Matcher] = []
            for text in silence.strings("matchers") ?? [] {
                do { matchers += try MatcherText.parse(text) } catch { silence.report("matchers", SafeText(error.description).string) }
            }
            silences.append(matchers)
            silence.finish()
        }
        firing = (section.value("firing")?.sequence ?? []).map { node in
            Labels((node.mapping ?? [:]).compactMap { pair in pair.key.scalar.flatMap { key in pair.value.scalar.map { (name: key.string, value: $0.string) } } })
        }
        alerts = section.sections("alerts") ?? []
        section.finish()
    }

    func run(_ report: inout RouteTestFile.Report) {
        let all = firing + alerts.map { Labels(($0.stringMap("labels") ?? [:]).map { (name: $0.key, value: $0.value) }) }
        for (index, alert) in alerts.enumerated() {
            let labels = all[firing.count + index]
            let (paged, held, group) = outcome(of: labels, among: all)
            func expect(_ key: String, _ isMet: Bool, _ found: String) {
                report.total += 1
                if isMet { return }
                let mark = alert.value(key)?.mark ?? alert.node?.mark
                report.failures.append(
                    SettingsProblem(
                        path: alert.document.path, line: mark?.line ?? 0, column: mark?.column ?? 0,
                        reason: "\(name): \(labels): `\(key)` isn't so", remedy: "the routes say \(found)"))
            }
            if let receivers = alert.strings("receivers") { expect("receivers", receivers == paged, "[\(paged.joined(separator: ", "))]") }
            if let wanted = alert.stringMap("held") {
                expect("held", wanted == held, "{\(held.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))}")
            }
            if let wanted = alert.stringMap("group") {
                let labels = Labels(wanted.map { (name: $0.key, value: $0.value) })
                expect("group", labels == group, "\(group)")
            }
            checkPeople(alert, paged, expect)
            alert.finish()
        }
    }

    private func checkPeople(_ alert: SettingsSection, _ paged: [String], _ expect: (_ key: String, _ isMet: Bool, _ found: String) -> Void) {
        let people = alert.strings("people")
        let escalation = alert.value("escalation")
        if people == nil, escalation == nil { return }
        guard let onCall else {
            alert.report(people == nil ? "escalation" : "people", "the file names no `oncall:` to ask for people", remedy: "add `oncall: oncall.yml` above `tests:`")
            return
        }
        let steps = Self.merged(paged.map { onCall.people(pagedBy: $0, at: moment) })
        func text(_ names: [String]) -> String { "[\(names.joined(separator: ", "))]" }
        if let people { expect("people", people == steps.first ?? [], text(steps.first ?? [])) }
        if let escalation {
            let wanted = (escalation.sequence ?? []).map { ($0.sequence ?? []).compactMap { $0.scalar?.string } }
            expect("escalation", wanted == steps, "[\(steps.map(text).joined(separator: ", "))]")
        }
    }

    /// The first steps of all policies, the second ones, and so on; nobody twice in one.
    private static func merged(_ policies: [[[String]]]) -> [[String]] {
        (0..<(policies.map(\.count).max() ?? 0)).map { index in
            var seen: Set<String> = []
            return policies.filter { index < $0.count }.flatMap { $0[index] }.filter { seen.insert($0).inserted }
        }
    }

    /// Who is paged of an alert, who isn't and why, and the labels of its first group.
    private func outcome(of labels: Labels, among all: [Labels]) -> (paged: [String], held: [String: String], group: Labels) {
        let routes = router.routes(for: labels)
        var paged: [String] = []
        var held: [String: String] = [:]
        let mute = mute(of: labels, among: all)
        for route in routes {
            let kind = mute ?? (router.mutingInterval(of: route, at: moment) == nil ? nil : .muted)
            if let kind { held[route.receiver] = kind.rawValue } else if !paged.contains(route.receiver) { paged.append(route.receiver) }
        }
        return (paged, held, routes.first?.groupLabels(of: labels) ?? Labels())
    }

    private func mute(of labels: Labels, among all: [Labels]) -> MuteKind? {
        if silences.contains(where: { !$0.isEmpty && $0.matches(labels) }) { return .silenced }
        for rule in router.inhibitions where rule.target.matches(labels) {
            let isBoth = rule.source.matches(labels)
            let values = rule.equalValues(of: labels)
            let isHeld = all.contains { other in
                other != labels && rule.source.matches(other) && rule.equalValues(of: other) == values && !(isBoth && rule.target.matches(other))
            }
            if isHeld { return rule.kind == .dependency ? .dependency : .inhibited }
        }
        return nil
    }
}
