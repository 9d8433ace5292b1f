import Boards
import Foundations
import Glibc
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

    /// A wave with some noise between 0 and 1, by the moment alone.
    private static func value(_ seed: Int, _ seconds: Int64) -> Double {
        let noise = Double((seconds &* 7919 &+ Int64(seed) &* 104_729) % 101) / 101
        return min(1, max(0, 0.5 + 0.35 * sin(Double(seconds) / 450 + Double(seed)) + 0.12 * noise))
    }

    static func measures(_ hosts: Int, at moment: Timestamp) -> HostMeasures {
        var measures = HostMeasures()
        let seconds = moment.milliseconds / 1000
        for number in 0..<hosts {
            let name = host(number)
            measures.cpu[name] = value(number, seconds)
            measures.memory[name] = Double(number % 77) / 77
            measures.sampledAt[name] = moment.seconds - 4
            measures.places[name] = HostPlace(environment: "prod", region: "r\(number % 7)", tier: "t\(number % 4)")
        }
        return measures
    }

    private static func course(_ seed: Int, _ window: TimeWindow) -> [Double?] {
        (0..<window.count).map { value(seed, window.start.milliseconds / 1000 + Int64($0) * window.stepSeconds) }
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

    /// Eight charts, two of them stacked, two figures, bars and a table.
    static let boardFile = """
        title: Trial
        range: 1h
        refresh: 1s
        panels:
        """ + (0..<8).map { index in
            "\n  - {title: Chart \(index), query: 'm\(index)', legend: '{{host}}', unit: bytes, size: 8x10\(index % 4 == 0 ? ", stack: normal" : ""), legend_values: [mean, last]}"
        }.joined() + """

          - {title: State, type: stat, query: s, size: 4x10}
          - {title: Load, type: stat, query: t, size: 4x10}
          - {title: Disks, type: bargauge, query: d, legend: '{{host}}', size: 8x10}
          - {title: Hosts, type: table, query: h, size: 8x10}
        """

    /// Five series in waves.
    struct Source: BoardSource {
        func answer(_ request: BoardRequest) async throws -> BoardAnswer {
            let times: [Int64]
            let text: String
            switch request {
            case .range(let expression, _, let window): (text, times) = (expression, window.times)
            case .instant(let expression, _, let moment): (text, times) = (expression, [moment.milliseconds])
            default: return .names([])
            }
            let seed = text.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xFFF }
            return .series((0..<5).map { index in
                BoardSeries(labels: ["host": "host\(index)"], times: times, values: times.map { TrialData.value(seed + index * 17, $0 / 1000) * 1_000_000 })
            })
        }
    }
}
