import Foundation
import Foundations
import Wire

/// Sends prepared bodies to a server on loopback as fast as it takes them: a connection and a thread for each list of bodies.
struct Feeder {
    let port: Int
    let path: String
    var version = RemoteWrite.Version.v1

    /// What was sent and acknowledged.
    struct Outcome {
        var samples = 0
        var requests = 0
        /// Requests that the server asked to send again.
        var repeats = 0
        var wallSeconds = 0.0
    }

    /// Returns when every body was acknowledged with 2xx. Throws at the first refusal that isn't for the moment.
    func send(_ lists: [BodyList], total: Int, saying what: String) throws -> Outcome {
        let state = Monitor(State(steps: lists.map { _ in 0 }))
        let start = ContinuousClock.now
        let threads = lists.enumerated().map { number, list in
            let work = Work(list: list)
            return WorkerThread(name: "feeder") {
                var failure: String?
                do { try self.send(work.list, number, state) } catch { failure = "\(error)" }
                state.update { state in
                    state.steps[number] = .max
                    state.failure = state.failure ?? failure
                }
            }
        }
        var progress = Progress(what)
        var isDone = false
        while !isDone {
            let outcome = state.wait(timeoutMilliseconds: 500, until: { $0.isDone }) { $0 }
            isDone = outcome.isDone
            progress.advance(outcome.outcome.samples, of: total)
        }
        for thread in threads { thread.join() }
        let end = state.wait(until: { _ in true }) { $0 }
        if let failure = end.failure { throw BenchError(failure) }
        progress.end("\(grouped(end.outcome.samples)) samples")
        var outcome = end.outcome
        outcome.wallSeconds = Double((ContinuousClock.now - start).components.seconds) + Double((ContinuousClock.now - start).components.attoseconds) / 1e18
        return outcome
    }

    private struct Work: @unchecked Sendable { let list: BodyList }

    private struct State: Sendable {
        /// The step that each connection is at; the highest number where it has sent all.
        var steps: [Int]
        var outcome = Outcome()
        var failure: String?

        var isDone: Bool { steps.allSatisfy { $0 == .max } }
        func mayGoOn(at step: Int) -> Bool { failure != nil || step - stepsAheadMax <= steps.min() ?? 0 }
    }

    /// How far one connection's time may be ahead of another's: hosts report at about the same moment, and Prometheus takes nothing that is
    /// an hour older than its newest sample.
    private static let stepsAheadMax = 12
    private static let repeatsMax = 600
    private static let repeatMilliseconds = 100

    private func send(_ list: BodyList, _ number: Int, _ state: Monitor<State>) throws {
        let connection = try LoopbackConnection(port: port)
        let head = """
            POST \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: \(RemoteWrite.contentType(version))\r\nContent-Encoding: snappy\r\n\
            \(RemoteWrite.versionHeader): \(version.header)\r\nContent-Length: 
            """
        var current = -1
        for (step, samples, body) in list {
            if step != current {
                current = step
                state.update { $0.steps[number] = step }
                state.wait(until: { $0.mayGoOn(at: step) }) { _ in }
            }
            let repeats = try send(body, "\(head)\(body.count)\r\n\r\n", connection)
            let stop = state.update { state in
                state.outcome.samples += samples
                state.outcome.requests += 1
                state.outcome.repeats += repeats
                return state.failure != nil
            }
            if stop { return }
        }
    }

    /// Returns how often it had to be sent again.
    private func send(_ body: UnsafeRawBufferPointer, _ head: String, _ connection: LoopbackConnection) throws -> Int {
        for repeats in 0... {
            let reply = try connection.exchange(head: head, body)
            if (200...299).contains(reply.status) { return repeats }
            guard reply.status == 429 || reply.status == 503, repeats < Self.repeatsMax else {
                throw BenchError("it answered \(reply.status): \(reply.text.trimmingCharacters(in: .whitespacesAndNewlines))")
            }
            usleep(UInt32(Self.repeatMilliseconds * 1000))
        }
        return 0
    }
}
