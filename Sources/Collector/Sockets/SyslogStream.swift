import Foundations
import Model
import NIOCore
import Wire

/// Syslog on a connection. What a read brought is stored together before the next one: a sender that is faster than the disk is slowed
/// down by its own connection.
struct SyslogStream: Sendable {
    let kind: InputKind
    let edge: Edge
    let zoneOffsetSeconds: Int

    func serve(_ connection: StreamInput.Connection) async throws {
        let sender = CollectorContext.address(of: connection.channel)
        let intake = SocketIntake(edge: edge, kind: kind)
        try await connection.executeThenClose { inbound, _ in
            var frames = SyslogFrames(messageBytesMax: edge.limits.inputMessageBytesMax)
            var held = HeldBytes(edge.bodies.budget)
            for try await buffer in inbound {
                var records: [LogRecord] = []
                let failure = read(buffer, &frames, sender, &records)
                guard await intake.store(records) else { return }
                if let failure { throw InputError(reason: failure.description) }
                try held.set(to: frames.waitingBytes)
            }
            var last: [LogRecord] = []
            frames.finish { message, isCut in last.append(record(message, isCut, sender)) }
            _ = await intake.store(last)
        }
    }

    private func read(_ buffer: ByteBuffer, _ frames: inout SyslogFrames, _ sender: String, _ records: inout [LogRecord]) -> WireError? {
        edge.inputs.change(kind) { $0.bytes += UInt64(buffer.readableBytes) }
        var failure: WireError?
        buffer.withUnsafeReadableBytes { bytes in
            do throws(WireError) {
                try frames.read(bytes) { message, isCut in records.append(record(message, isCut, sender)) }
            } catch {
                failure = error
            }
        }
        return failure
    }

    private func record(_ message: UnsafeRawBufferPointer, _ isCut: Bool, _ sender: String) -> LogRecord {
        edge.inputs.change(kind) {
            $0.messages += 1
            if isCut { $0.cut += 1 }
        }
        var record = SyslogMessage.parse(message, sender: sender, receivedAt: edge.clock.now(), zoneOffsetSeconds: zoneOffsetSeconds)
        if isCut { record.fields.append(LogField("truncated", .bool(true))) }
        return record
    }
}
