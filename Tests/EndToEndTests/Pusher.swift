import Foundations
import Outbound
import Testing

/// Sends numbered samples and log lines, each number once, and knows which were acknowledged.
///
/// Batches carry their origin, as an agent's do: an HTTP client that loses a connection sends its request again by itself, and only the
/// origin tells the repeat.
final class Pusher: @unchecked Sendable {
    enum Signal: CaseIterable { case metrics, logs }

    /// Who sends: each sends one batch after the other.
    enum Lane: String { case probe, load }

    /// What was answered, by the number sent.
    struct Answers {
        var acknowledged: [Int] = []
        var refused: [Int] = []
        /// Refusals that were no 503, or came without Retry-After.
        var wrong: [String] = []
    }

    private let bench: Bench
    private let state = Locked<(next: Int, answers: [Signal: Answers])>((0, [.metrics: Answers(), .logs: Answers()]))

    init(_ bench: Bench) { self.bench = bench }

    func answers(_ signal: Signal) -> Answers { state.withLock { $0.answers[signal]! } }

    /// Sends the next number; whether it was acknowledged.
    @discardableResult
    func push(_ signal: Signal, _ lane: Lane = .probe) async throws -> Bool {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let reply: HTTPReply
        let origin = [("X-Nightjar-Agent", "disk-\(lane)"), ("X-Nightjar-Sequence", String(number))]
        switch signal {
        case .metrics:
            let body = RemoteWriteBody.version1(
                metric: "disk_test", labels: ["number": String(number)], value: Double(number), milliseconds: SystemClock().nowMilliseconds().milliseconds)
            reply = try await bench.probe.send(
                "POST", "/api/v1/write", headers: [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy")] + origin, body: RemoteWriteBody.snappy(body))
        case .logs:
            let line = "{\"streams\":[{\"stream\":{\"job\":\"disk\"},\"values\":[[\"\(SystemClock().now().nanoseconds)\",\"pushed seq=\(number) end\"]]}]}"
            reply = try await bench.probe.send("POST", "/loki/api/v1/push", headers: [("Content-Type", "application/json")] + origin, body: Array(line.utf8))
        }
        let isAcknowledged = (200...299).contains(reply.status)
        state.withLock { state in
            if isAcknowledged {
                state.answers[signal]!.acknowledged.append(number)
            } else {
                state.answers[signal]!.refused.append(number)
                if reply.status != 503 || reply.header("Retry-After") == nil {
                    state.answers[signal]!.wrong.append("\(reply.status) \(String(decoding: reply.body.prefix(300), as: UTF8.self))")
                }
            }
        }
        return isAcknowledged
    }

    func push(_ count: Int, _ lane: Lane = .probe) async throws {
        for _ in 0..<count { for signal in Signal.allCases { try await push(signal, lane) } }
    }

    /// Whether both kinds are acknowledged, or both refused, when asked now.
    func isAccepted() async throws -> Bool? {
        let metrics = try await push(.metrics)
        let logs = try await push(.logs)
        return metrics == logs ? metrics : nil
    }

    /// Everything acknowledged is there once, and what was refused isn't there.
    func expectEverythingOnce() async throws {
        let samples = try await bench.probe.instant("count_over_time(disk_test[1h])", by: "number")
        let metrics = answers(.metrics)
        let lost = metrics.acknowledged.filter { samples[String($0)] != 1 }
        #expect(lost.isEmpty, "\(lost.count) of \(metrics.acknowledged.count) acknowledged samples aren't there once, from \(lost.prefix(5).map { "\($0) (\(samples[String($0)] ?? 0) times)" })")
        let ghosts = metrics.refused.filter { samples[String($0)] != nil }
        #expect(ghosts.isEmpty, "\(ghosts.count) refused samples are there, from \(ghosts.prefix(5))")

        let numbers = try await bench.probe.lines("{job=\"disk\"} |= `pushed seq=`", startNanoseconds: bench.startNanoseconds).compactMap { line in
            line.line.split(separator: "seq=").last.flatMap { Int($0.prefix { $0.isNumber }) }
        }
        let counts = Dictionary(grouping: numbers, by: { $0 }).mapValues(\.count)
        let logs = answers(.logs)
        let lostLines = logs.acknowledged.filter { counts[$0] != 1 }
        #expect(lostLines.isEmpty, "\(lostLines.count) of \(logs.acknowledged.count) acknowledged lines aren't there once, from \(lostLines.prefix(5).map { "\($0) (\(counts[$0] ?? 0) times)" })")
        let ghostLines = logs.refused.filter { counts[$0] != nil }
        #expect(ghostLines.isEmpty, "\(ghostLines.count) refused lines are there, from \(ghostLines.prefix(5))")
        for signal in Signal.allCases {
            let wrong = answers(signal).wrong
            #expect(wrong.isEmpty, "refused in another way: \(wrong.prefix(3))")
        }
    }
}
