import Foundations
import Settings
import Terminal

@testable import Boards

/// Samples in the shape of real files, and a source that answers every question in the same way.
enum Fixtures {
    static let now = Timestamp(seconds: 1_800_000_000)
    static let folder = Paths.directory(of: #filePath)
    static let rgb = Capabilities(colours: .rgb, showsUnicode: true)
    static let looks: [(name: String, capabilities: Capabilities)] = [
        ("rgb", rgb), ("16", Capabilities(colours: .sixteen, showsUnicode: true)), ("none", Capabilities(colours: .none, showsUnicode: true)),
        ("blocks", Capabilities(colours: .none, showsUnicode: true, showsBraille: false)), ("ascii", Capabilities(colours: .none, showsUnicode: false)),
    ]

    static func sample(_ name: String) throws -> Board {
        let path = Paths.join(folder, "Samples/\(name)")
        return try BoardFile.parse(try RealFileSystem().readAll(path, bytesMax: 1 << 20), path: name)
    }

    static func yaml(_ text: String) throws(SettingsProblems) -> Board { try BoardFile.parse(Array(text.utf8), path: "board.yml") }

    /// A view with all of its data, after its variables were loaded and its panels evaluated.
    static func view(_ board: Board, _ size: Size, _ capabilities: Capabilities = rgb, source: any BoardSource = WaveSource()) async -> BoardView {
        var view = BoardView(board, size: size, theme: Theme(capabilities: capabilities), now: now)
        let runner = BoardRunner(source: source, clock: ManualClock(milliseconds: now.milliseconds))
        await perform(view.start(), runner, &view)
        return view
    }

    /// Does what a view asks for until it asks for nothing more.
    static func perform(_ effects: [BoardEffect], _ runner: BoardRunner, _ view: inout BoardView) async {
        for effect in effects {
            switch effect {
            case .loadVariables(let question):
                let action = await runner.variables(question)
                await perform(view.reduce(action), runner, &view)
            case .annotate(let question):
                let action = await runner.marks(question)
                await perform(view.reduce(action), runner, &view)
            case .open, .look, .copy: break
            case .complete(let label, let question):
                let action = await runner.completions(label, question)
                await perform(view.reduce(action), runner, &view)
            case .evaluate(let question):
                let results = await runner.evaluate(question)
                await perform(view.reduce(.results(results, generation: question.generation)), runner, &view)
            }
        }
    }

    static func draw(_ view: BoardView) -> Buffer {
        var buffer = Buffer(view.size)
        BoardRenderer.render(view, in: buffer.bounds, to: &buffer)
        return buffer
    }
}

/// Three hosts in waves; what a question asks for decides the shape.
struct WaveSource: BoardSource {
    var refusal: BoardSourceError?
    /// Labels' values are taken from here; hosts where there are none.
    var names: [String: [String]] = ["region": ["eu", "us"], "instance": ["web1:9100", "web2:9100", "db1:9100"], "mode": ["user", "system", "idle"]]

    func answer(_ request: BoardRequest) async throws -> BoardAnswer {
        if let refusal { throw refusal }
        switch request {
        case .filtered(let inner, _): return try await answer(inner)
        case .range(let expression, _, let window): return .series(Self.series(expression, window.times))
        case .instant(let expression, _, let moment): return .series(Self.series(expression, [moment.milliseconds]))
        case .logs(_, _, let to, _):
            let levels = ["error", "warn", "info", ""]
            return .lines((0..<20).map { index in
                BoardLogLine(timestamp: to.advanced(byMilliseconds: Int64(-index) * 1700).nanos, level: levels[index % 4], labels: ["instance": "web1"], line: "GET /cart/\(index) took \(index * 37 % 900) ms für 東京")
            })
        case .labelNames, .logLabelNames: return .names(Array(names.keys.sorted()))
        case .labelValues(let label, _, _, _), .logLabelValues(let label, _, _, _): return .names(names[label] ?? [])
        case .series: return .names([#"up{instance="web1:9100"}"#])
        }
    }

    private static func series(_ expression: String, _ times: [Int64]) -> [BoardSeries] {
        let keys: [[String: String]]
        if expression.contains("by (le)") {
            keys = ["0.05", "0.1", "0.5", "1", "+Inf"].map { ["le": $0] }
        } else if expression.contains("by (mode)") {
            keys = ["user", "system", "idle"].map { ["mode": $0] }
        } else if expression.contains("by (code)") {
            keys = ["200", "302", "404", "500"].map { ["code": $0] }
        } else if expression.hasPrefix("avg(") || expression.hasPrefix("sum(") {
            keys = [[:]]
        } else {
            keys = ["web1", "web2", "db1"].map { ["instance": $0, "job": "shop"] }
        }
        let scale: Double = expression.contains("bytes") ? 3_000_000 : expression.contains("percent") ? 100 : 1
        let seed = expression.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
        return keys.enumerated().map { index, labels in
            let values = times.map { time -> Double in
                let step = Int(time / 15_000) + seed + index * 17
                if expression.contains("up{") { return index == 2 ? 0 : 1 }
                if expression.contains("by (le)") { return Double((index + 1) * (10 + step % 7)) }
                return (Double(step * 7 % 61) / 61 * 0.4 + Double(index) * 0.25 + 0.05) * scale
            }
            // One has a gap.
            return BoardSeries(labels: labels, times: times, values: index == 1 && times.count > 20 ? values.enumerated().map { (10..<14).contains($0) ? .nan : $1 } : values)
        }
    }
}
