import Crypto
import Foundations
import Model
import NIOCore
import Wire

/// Fluent forward on a connection: a message's chunk is acknowledged once its events are durable.
struct FluentStream: Sendable {
    let edge: Edge
    /// What senders must know; nil asks for nothing.
    let sharedKey: Secret?

    private enum Phase {
        /// Waits for the answer to the nonce.
        case handshake(nonce: [UInt8], key: [UInt8])
        case transport
    }

    func serve(_ connection: StreamInput.Connection) async throws {
        let intake = SocketIntake(edge: edge, kind: .fluent)
        try await connection.executeThenClose { inbound, outbound in
            var phase = Phase.transport
            if let sharedKey {
                let nonce = (0..<16).map { _ in UInt8.random(in: 0...255) }
                phase = .handshake(nonce: nonce, key: Array(sharedKey.reveal().utf8))
                try await outbound.write(ByteBuffer(bytes: FluentHandshake.hello(nonce: nonce)))
            }
            var frames = FluentFrames(messageBytesMax: edge.limits.inflatedBytesMax)
            var held = HeldBytes(edge.bodies.budget)
            for try await buffer in inbound {
                edge.inputs.change(.fluent) { $0.bytes += UInt64(buffer.readableBytes) }
                var round = Round()
                let failure = read(buffer, &frames, &phase, &round)
                guard await intake.store(round.records) else { return }
                for answer in round.answers { try await outbound.write(ByteBuffer(bytes: answer)) }
                if let failure { throw InputError(reason: failure.description) }
                try held.set(to: frames.waitingBytes)
            }
        }
    }

    /// What one read brought.
    private struct Round {
        var records: [LogRecord] = []
        var answers: [[UInt8]] = []
    }

    private func read(_ buffer: ByteBuffer, _ frames: inout FluentFrames, _ phase: inout Phase, _ round: inout Round) -> WireError? {
        var failure: WireError?
        buffer.withUnsafeReadableBytes { bytes in
            do throws(WireError) {
                try frames.read(bytes) { message throws(WireError) in
                    switch phase {
                    case .handshake(let nonce, let key):
                        try answer(FluentHandshake.Ping(message), nonce, key, &round)
                        phase = .transport
                    case .transport: take(message, &round)
                    }
                }
            } catch {
                failure = error
            }
        }
        return failure
    }

    /// A message that can't be read isn't acknowledged, and the next one is read all the same.
    private func take(_ bytes: UnsafeRawBufferPointer, _ round: inout Round) {
        edge.inputs.change(.fluent) { $0.messages += 1 }
        do throws(WireError) {
            let message = try FluentMessage(bytes, inflatedBytesMax: edge.limits.inflatedBytesMax, receivedAt: edge.clock.now())
            round.records += message.records
            if let chunk = message.chunk { round.answers.append(FluentMessage.acknowledgement(of: chunk)) }
        } catch {
            edge.inputs.lost(1, .malformed, of: .fluent)
            edge.note(.malformed(error.description), route: InputKind.fluent.rawValue, address: "socket")
        }
    }

    private func answer(_ ping: FluentHandshake.Ping, _ nonce: [UInt8], _ key: [UInt8], _ round: inout Round) throws(WireError) {
        let isRight = Secret.constantTimeEquals(ping.digest, Self.digest(ping.digested(nonce: nonce, key: key)))
        let own = edge.options.instance
        let digest = isRight ? String(decoding: Self.digest(ping.salt + Array(own.utf8) + nonce + key), as: UTF8.self) : ""
        round.answers.append(FluentHandshake.pong(isAccepted: isRight, reason: isRight ? "" : "shared_key mismatch", hostName: own, digest: digest))
        if !isRight { throw WireError("the sender doesn't know the shared key", offset: 0) }
    }

    private static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for byte in SHA512.hash(data: bytes) {
            text.append(hexDigit: byte >> 4)
            text.append(hexDigit: byte & 15)
        }
        return text
    }
}
