import Foundations
import Glibc
import Model
import NIOCore
import Wire

/// GELF on a connection: a zero byte behind each message, no compression, as the format says of TCP.
struct GELFStream: Sendable {
    let edge: Edge

    func serve(_ connection: StreamInput.Connection) async throws {
        let intake = SocketIntake(edge: edge, kind: .gelfTCP)
        try await connection.executeThenClose { inbound, _ in
            var waiting: [UInt8] = []
            var held = HeldBytes(edge.bodies.budget)
            for try await buffer in inbound {
                edge.inputs.change(.gelfTCP) { $0.bytes += UInt64(buffer.readableBytes) }
                waiting.append(contentsOf: buffer.readableBytesView)
                let records = take(&waiting)
                guard waiting.count <= edge.limits.inputMessageBytesMax else {
                    throw InputError(reason: "a message is longer than \(edge.limits.inputMessageBytesMax) bytes; send smaller ones")
                }
                guard await intake.store(records) else { return }
                try held.set(to: waiting.count)
            }
            if !waiting.isEmpty {
                waiting.append(0)
                _ = await intake.store(take(&waiting))
            }
        }
    }

    /// The whole messages in front.
    private func take(_ waiting: inout [UInt8]) -> [LogRecord] {
        var records: [LogRecord] = []
        var start = 0
        waiting.withUnsafeBytes { bytes in
            while start < bytes.count, let zero = memchr(bytes.baseAddress! + start, 0, bytes.count - start) {
                let end = UnsafeRawPointer(zero) - bytes.baseAddress!
                if end > start { append(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), to: &records) }
                start = end + 1
            }
        }
        waiting.removeFirst(start)
        return records
    }

    private func append(_ message: UnsafeRawBufferPointer, to records: inout [LogRecord]) {
        edge.inputs.change(.gelfTCP) { $0.messages += 1 }
        do throws(WireError) {
            records.append(try GELFMessage.decode(message, bytesMax: edge.limits.inflatedBytesMax, receivedAt: edge.clock.now()))
        } catch {
            edge.inputs.lost(1, .malformed, of: .gelfTCP)
            edge.note(.malformed(error.description), route: InputKind.gelfTCP.rawValue, address: "socket")
        }
    }
}
