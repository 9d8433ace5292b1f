import ArgumentParser
import Dashboard
import Foundations
import Terminal

/// `nightjar-bench dashboard`: what frames, keys and log lines of the terminal dashboard cost.
struct DashboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard", abstract: "Measures the terminal dashboard: frames, their bytes, keys over many alerts and hosts, the live tail.")

    @Option(help: "Alerts that fire.") var alerts = 100_000
    @Option(help: "Hosts that send.") var hosts = 10_000

    func run() async throws { try await DashboardBench(alerts: alerts, hosts: hosts).report() }
}

struct DashboardBench: ModuleBench {
    let alerts: Int
    let hosts: Int

    private static let size = Size(columns: 200, rows: 60)
    private static let frames = 300

    var title: String { "Terminal dashboard: 200x60 in 256 colours, \(grouped(alerts)) alerts, \(grouped(hosts)) hosts" }

    func measure() async throws -> [Measure] { frameMeasures() + keyMeasures() + tailMeasures() }

    /// Encodes frames of a trial as a screen does, and counts the bytes.
    private struct Screen {
        var encoder = FrameEncoder(capabilities: Capabilities(colours: .indexed256, showsUnicode: true))
        var shown: Buffer?

        mutating func draw(_ frame: Buffer) -> Int {
            var bytes: [UInt8] = []
            encoder.encode(from: shown, to: frame, into: &bytes)
            shown = frame
            return bytes.count
        }
    }

    /// Milliseconds of CPU that each of many calls takes, in order of size.
    private func times(_ count: Int, _ body: (Int) -> Void) -> [Double] {
        (0..<count).map { number in
            let start = Cost.processorSeconds()
            body(number)
            return (Cost.processorSeconds() - start) * 1000
        }.sorted()
    }

    private func frameMeasures() -> [Measure] {
        var measures: [Measure] = []
        for (name, keys) in [("overview", "1"), ("alerts", "2"), ("hosts", "4"), ("host", "4\r"), ("logs", "5")] {
            var trial = DashboardTrial(alerts: 500, hosts: 100, size: Self.size)
            keys.forEach { trial.press($0) }
            trial.receive(lines: 500, bytes: 120)
            var screen = Screen()
            _ = screen.draw(trial.frame())
            let all = times(Self.frames) { round in
                trial.refreshHost(round)
                trial.press(round % 2 == 0 ? "j" : "k")
                _ = screen.draw(trial.frame())
            }
            measures.append(Measure(title: "draw and diff, \(name), p99", unit: .milliseconds, value: all[all.count * 99 / 100]))
        }
        var trial = DashboardTrial(alerts: 500, hosts: 100, size: Self.size)
        var screen = Screen()
        _ = screen.draw(trial.frame())
        var bytes = 0
        for _ in 0..<60 {
            trial.tick()
            bytes += screen.draw(trial.frame())
        }
        measures.append(Measure(title: "bytes a second while nothing happens", unit: .count, value: Double(bytes) / 60))
        trial = DashboardTrial(alerts: 20, hosts: 5, size: Self.size)
        for key in "4\r" { trial.press(key) }
        trial.refreshHost(0)
        screen = Screen()
        _ = screen.draw(trial.frame())
        bytes = 0
        for round in 1...20 {
            trial.refreshHost(round)
            bytes += screen.draw(trial.frame())
        }
        measures.append(Measure(title: "bytes of an update of a host's charts", unit: .count, value: Double(bytes) / 20))
        return measures
    }

    private func keyMeasures() -> [Measure] {
        var trial = DashboardTrial(alerts: alerts, hosts: hosts, size: Self.size)
        var screen = Screen()
        var measures: [Measure] = []
        for (name, keys, filter) in [("alerts", "2/", "web9 critical"), ("hosts", "4/", "web1 prod")] {
            keys.forEach { trial.press($0) }
            _ = screen.draw(trial.frame())
            let filter = Array(filter)
            let all = times(filter.count) { number in
                trial.press(filter[number])
                _ = screen.draw(trial.frame())
            }
            measures.append(Measure(title: "key of a filter over \(name), worst", unit: .milliseconds, value: all.last ?? .nan))
            trial.press("\r")
        }
        return measures
    }

    private func tailMeasures() -> [Measure] {
        var trial = DashboardTrial(alerts: 20, hosts: 5, size: Self.size)
        for key in "5f" { trial.press(key) }
        trial.receive(lines: 500, bytes: 120)
        var screen = Screen()
        _ = screen.draw(trial.frame())
        var bytes = 0
        for _ in 0..<200 {
            trial.receive(lines: 1, bytes: 120)
            bytes += screen.draw(trial.frame())
        }
        let start = Cost.processorSeconds()
        for _ in 0..<30 {
            trial.receive(lines: 300, bytes: 120)
            _ = screen.draw(trial.frame())
        }
        let perLine = (Cost.processorSeconds() - start) / 9000
        return [
            Measure(title: "bytes of a log line of 120 bytes appended", unit: .count, value: Double(bytes) / 200),
            Measure(title: "lines drawn per CPU second", unit: .linesPerSecond, value: 1 / perLine),
        ]
    }
}
