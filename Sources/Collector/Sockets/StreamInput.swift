import Foundations
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// An input on TCP: accepts connections within a bound and serves each until it ends.
struct StreamInput: Sendable {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    let kind: InputKind
    let edge: Edge
    /// Nil serves without TLS.
    let tls: NIOSSLContext?
    /// Reads a connection to its end; an error is the end of it.
    let serve: @Sendable (Connection) async throws -> Void

    /// Each connection that is let in is served by a task of `tasks`; those over the bound are closed at once.
    func bind(_ address: ServerAddress, _ tasks: ConnectionTasks) async throws -> any Channel {
        let (tls, seconds) = (tls, edge.limits.firstRequestSeconds)
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard enter() else {
                        channel.close(promise: nil)
                        return
                    }
                    do {
                        if let tls {
                            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                            try channel.pipeline.syncOperations.addHandler(HandshakeDeadline(seconds: seconds))
                        }
                        // Before the first byte can come; from here on the task owns the connection.
                        let connection = try Connection(wrappingChannelSynchronously: channel)
                        tasks.start { await serveCounted(connection) }
                    } catch {
                        edge.inputs.change(kind) { $0.connections -= 1 }
                        throw error
                    }
                }
            }
            .bind(host: address.host, port: address.port).get()
    }

    /// Until the task is cancelled; what a connection sent by then is stored.
    func run(_ listener: any Channel, _ tasks: ConnectionTasks) async {
        do {
            try await withTaskCancellationHandler {
                try await listener.closeFuture.get()
            } onCancel: {
                listener.close(promise: nil)
            }
        } catch {
            edge.logger.error("an input has stopped listening", metadata: ["input": "\(kind.rawValue)", "error": "\(error)"])
        }
        await tasks.stop()
    }

    private func enter() -> Bool {
        var isAllowed = false
        edge.inputs.change(kind) { figures in
            isAllowed = figures.connections < edge.limits.inputConnectionsMax
            if isAllowed {
                figures.connections += 1
                figures.connectionsTotal += 1
            } else {
                figures.connectionsRefused += 1
            }
        }
        return isAllowed
    }

    private func serveCounted(_ connection: Connection) async {
        defer { edge.inputs.change(kind) { $0.connections -= 1 } }
        do {
            try await serve(connection)
        } catch let error as InputError {
            edge.inputs.lost(1, .malformed, of: kind)
            edge.note(.malformed(error.reason), route: kind.rawValue, address: CollectorContext.address(of: connection.channel))
        } catch {
            edge.logger.debug("a connection has ended", metadata: ["input": "\(kind.rawValue)", "error": "\(error)"])
        }
    }
}

/// A connection that can't be read on.
struct InputError: Error {
    let reason: String
}

/// Closes a connection whose TLS handshake isn't done in time.
private final class HandshakeDeadline: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private let seconds: Int64
    private var deadline: Scheduled<Void>?

    init(seconds: Int64) { self.seconds = seconds }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: .seconds(seconds)) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { deadline?.cancel() }
        context.fireUserInboundEventTriggered(event)
    }
}
