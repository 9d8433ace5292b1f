import ArgumentParser
import Boards
import Foundation
import Foundations
import Terminal

/// `nightjar-bench boards`: drawing a board of twelve panels at 200x60, and the bytes that a change of it sends.
struct BoardBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "boards", abstract: "Draws a board of twelve live panels again and again, or every dashboard of a folder once.")

    @Option(help: "Frames, each with new data in all panels.") var frames = 1000
    @Option(help: ArgumentHelp("Reads and draws every dashboard of a folder instead, and counts what isn't drawn.", valueName: "folder")) var corpus: String?

    static let size = Size(columns: 200, rows: 60)

    func run() async throws {
        if let corpus { return try await BoardCorpus(folder: corpus).run() }
        guard frames > 0 else { throw ValidationError("--frames must be over 0") }
        let board = try BoardFile.parse(Array(BoardTrial.file.utf8), path: "bench.yml")
        let capabilities = Capabilities(colours: .indexed256, showsUnicode: true)
        let start = Timestamp(seconds: 1_800_000_000)
        let clock = ManualClock(milliseconds: start.milliseconds)
        let runner = BoardRunner(source: BoardTrial.Source(), clock: clock)
        var view = BoardView(board, size: Self.size, theme: Theme(capabilities: capabilities), now: start)
        var encoder = FrameEncoder(capabilities: capabilities)
        var shown: Buffer?
        var (drawing, bytes, evaluating): ([Double], [Double], [Double]) = ([], [], [])
        var unchanged = 0.0
        for frame in 0..<frames {
            clock.advance(milliseconds: 60_000)
            let effects = view.reduce(.tick(clock.nowMilliseconds())) + (frame == 0 ? view.start() : view.reduce(.command(.refresh)))
            for case .evaluate(let question) in effects {
                let (results, cost) = await Cost.of { await runner.evaluate(question) }
                evaluating.append(cost.cpuSeconds * 1000)
                _ = view.reduce(.results(results, generation: question.generation))
            }
            var output: [UInt8] = []
            let began = Self.threadMilliseconds()
            let buffer = Self.draw(view)
            encoder.encode(from: shown, to: buffer, into: &output)
            drawing.append(Self.threadMilliseconds() - began)
            if frame > 0 { bytes.append(Double(output.count)) }
            shown = buffer
            var nothing: [UInt8] = []
            encoder.encode(from: shown, to: Self.draw(view), into: &nothing)
            unchanged = max(unchanged, Double(nothing.count))
        }
        print("Boards: 12 panels of 5 series at \(Self.size.columns)x\(Self.size.rows) in 256 colours, \(frames) frames\n")
        row("draw and diff of a frame, median (CPU)", String(format: "%.3f ms", drawing.median))
        row("draw and diff of a frame, p99 (CPU)", String(format: "%.3f ms", Self.p99(drawing)))
        row("evaluation of all panels, median (CPU)", String(format: "%.3f ms", evaluating.median))
        row("bytes of a frame with new data in all panels, median", String(format: "%.0f", bytes.median))
        row("bytes of a frame with new data in all panels, most", String(format: "%.0f", bytes.max() ?? 0))
        row("bytes of a frame in which nothing changed", String(format: "%.0f", unchanged))
    }

    private static func draw(_ view: BoardView) -> Buffer {
        var buffer = Buffer(size)
        BoardRenderer.render(view, in: buffer.bounds, to: &buffer)
        return buffer
    }

    private static func p99(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
    }

    private static func threadMilliseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1e6
    }
}
