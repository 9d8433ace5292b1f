import Foundations
import LogQL
import LogStore
import Model

/// A live tail: the records that a query takes, from now on, to one client.
struct LiveTail: Sendable {
    let edge: Edge
    let plan: TailPlan
    /// Lines that were sent before; one of them that comes again is left out.
    var sentBefore: Set<TailedLine> = []

    /// Sends until the client leaves (`gone`), the server stops, or `send` throws. An empty batch is a sign of life to be sent.
    func run(gone: Signal?, events: AsyncStream<TailEvent>, _ send: ([TailItem]) async throws -> Void) async throws {
        let buffer = TailBuffer(countMax: edge.limits.tailBatchRecordsMax)
        let finish: @Sendable () -> Void = { Task { await buffer.finish() } }
        let stopIdentifier = edge.stopping.whenSet(finish)
        let goneIdentifier = gone?.whenSet(finish)
        defer {
            edge.stopping.forget(stopIdentifier)
            goneIdentifier.map { gone?.forget($0) }
        }
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await fill(buffer, from: events) }
                group.addTask { try await keepAlive(buffer) }
                while let items = await buffer.take(gatherMilliseconds: edge.limits.tailGatherMilliseconds) {
                    do {
                        try await send(items)
                    } catch {
                        await buffer.finish()
                        throw error
                    }
                }
                group.cancelAll()
            }
        } onCancel: {
            finish()
        }
    }

    private func fill(_ buffer: TailBuffer, from events: AsyncStream<TailEvent>) async {
        var sentBefore = sentBefore
        for await event in events {
            switch event {
            case .skipped(let count): await buffer.give(.skipped(count))
            case .record(let record):
                guard let line = plan.line(of: record) else { continue }
                if !sentBefore.isEmpty && sentBefore.remove(line) != nil { continue }
                await buffer.give(.line(line))
            }
        }
        await buffer.finish()
    }

    private func keepAlive(_ buffer: TailBuffer) async throws {
        while true {
            try await Task.sleep(for: .seconds(edge.limits.tailKeepAliveSeconds))
            await buffer.tick()
        }
    }
}

extension TailPlan {
    /// The line that a record becomes; nil where the query leaves it out.
    func line(of record: LogRecord) -> TailedLine? {
        guard let shown = transform(record) else { return nil }
        return TailedLine(timestamp: record.timestamp, level: record.level, stream: record.stream, labels: shown.labels, line: shown.line)
    }
}
