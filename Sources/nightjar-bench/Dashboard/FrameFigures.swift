import Dashboard
import Foundation
import Foundations
import Terminal

/// What frames, their bytes and keys cost, with the dashboard's own reducer, screens and encoder in this process.
struct FrameFigures {
    let alerts: Int
    let hosts: Int

    static let size = Size(columns: 200, rows: 60)
    private static let frames = 300
    private static let wallDays = 30

    /// Calls `report` with the figures as they come.
    func measure(_ report: ([DashboardFigure]) -> Void) async throws {
        report(try await drawing())
        report([idle()])
        report(try await updates())
        report(tail())
        report(keys())
        report([wall()])
    }

    /// Encodes frames of a trial as a screen does, and counts the bytes.
    private struct Screen {
        var encoder = FrameEncoder(capabilities: Capabilities(colours: .indexed256, showsUnicode: true))
        var shown: Buffer?

        init() { encoder.capabilities.synchronizesOutput = true }

        mutating func draw(_ frame: Buffer) -> Int {
            var bytes: [UInt8] = []
            encoder.encode(from: shown, to: frame, into: &bytes)
            shown = frame
            return bytes.count
        }
    }

    /// Milliseconds that each of many calls takes this thread.
    private func times(_ count: Int, _ body: (Int) -> Void) -> [Double] {
        (0..<count).map { number in
            let start = Self.threadMilliseconds()
            body(number)
            return Self.threadMilliseconds() - start
        }
    }

    private static func threadMilliseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1e6
    }

    private func drawing() async throws -> [DashboardFigure] {
        var figures: [DashboardFigure] = []
        for (name, keys) in [("overview", "1"), ("alerts", "2"), ("hosts", "4"), ("a host", "4\r"), ("logs", "5")] {
            var trial = DashboardTrial(alerts: 500, hosts: 100, size: Self.size)
            keys.forEach { trial.press($0) }
            trial.receive(lines: 500, bytes: 120)
            var screen = Screen()
            _ = screen.draw(trial.frame())
            let all = times(Self.frames) { round in
                trial.tick()
                trial.refreshHost()
                trial.press(round % 2 == 0 ? "j" : "k")
                _ = screen.draw(trial.frame())
            }
            figures.append(DashboardFigure("draw and diff of a frame, 200x60, \(name), p99", .milliseconds, all.p99, goal: 2))
        }
        var (trial, screen) = (DashboardTrial(alerts: 500, hosts: 100, size: Self.size), Screen())
        try trial.openBoard()
        var all: [Double] = []
        for _ in 0..<Self.frames {
            for _ in 0..<60 { trial.tick() }
            await trial.refreshBoard()
            all += times(1) { _ in _ = screen.draw(trial.frame()) }
        }
        figures.append(DashboardFigure("the same, a dashboard of 12 panels with new data in all, p99", .milliseconds, all.p99, goal: 2))
        return figures
    }

    /// Ten minutes in which the collector answers, and nothing changes but the time.
    private func idle() -> DashboardFigure {
        var (trial, screen) = (DashboardTrial(alerts: 500, hosts: 100, size: Self.size), Screen())
        trial.press("2")
        _ = screen.draw(trial.frame())
        var bytes = 0
        for second in 1...600 {
            trial.tick()
            if second % 2 == 0 { trial.answerStatus() }
            if second % 10 == 0 { trial.receiveMeasures() }
            bytes += screen.draw(trial.frame())
        }
        return DashboardFigure("bytes while nothing changes but the time", .bytesPerSecond, Double(bytes) / 600, goal: 20)
    }

    private func updates() async throws -> [DashboardFigure] {
        var (trial, screen) = (DashboardTrial(alerts: 20, hosts: 5, size: Self.size), Screen())
        try trial.openBoard()
        await trial.refreshBoard()
        _ = screen.draw(trial.frame())
        var seconds: [Double] = []
        for _ in 0..<900 {
            trial.tick()
            await trial.refreshBoard()
            seconds.append(Double(screen.draw(trial.frame())))
        }
        (trial, screen) = (DashboardTrial(alerts: 20, hosts: 5, size: Self.size), Screen())
        for key in "4\r" { trial.press(key) }
        trial.refreshHost()
        _ = screen.draw(trial.frame())
        var host: [Double] = []
        for _ in 0..<200 {
            for _ in 0..<15 { trial.tick() }
            trial.refreshHost()
            host.append(Double(screen.draw(trial.frame())))
        }
        return [
            DashboardFigure("bytes of an update of 12 panels at 1 Hz, 256 colours, mean", .bytes, seconds.reduce(0, +) / Double(seconds.count), goal: 8000),
            DashboardFigure("the same, most of 15 minutes", .bytes, seconds.max() ?? .nan, goal: 8000),
            DashboardFigure("bytes of an update of a host's charts, most", .bytes, host.max() ?? .nan, goal: 8000),
        ]
    }

    private func tail() -> [DashboardFigure] {
        var figures: [DashboardFigure] = []
        let bytes = 120
        for perSecond in [20, 1] {
            var (trial, screen) = (DashboardTrial(alerts: 20, hosts: 5, size: Self.size), Screen())
            for key in "5f" { trial.press(key) }
            trial.receive(lines: 500, bytes: bytes)
            _ = screen.draw(trial.frame())
            var written = 0
            for line in 1...400 {
                if line % perSecond == 0 { trial.tick() }
                trial.receive(lines: 1, bytes: bytes)
                written += screen.draw(trial.frame())
            }
            let title = perSecond > 1
                ? "bytes of a log line of \(bytes) bytes appended, \(perSecond) a second, with all that it changes" : "the same at 1 a second, where each moves clock and histogram"
            figures.append(DashboardFigure(title, .times, Double(written) / 400 / Double(bytes), goal: perSecond > 1 ? 1.3 : nil))
        }
        var (trial, screen) = (DashboardTrial(alerts: 20, hosts: 5, size: Self.size), Screen())
        for key in "5f" { trial.press(key) }
        let (frames, lines) = (60, 1700)
        let spent = times(frames) { _ in
            trial.receive(lines: lines, bytes: bytes)
            _ = screen.draw(trial.frame())
        }.reduce(0, +) / 1000
        figures.append(DashboardFigure("lines of the tail taken and drawn a CPU second, 30 frames a second", .linesPerSecond, Double(frames * lines) / spent, goal: 50_000))
        return figures
    }

    private func keys() -> [DashboardFigure] {
        var (trial, screen) = (DashboardTrial(alerts: alerts, hosts: hosts, size: Self.size), Screen())
        return [("alerts", "2/", "web9 critical"), ("hosts", "4/", "web1 prod")].map { name, keys, filter in
            keys.forEach { trial.press($0) }
            _ = screen.draw(trial.frame())
            let filter = Array(filter)
            let all = times(filter.count) { number in
                trial.press(filter[number])
                _ = screen.draw(trial.frame())
            }
            trial.press("\r")
            return DashboardFigure("key of a filter over \(grouped(name == "alerts" ? alerts : hosts)) \(name), worst", .milliseconds, all.max() ?? .nan, goal: 30)
        }
    }

    /// Thirty days on a wall, a minute at a time: in each the collector answers, hosts send, the screen turns and is drawn, and every
    /// ninth brings other alerts.
    private func wall() -> DashboardFigure {
        var (trial, screen) = (DashboardTrial(alerts: 50, hosts: 30, size: Self.size, isWall: true), Screen())
        var resident = 0
        for minute in 0..<Self.wallDays * 1440 {
            // What a day needs once is there after its first hours.
            if minute == 360 { resident = residentBytes() }
            trial.tick(seconds: 60)
            trial.answerStatus()
            trial.receiveMeasures()
            if minute % 9 == 0 { trial.receiveAlerts(30 + minute / 9 % 40) }
            _ = screen.draw(trial.frame())
        }
        return DashboardFigure("growth of RSS in \(Self.wallDays) simulated days on the wall", .megabytes, Double(residentBytes() - resident) / 1e6, goal: 2)
    }
}
