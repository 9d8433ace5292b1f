import Foundations
import Model
import Settings
import Yams

/// Reads Alertmanager's configuration and reports every fault to its document. Field names and defaults are those of its documentation.
final class AlertmanagerParser {
    let document: SettingsDocument
    private let text: String
    private var routesLeft = Limits.routesMax
    /// What `global` says, and its defaults.
    var global = Global()
    /// Receivers with integrations that aren't sent, and where they stand.
    var unsent: [String: (kind: String, node: Node?)] = [:]
    var usedReceivers: Set<String> = []

    /// Values that receivers fall back to.
    struct Global {
        var resolveTimeoutMilliseconds = RoutingFile.resolveTimeoutMillisecondsDefault
        var http = HTTPSettings()
        var smtpFrom: String?
        var smtpHello = "localhost"
        var smtpHost: String?
        var smtpUser: String?
        var smtpPassword: SecretSource?
        var smtpRequiresTLS = true
        var smtpAuthorityFile: String?
        var slack: SecretSource?
        var pagerDutyURL = "https://events.pagerduty.com/v2/enqueue"
        var opsgenieURL = "https://api.opsgenie.com/"
        var opsgenieKey: SecretSource?
        var telegramURL = "https://api.telegram.org"
        var telegramToken: SecretSource?
    }

    init(document: SettingsDocument, text: String) {
        self.document = document
        self.text = text
        // The file is the operator's own: plain HTTP and inner addresses are as usual there as in Alertmanager.
        global.http.allowsPlainHTTP = true
        global.http.allowsPrivateAddresses = true
    }

    func file(inhibitions: [InhibitRule]) -> RoutingFile {
        let root = document.parse(text)
        if let section = root.section("global") { readGlobal(section) }
        let templates = readTemplates(root)
        var intervals: [NamedTimeIntervals] = []
        for key in ["time_intervals", "mute_time_intervals"] { intervals += namedIntervals(root, key, known: intervals.map(\.name)) }
        var receivers: [Receiver] = []
        var names: [String] = []
        for section in root.sections("receivers") ?? [] {
            let name = section.requiredString("name") ?? ""
            if names.contains(name) { section.report("name", "the receiver \(quoted(name)) stands twice", remedy: "rename one of them") }
            names.append(name)
            receivers += self.receivers(section, name: name)
        }
        let tree = self.root(root, names: names, intervals: intervals.map(\.name))
        let rules = (root.sections("inhibit_rules") ?? []).map(inhibitRule)
        if let section = root.section("tracing") { section.report("tracing", "`tracing` has no meaning in Nightjar", remedy: "remove it") }
        root.finish()
        for (name, place) in unsent.sorted(by: { $0.key < $1.key }) where usedReceivers.contains(name) {
            document.report(
                place.node, "the receiver \(quoted(name)) has `\(place.kind)`, which Nightjar doesn't send",
                remedy: "use a webhook, or take the receiver out of the routes")
        }
        return RoutingFile(
            path: document.path, publicText: RoutingFile.publicText(of: text), router: Router(root: tree, intervals: intervals, inhibitions: rules + inhibitions), receivers: receivers,
            receiverNames: names, templates: templates, resolveTimeoutMilliseconds: global.resolveTimeoutMilliseconds)
    }

    private func readTemplates(_ root: SettingsSection) -> TemplateLibrary {
        var library = TemplateLibrary.standard
        for pattern in root.strings("templates") ?? [] {
            for path in RuleGlob.paths(resolved(pattern)) {
                do {
                    try library.add(file: path)
                } catch {
                    root.report("templates", "the template file \(path) is wrong: \(SafeText(error.description))", remedy: "correct the file")
                }
            }
        }
        return library
    }

    /// A path of the file, which counts from the file's own folder.
    func resolved(_ path: String) -> String { path.hasPrefix("/") ? path : Paths.join(Paths.directory(of: document.path), path) }

    // Routes

    private func root(_ root: SettingsSection, names: [String], intervals: [String]) -> RouteNode {
        guard let section = root.section("route") else {
            root.report("route", "there is no `route`", remedy: "add `route:` with a `receiver:` for what no other route takes")
            return RouteNode(receiver: "")
        }
        for key in ["match", "match_re", "matchers"] where !(section.value(key)?.sequence?.isEmpty ?? section.value(key)?.mapping?.isEmpty ?? true) {
            section.report(key, "the root route takes all alerts and can't have `\(key)`", remedy: "move it to a route under `routes:`")
        }
        for key in ["mute_time_intervals", "active_time_intervals", "continue"] where section.value(key) != nil && section.bool(key, isOptional: true) != false {
            section.report(key, "the root route can't have `\(key)`", remedy: "move it to a route under `routes:`")
        }
        if section.value("receiver") == nil { section.report("receiver", "the root route has no `receiver`", remedy: "name one") }
        let defaults = RouteNode(
            receiver: "", groupWaitMilliseconds: 30_000, groupIntervalMilliseconds: 300_000,
            repeatIntervalMilliseconds: Route.repeatIntervalMillisecondsDefault)
        return route(section, parent: defaults, isRoot: true, depth: 0, names: names, intervals: intervals)
    }

    private func route(_ section: SettingsSection, parent: RouteNode, isRoot: Bool, depth: Int, names: [String], intervals: [String]) -> RouteNode {
        var node = parent
        node.routes = []
        node.matchers = isRoot ? [] : matchers(section, "")
        node.key = isRoot ? "{}" : "\(parent.key)/{\(node.matchers.map(\.description).sorted().joined(separator: ","))}"
        if let name = section.string("receiver") {
            node.receiver = name
            if !names.contains(name) {
                section.report("receiver", "there is no receiver \(quoted(SafeText(name).string))", remedy: "add it under `receivers:`, or name one of \(names.joined(separator: ", "))")
            }
        }
        usedReceivers.insert(node.receiver)
        if let grouping = grouping(section) { node.grouping = grouping }
        if let wait = section.durationMilliseconds("group_wait") { node.groupWaitMilliseconds = wait }
        if let interval = section.durationMilliseconds("group_interval", in: 1...Int64.max) { node.groupIntervalMilliseconds = interval }
        if let interval = section.durationMilliseconds("repeat_interval", in: 1...Int64.max) { node.repeatIntervalMilliseconds = interval }
        node.continues = section.bool("continue") ?? false
        node.muteIntervals = self.intervals(section, "mute_time_intervals", intervals)
        node.activeIntervals = self.intervals(section, "active_time_intervals", intervals)
        for child in section.sections("routes") ?? [] {
            routesLeft -= 1
            guard routesLeft >= 0, depth < Limits.routeDepthMax else {
                document.report(child.node, "there are more than \(Limits.routesMax) routes, or they are nested deeper than \(Limits.routeDepthMax)", remedy: "remove some")
                break
            }
            node.routes.append(route(child, parent: node, isRoot: false, depth: depth + 1, names: names, intervals: intervals))
        }
        section.finish()
        return node
    }

    private func intervals(_ section: SettingsSection, _ key: String, _ known: [String]) -> [String] {
        let names = section.strings(key) ?? []
        for name in names where !known.contains(name) {
            section.report(key, "there is no time interval \(quoted(SafeText(name).string))", remedy: "add it under `time_intervals:`")
        }
        return names
    }

    private func grouping(_ section: SettingsSection) -> RouteNode.Grouping? {
        guard let names = section.strings("group_by") else { return nil }
        if names.contains("...") {
            if names.count > 1 { section.report("group_by", "`...` stands for all labels and goes with no other", remedy: "keep `...` alone, or name the labels") }
            return .allLabels
        }
        if Set(names).count != names.count { section.report("group_by", "a label stands twice", remedy: "name each once") }
        if names.contains("") { section.report("group_by", "a label's name is empty") }
        return .labels(names)
    }

    /// `matchers`, `match` and `match_re` with a prefix, as `source_` has it.
    func matchers(_ section: SettingsSection, _ prefix: String) -> [Matcher] {
        var all: [Matcher] = []
        for text in section.strings(prefix + "matchers") ?? [] {
            do {
                all += try MatcherText.parse(text)
            } catch {
                section.report(prefix + "matchers", SafeText(error.description).string, remedy: "write it like severity=\"critical\" or team=~\"a|b\"")
            }
        }
        for (name, value) in (section.stringMap(prefix + "match") ?? [:]).sorted(by: { $0.key < $1.key }) { all.append(Matcher(name, equals: value)) }
        for (name, value) in (section.stringMap(prefix + "match_re") ?? [:]).sorted(by: { $0.key < $1.key }) {
            do {
                all.append(try Matcher(name, .regex, value))
            } catch {
                section.report(prefix + "match_re", SafeText(error.description).string, remedy: "correct the expression")
            }
        }
        return all
    }

    private func inhibitRule(_ section: SettingsSection) -> InhibitRule {
        defer { section.finish() }
        let name = section.string("name") ?? ""
        let rule = InhibitRule(
            name: name, source: matchers(section, "source_"), target: matchers(section, "target_"), equal: section.strings("equal") ?? [])
        return rule
    }
}

extension SettingsSection {
    /// As `bool`, without a complaint about what is none.
    fileprivate func bool(_ key: String, isOptional: Bool) -> Bool? { value(key)?.scalar.flatMap { ["true": true, "false": false][$0.string] } }
}
