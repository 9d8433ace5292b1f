import ArgumentParser
import Foundations

/// `nightjar-bench modules`: all modules, several times, in one table.
struct ModulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modules", abstract: "Measures the modules in this process, several times, and writes Docs/Benchmarks.md.")

    @Option(help: "How often each is measured.") var repeats = 5
    @Flag(help: "A fifth of the data, three times.") var quick = false
    @Option(help: "The document to write; `none` writes none.") var document = BenchmarksDocument.pathDefault

    /// Of the TSBS-like data: 1,310 series, 5.7 M samples, some seconds a time.
    private static let scale = 0.1
    private static let lines = 100_000
    private static let partWhenQuick = 0.2

    func run() async throws {
        let part = quick ? Self.partWhenQuick : 1
        let repeats = quick ? min(3, repeats) : repeats
        guard repeats > 0 else { throw ValidationError("--repeats must be over 0") }
        let data = TSBSLikeData(scale: Self.scale * part)
        let benches: [any ModuleBench] = [
            RemoteWriteBench(data: data), MetricStoreBench(data: data), ExpressionBench(data: data), LogInputBench(lines: Int(Double(Self.lines) * part)), LogStoreBench(lines: Int(Double(Self.lines) * part)),
        ]
        var lines = [["figure", "median", "least", "most"]]
        for bench in benches {
            lines.append(["**\(bench.title)**", "", "", ""])
            lines += try await Self.lines(bench, repeats)
        }
        let text = """
            Measured on \(Machine.date) with Nightjar's modules in one process, each \(repeats) times, on \(Machine.description); the load at \
            the end was \(decimal(Machine.load, 1)).

            \(Markdown.table(lines))
            """
        print(text)
        if document != "none" { try BenchmarksDocument(path: document).replace(.modules, with: text) }
    }

    /// A line for each figure, over several runs.
    private static func lines(_ bench: any ModuleBench, _ repeats: Int) async throws -> [[String]] {
        var runs: [[Measure]] = []
        var progress = Progress(bench.title)
        for number in 0..<repeats {
            progress.advance(number, of: repeats)
            runs.append(try await bench.measure())
        }
        progress.end()
        return runs[0].indices.map { index in
            let values = runs.map { $0[index].value }
            let measure = runs[0][index]
            return [measure.title] + [values.median, values.min() ?? .nan, values.max() ?? .nan].map(measure.unit.text)
        }
    }
}
