import Boards
import Foundations
import Model

/// Made-up alerts, hosts, courses and lines; what is asked for the same moment again is the same.
enum TrialData {
    static func board(_ count: Int, hosts: Int, at moment: Timestamp) -> AlertBoard {
        AlertBoard((0..<count).map { number in
            let labels = pairs([
                "alertname": "Alert\(number % 50)", "instance": host(number % hosts), "severity": ["critical", "warning", "info"][number % 3], "job": "node", "team": "team\(number % 9)",
            ])
            return AlertItem(
                fingerprint: String(number, radix: 16), labels: labels, annotations: pairs(["summary": "something is wrong with \(number), for the \(number % 7)th time"]), phase: .firing,
                activeAt: moment.advanced(byMilliseconds: -Int64(number % 5000) * 1000), value: Double(number))
        }, mark: "1-\(count)")
    }

    private static func host(_ number: Int) -> String { "web\(number).example.org" }

    static func measures(_ hosts: Int, at moment: Timestamp) -> HostMeasures {
        var measures = HostMeasures()
        let seconds = moment.milliseconds / 1000
        for number in 0..<hosts {
            let name = host(number)
            measures.cpu[name] = BoardTrial.value(number, seconds)
            measures.memory[name] = Double(number % 77) / 77
            measures.sampledAt[name] = moment.seconds - 4
            measures.places[name] = HostPlace(environment: "prod", region: "r\(number % 7)", tier: "t\(number % 4)")
        }
        return measures
    }

    private static func course(_ seed: Int, _ window: TimeWindow) -> [Double?] {
        (0..<window.count).map { BoardTrial.value(seed, window.start.milliseconds / 1000 + Int64($0) * window.stepSeconds) }
    }

    static func trends(_ hosts: [String], _ window: TimeWindow) -> HostTrends {
        var trends = HostTrends(instances: hosts, window: window)
        for (index, host) in hosts.enumerated() { (trends.cpu[host], trends.memory[host]) = (course(index, window), course(index + 50, window)) }
        return trends
    }

    static func detail(_ host: String, _ tab: HostTab, _ window: TimeWindow) -> HostDetail {
        var detail = HostDetail(instance: host, tab: tab, window: window)
        for (index, panel) in tab.panels.enumerated() {
            detail.panels.append(panel.lines.enumerated().map { HostDetail.Course(name: $1.name, values: course(index * 7 + $0, window)) })
        }
        return detail
    }

    static func line(_ number: Int, bytes: Int, at moment: Timestamp) -> LogItem {
        let head = "request \(number) "
        return LogItem(timestamp: moment.nanos, level: .info, stream: [], line: head + String(repeating: "x", count: max(0, bytes - head.utf8.count)))
    }
}
