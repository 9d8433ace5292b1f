import Foundations
import Logging
import Model
import NIOCore
import NIOPosix
import Wire

/// Syslog or GELF over UDP: read and parsed on the event loop, stored behind a bounded queue.
struct DatagramInput: Sendable {
    let kind: InputKind
    let edge: Edge
    let zoneOffsetSeconds: Int

    func bind(_ address: ServerAddress) async throws -> (channel: any Channel, queue: DatagramQueue) {
        let queue = DatagramQueue(recordsMax: edge.limits.datagramRecordsMax, bytesMax: edge.limits.datagramBytesMax)
        let limits = edge.limits
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .channelOption(.socketOption(.so_rcvbuf), value: .init(limits.datagramSocketBytes))
            .channelOption(.datagramVectorReadMessageCount, value: limits.datagramsPerRead)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: limits.datagramsPerRead << 16))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramHandler(input: self, queue: queue))
                }
            }
            .bind(host: address.host, port: address.port).get()
        return (channel, queue)
    }

    /// Stores until the task is cancelled; then closes the socket and stores what had come.
    func run(_ channel: any Channel, _ queue: DatagramQueue) async {
        let intake = SocketIntake(edge: edge, kind: kind)
        await queue.drain(gatherMilliseconds: edge.limits.datagramGatherMilliseconds) { _ = await intake.store($0) }
        do {
            try await channel.close()
        } catch {
            edge.logger.debug("a socket was closed already", metadata: ["input": "\(kind.rawValue)", "error": "\(error)"])
        }
        _ = await intake.store(queue.takeAll())
    }
}

/// Parses datagrams; used on its event loop alone.
private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let input: DatagramInput
    private let queue: DatagramQueue
    private var chunks = GELFChunks()
    private var lastExpiry: Int64 = 0
    private var lostBefore = 0

    init(input: DatagramInput, queue: DatagramQueue) {
        self.input = input
        self.queue = queue
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let count = envelope.data.readableBytes
        input.edge.inputs.change(input.kind) {
            $0.bytes += UInt64(count)
            $0.messages += 1
        }
        // An empty datagram is a sign of life.
        if count == 0 { return }
        envelope.data.withUnsafeReadableBytes { bytes in
            do throws(WireError) {
                guard let record = try record(bytes, envelope.remoteAddress) else { return }
                if !queue.add(record, bytes: count) { input.edge.inputs.lost(1, .queueFull, of: input.kind) }
            } catch {
                input.edge.inputs.lost(1, .malformed, of: input.kind)
                input.edge.note(.malformed(error.description), route: input.kind.rawValue, address: envelope.remoteAddress.ipAddress ?? "unknown")
            }
        }
    }

    private func record(_ bytes: UnsafeRawBufferPointer, _ sender: SocketAddress) throws(WireError) -> LogRecord? {
        let receivedAt = input.edge.clock.now()
        guard input.kind == .gelfUDP else {
            return SyslogMessage.parse(bytes, sender: sender.ipAddress, receivedAt: receivedAt, zoneOffsetSeconds: input.zoneOffsetSeconds)
        }
        let bytesMax = input.edge.limits.inflatedBytesMax
        guard GELFChunks.isChunk(bytes) else { return try GELFMessage.decode(bytes, bytesMax: bytesMax, receivedAt: receivedAt) }
        let now = input.edge.clock.monotonicNanoseconds()
        if now - lastExpiry > 1_000_000_000 {
            chunks.expire(monotonicNanoseconds: now)
            lastExpiry = now
        }
        let whole = try chunks.add(bytes, monotonicNanoseconds: now)
        input.edge.inputs.lost(chunks.lostMessages - lostBefore, .incomplete, of: input.kind)
        lostBefore = chunks.lostMessages
        guard let whole else { return nil }
        return try withBytes(whole) { whole throws(WireError) in try GELFMessage.decode(whole, bytesMax: bytesMax, receivedAt: receivedAt) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Of one datagram: the socket goes on.
        input.edge.logger.debug("a datagram couldn't be read", metadata: ["input": "\(input.kind.rawValue)", "error": "\(error)"])
    }
}
