import Foundations
import Model
import Terminal

@testable import Boards
@testable import Dashboard

/// A night with one broken host, one that is silent and some that are well.
enum Fixtures {
    static let now = Timestamp(seconds: 1_800_000_000)
    static let window = TimeWindow(rangeSeconds: 900, now: now)
    static let rgb = Capabilities(colours: .rgb, showsUnicode: true)
    static let ascii = Capabilities(colours: .none, showsUnicode: false)

    static func alert(
        _ name: String, _ severity: String, _ instance: String?, secondsAgo: Int64, phase: AlertItem.Phase = .firing, summary: String = "", more: [String: String] = [:]
    ) -> AlertItem {
        var labels = ["alertname": name, "severity": severity].merging(more) { $1 }
        if let instance { labels["instance"] = instance }
        var item = AlertItem(
            fingerprint: "\(name)-\(instance ?? "")", labels: pairs(labels),
            annotations: pairs(["summary": summary, "description": "It has been so for a while and needs somebody to look at it.", "runbook_url": "https://runbooks.example/\(name)"]),
            phase: phase, activeAt: now.advanced(byMilliseconds: -secondsAgo * 1000), value: 0.97)
        item.receivers = ["team-storage"]
        item.isTold = phase == .firing
        return item
    }

    static var alerts: [AlertItem] {
        var load = alert("HostHighLoad", "warning", "web2", secondsAgo: 95, summary: "load of web2 is over twice its processors")
        load.acknowledgement = .init(kind: .acked, actor: "ann", at: now.advanced(byMilliseconds: -60_000), comment: "a batch job")
        var disk = alert("HostDiskSlow", "warning", "cache1", secondsAgo: 4000, summary: "disk of cache1 is slow")
        disk.silencedBy = ["5e1f"]
        var skew = alert("HostClockSkew", "warning", "web3", secondsAgo: 20, phase: .pending, summary: "clock of web3 is 0.2 s off")
        skew.firesAt = skew.activeAt.advanced(byMilliseconds: 300_000)
        return [
            alert("HostOutOfDisk", "critical", "db1.example.org", secondsAgo: 734, summary: "/var on db1 is 97 % full", more: ["team": "storage"]), load, disk,
            skew,
            alert("Watchdog", "none", nil, secondsAgo: 90_000, summary: "always fires"),
        ]
    }

    static var alertBoard: AlertBoard { AlertBoard(alerts, mark: "1-7") }

    static var status: CollectorStatus {
        var status = CollectorStatus()
        status.version = "0.1.0"
        status.instance = "collector1"
        status.dataDirectory = "/var/lib/nightjar"
        status.startedAt = now.advanced(byMilliseconds: -86_400_000)
        status.agents = ["db1.example.org", "web1", "web2", "web3"].map { .init(instance: $0, version: "0.1.0", secondsSinceSeen: 3, state: "ok") }
            + [.init(instance: "cache1", version: "0.0.9", secondsSinceSeen: 400, state: "late")]
        status.problems = [.init(place: "AlertRules/host.yml:12", reason: "unknown function `ratee`; did you mean `rate`?")]
        status.ruleGroups = 4
        status.rules = 31
        status.lastEvaluation = now.advanced(byMilliseconds: -4000)
        status.metricStore = pairs(["writes": "acknowledged", "blocks": "12"])
        status.logStore = pairs(["records appended": "1,234,567"])
        return status
    }

    static func wave(_ phase: Int, _ scale: Double = 1) -> [Double?] {
        (0..<window.count).map { (index: Int) -> Double? in
            let step = (index * 7 + phase * 13) % 61
            return index == 17 ? nil : Double(step) / 61 * scale
        }
    }

    static let hostNames = ["db1.example.org", "web1", "web2", "web3", "cache1"]

    static var measures: HostMeasures {
        var measures = HostMeasures()
        for (index, name) in hostNames.enumerated() {
            measures.cpu[name] = wave(index)[60]
            measures.memory[name] = wave(index + 3)[60]
            measures.disk[name] = wave(index + 5)[60]
            measures.load[name] = wave(index, 6)[60]
            measures.receive[name] = wave(index, 3_000_000)[60]
            measures.transmit[name] = wave(index + 1, 500_000)[60]
            measures.processors[name] = 4
            measures.sampledAt[name] = now.seconds - (name == "cache1" ? 400 : 4)
            measures.places[name] = HostPlace(environment: name == "web3" ? "staging" : "prod", region: index % 2 == 0 ? "eu" : "us", tier: index == 0 ? "db" : index == 4 ? "cache" : "web")
        }
        return measures
    }

    static var trends: HostTrends {
        var trends = HostTrends(instances: hostNames, window: window)
        for (index, name) in hostNames.enumerated() {
            trends.cpu[name] = wave(index)
            trends.memory[name] = wave(index + 3)
        }
        return trends
    }

    static var incidents: [IncidentItem] {
        [
            IncidentItem(
                id: 7, state: "open", severity: .critical, title: "HostOutOfDisk: /var on db1 is 97 % full", runbook: "https://runbooks.example/HostOutOfDisk",
                openedAt: now.advanced(byMilliseconds: -734_000), resolvedAt: nil, resolvedBy: "", roles: pairs(["lead": "ann"]),
                members: [.init(fingerprint: "HostOutOfDisk-db1.example.org", labels: pairs(["alertname": "HostOutOfDisk", "instance": "db1.example.org"]), firedAt: now.advanced(byMilliseconds: -734_000))]),
            IncidentItem(
                id: 6, state: "resolved", severity: .warning, title: "HostHighLoad: load of web1", runbook: "", openedAt: now.advanced(byMilliseconds: -80_000_000),
                resolvedAt: now.advanced(byMilliseconds: -79_000_000), resolvedBy: "bob", roles: [], members: []),
        ]
    }

    static var timeline: [IncidentItem.Entry] {
        [
            .init(at: now.advanced(byMilliseconds: -734_000), kind: "firing", actor: "", text: "HostOutOfDisk db1.example.org: it fires"),
            .init(at: now.advanced(byMilliseconds: -733_000), kind: "page_queued", actor: "", text: "a page to team-storage was queued"),
            .init(at: now.advanced(byMilliseconds: -600_000), kind: "note", actor: "ann", text: "deleting old snapshots"),
        ]
    }

    static var onCall: OnCallState {
        OnCallState(
            schedules: [
                OnCallItem(
                    schedule: "primary", zone: "Europe/Berlin", person: "ann", fullName: "Ann Example", until: now.advanced(byMilliseconds: 28_800_000), next: "bob",
                    note: .init(at: now.advanced(byMilliseconds: -30_000_000), author: "bob", text: "db1 fills up every night, see the ticket"),
                    overrides: [.init(person: "carol", startsAt: now.advanced(byMilliseconds: 86_400_000), endsAt: now.advanced(byMilliseconds: 90_000_000), comment: "dentist")]),
                OnCallItem(schedule: "network", zone: "UTC", person: nil, fullName: "", until: nil, next: nil, note: nil, overrides: []),
            ],
            escalations: [
                EscalationItem(
                    id: 3, policy: "storage", group: pairs(["alertname": "HostOutOfDisk"]), state: "open", openedAt: now.advanced(byMilliseconds: -730_000),
                    nextAt: now.advanced(byMilliseconds: 170_000), pages: [(person: "ann", at: now.advanced(byMilliseconds: -730_000), state: "told")])
            ])
    }

    static let boardEntries = [
        BoardLibrary.Entry(path: "Dashboards/hosts.yml", title: "Hosts", identifier: "hosts", tags: ["host"], problem: nil), BoardLibrary.Entry(path: "Dashboards/broken.yml", title: "broken.yml", identifier: "", tags: [], problem: "broken.yml:1:1: the file must be a list"),
    ]

    static var board: Board {
        let text = """
            title: Hosts
            panels:
              - {title: Load, type: timeseries, query: node_load1}
              - {title: About, type: text, text: "What hosts do"}
            """
        do { return try BoardFile.parse(Array(text.utf8), path: "Dashboards/hosts.yml") } catch { fatalError("\(error)") }
    }

    static let objectives = [
        ObjectiveItem(service: "shop", name: "checkout", objective: 0.999, budgetLeft: -0.1, burnRate: 20), ObjectiveItem(service: "shop", name: "search", objective: 0.99, budgetLeft: 0.8, burnRate: 0.2),
    ]

    static var losses: AgentLosses {
        AgentLosses(droppedLines: ["web1": 1234], possibleLosses: [:], spoolBytes: ["web1": 1_500_000, "web2": 0], sendFailures: ["cache1": 3])
    }

    static var logs: [LogItem] {
        let levels: [LogLevel] = [.info, .info, .warn, .debug, .error, .fatal]
        return (0..<60).map { (index: Int) -> LogItem in
            let moment = now.nanos.nanoseconds - Int64(index) * 3_100_000_000
            return LogItem(
                timestamp: NanoTimestamp(nanoseconds: moment), level: levels[index * 5 % 6],
                stream: pairs(["instance": "web\(index % 3 + 1)", "job": "nginx"]), line: "GET /cart/\(index) took \(index * 37 % 900) ms für 東京",
                fields: pairs(["status": "200", "path": "/cart/\(index)"]))
        }
    }

    static func detail(_ tab: HostTab) -> HostDetail {
        var detail = HostDetail(instance: "db1.example.org", tab: tab, window: window)
        for (index, panel) in tab.panels.enumerated() {
            let scale = panel.unit == .fraction ? 1.0 : 4_000_000
            detail.panels.append(panel.lines.enumerated().map { HostDetail.Course(name: $1.name.isEmpty ? "part\($0)" : $1.name, values: wave(index * 2 + $0, scale)) })
        }
        detail.fileSystems = [
            .init(mountPoint: "/var", device: "/dev/sdb1", sizeBytes: 500e9, availableBytes: 15e9), .init(mountPoint: "/", device: "/dev/sda1", sizeBytes: 100e9, availableBytes: 61e9),
        ]
        detail.logs = logs
        return detail
    }

    static func model(_ size: Size, _ capabilities: Capabilities = rgb) -> DashboardModel {
        var model = DashboardModel(size: size, theme: Theme(capabilities: capabilities), url: "http://127.0.0.1:9845", now: now)
        model.actor = "ann"
        for action in [Action.status(status, at: now), .board(alertBoard, of: nil), .hosts(measures), .onCall(onCall)] { _ = Reducer.reduce(&model, action) }
        return model
    }

    /// Every screen by name, each as it is reached by keys.
    static func screens(_ size: Size, _ capabilities: Capabilities) -> [(name: String, model: DashboardModel)] {
        let base = model(size, capabilities)
        var frames: [(String, DashboardModel)] = []
        func add(_ name: String, _ keys: String, _ actions: [Action] = [], then more: String = "") {
            var model = base
            _ = type(keys, &model)
            for action in actions { _ = Reducer.reduce(&model, action) }
            _ = type(more, &model)
            frames.append((name, model))
        }
        let search = LogSearch(query: "", span: .standard)
        let story = AlertStory(fingerprint: alerts[0].fingerprint, verdict: "It fires and was paged to team-storage.", lines: timeline)
        add("overview", "", [.trends(trends), .logs(search, logs)])
        add("alerts", "2", [.story(story)])
        add("alert-detail", "2\r", [.story(story)])
        add("alerts-pending", "2 a")
        add("silence", "2s", [], then: "batch job")
        add("incidents", "3", [.incidents(incidents), .timeline(id: 7, timeline)], then: "\r")
        add("hosts", "4", [.trends(trends)])
        for tab in HostTab.allCases { add("host-\(tab)", "4\r" + String(repeating: "\t", count: tab.rawValue), [.host(detail(tab))]) }
        add("logs", "5", [.logs(search, logs)], then: "jj\r")
        add("logs-found", "5", [.logs(search, logs)], then: "/cart/1\rmi!took 37\r")
        add("log-context", "5", [.logs(search, logs), .logContext(LogContext(lines: Array(logs.prefix(20).reversed()), hit: 12))])
        add("dashboards", "6", [.boards(.listed(boardEntries))])
        add("dashboard", "6", [.boards(.listed(boardEntries)), .boards(.opened(path: "Dashboards/hosts.yml", board))])
        add("slo", "7", [.objectives(objectives)])
        add("slo-none", "7", [.objectives([])])
        add("on-call", "8")
        add("agents", "9", [.losses(losses)])
        add("health", "0")
        add("help", "?")
        add("help-filtered", "?", [], then: "error")
        add("palette", ":", [], then: "lo\t")
        add("rewound", "t", [], then: "at -2h\r")
        add("disconnected", "2", [
            .failed(.unreachable(reason: "connection refused"), at: now.advanced(byMilliseconds: 2000)), .tick(now.advanced(byMilliseconds: 92_000)),
        ])
        return frames
    }

    /// Types characters; a carriage return is Enter, a tab Tab.
    @discardableResult
    static func type(_ text: String, _ model: inout DashboardModel) -> [Effect] {
        text.flatMap { character -> [Effect] in
            let event: InputEvent = character == "\r" ? .key(.enter) : character == "\t" ? .key(.tab) : .key(.character(character))
            return Reducer.reduce(&model, .input(event))
        }
    }
}

/// Answers by path; anything else is 404.
struct ScriptedTransport: APITransport {
    var answers: [String: (status: Int, body: String)] = [:]
    var error: DashboardError?
    /// What was sent, in order.
    let sent = Locked<[String]>([])

    func get(_ path: String, _ query: [(String, String)]) async throws(DashboardError) -> (status: Int, body: [UInt8]) {
        if let error { throw error }
        let answer = answers[path] ?? (404, "not found")
        return (answer.status, Array(answer.body.utf8))
    }

    func send(_ method: String, _ path: String, json: [UInt8]) async throws(DashboardError) -> (status: Int, body: [UInt8]) {
        sent.withLock { $0.append("\(method) \(path) \(String(decoding: json, as: UTF8.self))") }
        return try await get(path, [])
    }

    func stream(
        _ path: String, _ query: [(String, String)], _ receive: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
    ) async throws(DashboardError) -> (status: Int, body: [UInt8]) {
        let (status, body) = try await get(path, query)
        if status == 200 { _ = body.withUnsafeBytes { receive($0) } }
        return (status, status == 200 ? [] : body)
    }

    static let healthy = ScriptedTransport(answers: [
        "/api/v1/nightjar/board": (200, #"{"status":"success","data":{"changes":"1-2","alerts":[{"fingerprint":"f1","labels":{"alertname":"A","severity":"warning","instance":"web1"},"annotations":{"summary":"s"},"phase":"firing","activeAt":"2027-01-15T07:59:00.5Z","value":1,"silencedBy":[],"acknowledgement":{"kind":"acked","actor":"ann","at":"2027-01-15T07:59:30Z","comment":"mine"}},{"fingerprint":"f2","labels":{"alertname":"B"},"phase":"strange"}]}}"#),
        "/api/v1/nightjar/changes": (200, #"{"status":"success","data":{"changes":"1-3"}}"#),
        "/api/v1/nightjar/incidents": (200, #"{"status":"success","data":{"incidents":[{"id":4,"state":"open","severity":"critical","title":"A web1","groupKey":"g","runbook":"","openedAt":"2027-01-15T07:59:00Z","resolvedBy":"","roles":{"lead":"ann"},"alerts":[{"fingerprint":"f1","labels":{"alertname":"A"},"firedAt":"2027-01-15T07:59:00Z"}]}]}}"#),
        "/api/v1/nightjar/incidents/4": (200, #"{"status":"success","data":{"id":4,"state":"open","severity":"critical","title":"A web1","openedAt":"2027-01-15T07:59:00Z","timeline":[{"at":"2027-01-15T07:59:00Z","kind":"firing","actor":"","text":"it fires"}]}}"#),
        "/api/v1/nightjar/oncall": (200, #"{"status":"success","data":{"schedules":[{"name":"primary","zone":"UTC","person":"ann","cause":"rotation","fullName":"Ann","until":"2027-01-15T16:00:00Z","next":null,"note":null,"overrides":[]}]}}"#),
        "/api/v1/nightjar/escalations": (200, #"{"status":"success","data":{"escalations":[]}}"#),
        "/api/v1/rules": (200, #"{"status":"success","data":{"groups":[{"name":"g","file":"f.yml","rules":[{"name":"R","health":"err","lastError":"boom","query":"x"},{"name":"S","health":"ok"}]}]}}"#),
        "/api/v1/nightjar/status": (200, #"{"status":"success","data":{"version":"0.1","startedAt":"2027-01-15T07:00:00Z","agents":[{"id":"x","instance":"web1","version":"0.1","secondsSinceSeen":2.5,"state":"ok"}],"metricStore":{"headSeries":12,"isAcknowledging":true},"alerting":{"groups":1,"rules":2,"problems":[{"file":"f.yml","line":3,"reason":"bad"}],"outbox":{"pending":1,"failed":0,"oldestPendingSeconds":null},"lastEvaluation":null},"ingest":{"isAccepting":true,"refusingReason":null}}}"#),
        "/api/v1/query_range": (200, #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"instance":"web1"},"values":[[1799999985,"0.25"],[1800000000,"0.5"]]}]},"warnings":["w"]}"#),
        "/api/v1/query": (200, #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"instance":"web1"},"value":[1800000000,"1799999998"]}]}}"#),
        "/api/v1/nightjar/logs": (200, #"{"status":"success","data":[{"timestamp":"1800000000000000000","level":"error","stream":{"instance":"web1"},"line":"boom","fields":{"a":1,"b":"x","c":true,"d":null,"e":{"f":1}}}]}"#),
        "/api/v1/nightjar/tail": (200, "\n{\"timestamp\":\"1\",\"level\":\"info\",\"stream\":{},\"line\":\"one\"}\n{\"skipped\":7}\n\n{\"timestamp\":\"2\",\"level\":\"info\",\"stream\":{},\"line\":\"two\"}\n"),
    ])
}
