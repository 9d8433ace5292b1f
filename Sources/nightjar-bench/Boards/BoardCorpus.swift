import Boards
import Foundation
import Foundations
import Terminal

/// Every dashboard of a folder: what of them isn't drawn, and whether they can be drawn at three widths with data of any kind.
struct BoardCorpus {
    let folder: String

    static let widths = [80, 120, 200]

    func run() async throws {
        let paths = try Self.paths(folder)
        guard !paths.isEmpty else { throw BenchError("there is no .json, .yml or .yaml file in \(folder)") }
        let checks = paths.map { BoardCheck($0) }
        let read = checks.filter(\.problems.isEmpty)
        print("\(checks.count) dashboards in \(folder)\n")
        row("read", "\(read.count)")
        row("without a placeholder", share(read.count(where: \.isWithoutPlaceholder), checks.count))
        row("with everything as they have it", share(read.count(where: \.isWhole), checks.count))
        let panels = read.reduce(0) { $0 + $1.panels }
        row("panels", "\(panels)")
        row("panels that are drawn", share(read.reduce(0) { $0 + $1.supported }, panels))
        row("panels drawn in part", share(read.reduce(0) { $0 + $1.inPart }, panels))
        table("What isn't drawn", read.flatMap(\.notices).map { "\($0.severity.rawValue): \($0.reason)" } + checks.flatMap(\.problems).map { "not read: \($0.reason)" })
        var kinds: [String] = [], states: [String] = []
        let began = Date()
        for check in read { try await draw(check.path, &kinds, &states) }
        table("Panels by what they are drawn as", kinds)
        table("Panels after an evaluation with made-up data, at \(Self.widths.map(String.init).joined(separator: ", ")) columns", states)
        print(String(format: "\nevaluated and drawn in %.1f s", Date().timeIntervalSince(began)))
    }

    /// Lays out, evaluates and draws one at each width.
    private func draw(_ path: String, _ kinds: inout [String], _ states: inout [String]) async throws {
        var board = try BoardFile.load(path)
        board.openRows()
        for panel in board.panels.flatMap({ [$0] + $0.rowPanels }) where panel.kind != .row { kinds.append(panel.kind.name) }
        let theme = Theme(capabilities: Capabilities(colours: .indexed256, showsUnicode: true))
        for width in Self.widths {
            let clock = ManualClock(milliseconds: Timestamp(seconds: 1_800_000_000).milliseconds)
            let view = await BoardSnapshot.view(of: board, source: MadeUpSource(), columns: width, theme: theme, clock: clock)
            if BoardSnapshot.text(view).isEmpty { states.append("nothing was drawn of \(path)") }
            for (key, result) in view.results {
                if let failure = result.failure { states.append("failed: \(failure)") } else { states.append(result.content?.isEmpty ?? true ? "no data (panel \(key.place) of \(path))" : "with data") }
            }
        }
    }

    private func row(_ name: String, _ text: String) { print(name.padding(toLength: 46, withPad: " ", startingAt: 0) + text) }
    private func share(_ count: Int, _ all: Int) -> String { all == 0 ? "0" : String(format: "%d (%.1f %%)", count, Double(count) / Double(all) * 100) }

    /// Texts by how often they come, those in quotes taken together.
    private func table(_ title: String, _ texts: [String]) {
        guard !texts.isEmpty else { return }
        print("\n\(title)")
        let counts = Dictionary(texts.map { ($0, 1) }, uniquingKeysWith: +)
        for (text, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(60) { print(String(format: "%7d  ", count) + SafeText(text).string) }
    }

    static func paths(_ folder: String) throws -> [String] {
        guard let walk = FileManager.default.enumerator(atPath: folder) else { throw BenchError("\(folder) is no folder that can be read") }
        let names = walk.compactMap { $0 as? String }.filter { name in [".json", ".yml", ".yaml"].contains { name.hasSuffix($0) } }
        return names.sorted().map { folder + "/" + $0 }
    }
}

/// Answers any query with three series whose labels are those that the query names.
struct MadeUpSource: BoardSource {
    func answer(_ request: BoardRequest) async throws -> BoardAnswer {
        switch request {
        case .filtered(let inner, _): return try await answer(inner)
        case .range(let expression, _, let window): return .series(Self.series(expression, window.times))
        case .instant(let expression, _, let moment): return .series(Self.series(expression, [moment.milliseconds]))
        case .logs(_, _, let to, _):
            return .lines((0..<20).map { BoardLogLine(timestamp: to.advanced(byMilliseconds: Int64(-$0) * 1700).nanos, level: "info", labels: ["job": "shop"], line: "GET /cart/\($0)") })
        case .labelNames, .logLabelNames: return .names(["instance", "job"])
        case .labelValues(let label, _, _, _), .logLabelValues(let label, _, _, _): return .names(["\(label)-1", "\(label)-2", "\(label)-3"])
        case .series: return .names([#"up{instance="instance-1",job="job-1"}"#])
        }
    }

    private static func series(_ expression: String, _ times: [Int64]) -> [BoardSeries] {
        let names = labels(expression)
        let seed = expression.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xFFF }
        let bounds = ["0.1", "1", "+Inf"]
        return (0..<3).map { index in
            let labels = Dictionary(names.map { ($0, $0 == "le" ? bounds[index] : "\($0)-\(index + 1)") }, uniquingKeysWith: { $1 })
            return BoardSeries(labels: labels, times: times, values: times.map { Double((Int($0 / 15_000) + seed + index * 17) % 100) })
        }
    }

    /// Names before a matcher, and those of groupings.
    private static func labels(_ expression: String) -> Set<String> {
        var names: Set<String> = []
        for match in expression.matches(of: /([a-zA-Z_][a-zA-Z0-9_]*)\s*(?:=~|!~|!=|=)\s*["']/) { names.insert(String(match.1)) }
        for match in expression.matches(of: /(?:by|on|group_left|group_right)\s*\(([^)]*)\)/) {
            names.formUnion(match.1.split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty })
        }
        return names
    }
}
