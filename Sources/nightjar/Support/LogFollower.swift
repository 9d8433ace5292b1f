import Foundation
import Foundations

/// What is there already and then what comes, without a gap and without a line twice.
///
/// The live tail is opened first and held back until the search has been printed; lines that came by both ways are printed once.
struct LogFollower {
    let connection: CollectorConnection
    let query: String
    let style: LogLineStyle

    /// Until the process is asked to stop, or the collector ends the tail.
    func run(search: @escaping @Sendable () async throws -> [LogLineAnswer]) async throws {
        let (connection, query) = (connection, query)
        let printer = TailPrinter(style: style)
        try await untilStopped {
            let (connected, whenConnected) = AsyncStream<Void>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    defer { whenConnected.finish() }
                    // The collector sends an empty line as soon as it listens for new records.
                    try await connection.stream("/api/v1/nightjar/tail", [("query", query)]) { piece in
                        whenConnected.yield()
                        return printer.receive(piece)
                    }
                    throw Failure("the collector ended the live tail; it may be stopping", code: 3)
                }
                group.addTask {
                    for await _ in connected {
                        printer.begin(after: try await search())
                        return
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}

/// Puts the pieces of a live tail together and prints its lines.
private final class TailPrinter: Sendable {
    private struct State {
        var rest: [UInt8] = []
        /// Lines that wait for the search; nil once it has been printed.
        var held: [TailAnswer]? = []
        /// What the search found and the tail may bring again.
        var searched: Set<LogLineAnswer> = []
    }

    /// A line is at most 256 KiB in the store; what is longer is no line of a collector.
    private static let lineBytesMax = 4 << 20

    private let style: LogLineStyle
    private let state = Locked(State())

    init(style: LogLineStyle) { self.style = style }

    /// Prints what the search found, and lets the tail's lines through from now on.
    func begin(after found: [LogLineAnswer]) {
        state.withLock { state in
            Output.text(found.map { style.format($0) + "\n" }.joined())
            state.searched = Set(found)
            let held = state.held ?? []
            state.held = nil
            for event in held { show(event, state.searched) }
        }
    }

    /// Returns whether to go on.
    func receive(_ piece: UnsafeRawBufferPointer) -> Bool {
        state.withLock { state in
            state.rest.append(contentsOf: piece)
            var lines = state.rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
            state.rest = lines.removeLast()
            for line in lines where !line.isEmpty {
                // A newer collector may send events that are not known here.
                guard let event = try? JSONDecoder().decode(TailAnswer.self, from: Data(line)) else { continue }
                if state.held == nil { show(event, state.searched) } else { state.held?.append(event) }
            }
            return state.rest.count <= Self.lineBytesMax
        }
    }

    private func show(_ event: TailAnswer, _ searched: Set<LogLineAnswer>) {
        if let skipped = event.skipped { Output.message("nightjar: \(skipped) lines came faster than they could be shown") }
        if let line = event.line, !searched.contains(line) { Output.line(style.format(line)) }
    }
}
