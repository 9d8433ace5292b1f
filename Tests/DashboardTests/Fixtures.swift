import Foundations
import Model
import Terminal

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
        return AlertItem(
            labels: pairs(labels),
            annotations: pairs(["summary": summary, "description": "It has been so for a while and needs somebody to look at it.", "runbook_url": "https://runbooks.example/\(name)"]),
            phase: phase, activeAt: now.advanced(byMilliseconds: -secondsAgo * 1000), value: "0.97")
    }

    static let alerts = [
        alert("HostOutOfDisk", "critical", "db1.example.org", secondsAgo: 734, summary: "/var on db1 is 97 % full", more: ["team": "storage"]),
        alert("HostHighLoad", "warning", "web2", secondsAgo: 95, summary: "load of web2 is over twice its processors"),
        alert("HostClockSkew", "warning", "web3", secondsAgo: 20, phase: .pending, summary: "clock of web3 is 0.2 s off"),
        alert("Watchdog", "none", nil, secondsAgo: 90_000, summary: "always fires"),
    ].sorted(by: AlertItem.precedes)

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

    static var measures: HostMeasures {
        var measures = HostMeasures(start: window.start, end: window.end)
        for (index, name) in ["db1.example.org", "web1", "web2", "web3", "cache1"].enumerated() {
            measures.cpu[name] = wave(index)
            measures.memory[name] = wave(index + 3)
            measures.disk[name] = wave(index + 5)
            measures.load[name] = wave(index, 6)
            measures.receive[name] = wave(index, 3_000_000)
            measures.transmit[name] = wave(index + 1, 500_000)
            measures.processors[name] = 4
            measures.sampledAt[name] = now.seconds - (name == "cache1" ? 400 : 4)
        }
        return measures
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

    static var detail: HostDetail {
        var detail = HostDetail(instance: "db1.example.org", start: window.start, end: window.end)
        detail.cpu = wave(0)
        detail.memory = wave(3)
        detail.diskRead = wave(1, 8_000_000)
        detail.diskWrite = wave(2, 4_000_000)
        detail.receive = wave(0, 3_000_000)
        detail.transmit = wave(1, 500_000)
        detail.fileSystems = [
            .init(mountPoint: "/var", device: "/dev/sdb1", sizeBytes: 500e9, availableBytes: 15e9), .init(mountPoint: "/", device: "/dev/sda1", sizeBytes: 100e9, availableBytes: 61e9),
        ]
        detail.logs = logs
        return detail
    }

    static func model(_ size: Size, _ capabilities: Capabilities = rgb) -> DashboardModel {
        var model = DashboardModel(size: size, theme: Theme(capabilities: capabilities), url: "http://127.0.0.1:9845", now: now)
        _ = Reducer.reduce(&model, .status(status, alerts: alerts, at: now))
        _ = Reducer.reduce(&model, .measures(measures, at: now))
        return model
    }

    static func type(_ text: String, _ model: inout DashboardModel) -> [Effect] {
        text.flatMap { Reducer.reduce(&model, .input(.key(.character($0)))) }
    }
}

/// Answers by path; anything else is 404.
struct ScriptedTransport: APITransport {
    var answers: [String: (status: Int, body: String)] = [:]
    var error: DashboardError?

    func get(_ path: String, _ query: [(String, String)]) async throws(DashboardError) -> (status: Int, body: [UInt8]) {
        if let error { throw error }
        let answer = answers[path] ?? (404, "not found")
        return (answer.status, Array(answer.body.utf8))
    }

    func stream(
        _ path: String, _ query: [(String, String)], _ receive: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
    ) async throws(DashboardError) -> (status: Int, body: [UInt8]) {
        let (status, body) = try await get(path, query)
        if status == 200 { _ = body.withUnsafeBytes { receive($0) } }
        return (status, status == 200 ? [] : body)
    }

    static let healthy = ScriptedTransport(answers: [
        "/api/v1/alerts": (200, #"{"status":"success","data":{"alerts":[{"labels":{"alertname":"A","severity":"warning","instance":"web1"},"annotations":{"summary":"s"},"state":"firing","activeAt":"2027-01-15T07:59:00.5Z","value":"1e+00"},{"labels":{"alertname":"B"},"annotations":{},"state":"inactive","value":"0"}]}}"#),
        "/api/v1/rules": (200, #"{"status":"success","data":{"groups":[{"name":"g","file":"f.yml","rules":[{"name":"R","health":"err","lastError":"boom","query":"x"},{"name":"S","health":"ok"}]}]}}"#),
        "/api/v1/nightjar/status": (200, #"{"status":"success","data":{"version":"0.1","startedAt":"2027-01-15T07:00:00Z","agents":[{"id":"x","instance":"web1","version":"0.1","secondsSinceSeen":2.5,"state":"ok"}],"metricStore":{"headSeries":12,"isAcknowledging":true},"alerting":{"groups":1,"rules":2,"problems":[{"file":"f.yml","line":3,"reason":"bad"}],"outbox":{"pending":1,"failed":0,"oldestPendingSeconds":null},"lastEvaluation":null},"ingest":{"isAccepting":true,"refusingReason":null}}}"#),
        "/api/v1/query_range": (200, #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"instance":"web1"},"values":[[1799999985,"0.25"],[1800000000,"0.5"]]}]},"warnings":["w"]}"#),
        "/api/v1/query": (200, #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"instance":"web1"},"value":[1800000000,"1799999998"]}]}}"#),
        "/api/v1/nightjar/logs": (200, #"{"status":"success","data":[{"timestamp":"1800000000000000000","level":"error","stream":{"instance":"web1"},"line":"boom","fields":{"a":1,"b":"x","c":true,"d":null,"e":{"f":1}}}]}"#),
        "/api/v1/nightjar/tail": (200, "\n{\"timestamp\":\"1\",\"level\":\"info\",\"stream\":{},\"line\":\"one\"}\n{\"skipped\":7}\n\n{\"timestamp\":\"2\",\"level\":\"info\",\"stream\":{},\"line\":\"two\"}\n"),
    ])
}
