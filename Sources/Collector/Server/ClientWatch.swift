import Foundations
import NIOCore
import NIOHTTPTypes

/// Knows whether a connection's client is still there, so that work for one that left can stop.
///
/// A client that closes its sending side counts as gone, as other servers have it.
final class ClientWatch: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPRequestPart

    let gone = Signal()

    func channelInactive(context: ChannelHandlerContext) {
        gone.set()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { gone.set() }
        context.fireUserInboundEventTriggered(event)
    }
}

/// Runs `work`, and cancels it when the client at the other end of `channel` leaves or the calling task is cancelled.
func cancelledWhenClientLeaves<Result: Sendable>(
    _ channel: any Channel, _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    let watch = try await channel.pipeline.handler(type: ClientWatch.self).get()
    let task = Task { try await work() }
    let identifier = watch.gone.whenSet { task.cancel() }
    defer { watch.gone.forget(identifier) }
    return try await withTaskCancellationHandler {
        try await task.value
    } onCancel: {
        task.cancel()
    }
}
