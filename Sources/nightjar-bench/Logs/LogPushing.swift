import Foundation
import Foundations

/// Pushes bodies over some connections, as several shippers would, as fast as they are taken or at a steady rate.
struct LogPushing {
    let port: Int
    let format: LogPushFormat
    let connections: Int
    /// Bodies a second of all connections; nil pushes as fast as they are taken.
    var bodiesPerSecond: Double?

    private struct Work: @unchecked Sendable { var iterator: AnyIterator<(step: Int, sampleCount: Int, bytes: UnsafeRawBufferPointer)> }

    /// Returns how long each request took until it was acknowledged, in milliseconds, ascending. Throws where one is refused.
    func run(_ list: BodyList, until isOver: @escaping @Sendable () -> Bool = { false }) async throws -> [Double] {
        let work = Locked(Work(iterator: list.makeIterator()))
        let start = ContinuousClock.now
        let taken = Locked(0)
        let latencies = try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<connections {
                group.addTask {
                    try await onThread("pusher") {
                        let connection = try LoopbackConnection(port: port)
                        var latencies: [Double] = []
                        while !isOver(), let body = work.withLock({ $0.iterator.next() }) {
                            if let rate = bodiesPerSecond { Self.wait(until: start + .seconds(Double(taken.withLock { $0 += 1; return $0 }) / rate)) }
                            latencies.append(try send(body.bytes, connection))
                        }
                        return latencies
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return withExtendedLifetime(list) { latencies.sorted() }
    }

    private static func wait(until moment: ContinuousClock.Instant) {
        let left = (moment - ContinuousClock.now).seconds
        if left > 0 { usleep(UInt32(left * 1e6)) }
    }

    /// Sends one body; returns the milliseconds until its acknowledgement.
    func send(_ body: UnsafeRawBufferPointer, _ connection: LoopbackConnection) throws -> Double {
        let head = "POST \(format.path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: \(format.contentType)\r\nContent-Length: \(body.count)\r\n\r\n"
        let began = ContinuousClock.now
        let reply = try connection.exchange(head: head, body)
        guard (200...299).contains(reply.status) else { throw BenchError("a push was answered with \(reply.status): \(reply.text)") }
        return (ContinuousClock.now - began).seconds * 1000
    }
}

/// Runs what blocks on a thread of its own.
func onThread<Value: Sendable>(_ name: String, _ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        _ = WorkerThread(name: name) { continuation.resume(with: Result { try body() }) }
    }
}
