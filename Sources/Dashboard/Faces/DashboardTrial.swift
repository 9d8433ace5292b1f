import Foundations
import Model
import Terminal

/// A dashboard without terminal and collector, full of made-up alerts, hosts and lines: for measuring what a key and a frame cost.
package struct DashboardTrial {
    private static let start = Timestamp(seconds: 1_800_000_000)
    private var model: DashboardModel
    private var cache = FrameCache()
    private var lines = 0

    /// With so many alerts and hosts.
    package init(alerts: Int, hosts: Int, size: Size, colours: ColourDepth = .indexed256) {
        let theme = Theme(capabilities: Capabilities(colours: colours, showsUnicode: true))
        model = DashboardModel(size: size, theme: theme, url: "http://127.0.0.1:9845", now: Self.start)
        var measures = HostMeasures()
        for number in 0..<hosts {
            let name = "web\(number).example.org"
            measures.cpu[name] = Double(number % 100) / 100
            measures.memory[name] = Double(number % 77) / 77
            measures.sampledAt[name] = Self.start.seconds - 4
            measures.places[name] = HostPlace(environment: "prod", region: "r\(number % 7)", tier: "t\(number % 4)")
        }
        for action in [Action.status(CollectorStatus(), at: Self.start), .board(Self.board(alerts, hosts: max(1, hosts)), of: nil), .hosts(measures)] { _ = Reducer.reduce(&model, action) }
    }

    private static func board(_ count: Int, hosts: Int) -> AlertBoard {
        AlertBoard((0..<count).map { number in
            let labels = pairs([
                "alertname": "Alert\(number % 50)", "instance": "web\(number % hosts).example.org", "severity": ["critical", "warning", "info"][number % 3], "job": "node", "team": "team\(number % 9)",
            ])
            return AlertItem(
                fingerprint: String(number, radix: 16), labels: labels, annotations: pairs(["summary": "something is wrong with \(number), for the \(number % 7)th time"]), phase: .firing,
                activeAt: start.advanced(byMilliseconds: -Int64(number % 5000) * 1000), value: Double(number))
        }, mark: "1-1")
    }

    /// Presses a key; a carriage return is Enter.
    package mutating func press(_ key: Character) {
        cache.invalidate()
        _ = Reducer.reduce(&model, .input(key == "\r" ? .key(.enter) : .key(.character(key))))
    }

    /// Lets a second pass.
    package mutating func tick() { _ = Reducer.reduce(&model, .tick(model.now.advanced(byMilliseconds: 1000))) }

    /// Lines come by the live tail, of so many bytes each.
    package mutating func receive(lines count: Int, bytes: Int) {
        cache.invalidate()
        let batch = TailBatch(items: (0..<count).map { number in
            let text = "request \(lines + number) " + String(repeating: "x", count: max(0, bytes - 16))
            return LogItem(timestamp: model.now.nanos, level: .info, stream: [], line: text)
        })
        lines += count
        _ = Reducer.reduce(&model, .tail(query: "", batch))
    }

    /// The open host gets another round of data, as twelve live panels do.
    package mutating func refreshHost(_ round: Int) {
        cache.invalidate()
        guard let host = model.openHost else { return }
        let window = TimeWindow(model.span, at: model.now)
        var detail = HostDetail(instance: host, tab: model.hostTab, window: window)
        for (index, panel) in model.hostTab.panels.enumerated() {
            detail.panels.append(panel.lines.map { line in
                HostDetail.Course(name: line.name, values: (0..<window.count).map { Double(($0 + round) * (7 + index) % 61) / 61 })
            })
        }
        _ = Reducer.reduce(&model, .host(detail))
    }

    package mutating func frame() -> Buffer { cache.frame(of: model) }
}
