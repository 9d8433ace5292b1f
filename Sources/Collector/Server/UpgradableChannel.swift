import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// What a connection became once its first request had been read.
enum ConnectionProtocol: Sendable {
    case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
    case webSocket(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, HTTPRequestHead)
}

/// A WebSocket endpoint beside the HTTP routes.
struct WebSocketEndpoint: Sendable {
    /// Whether this request may become a WebSocket. Where it may not, the HTTP routes answer it, and say why.
    let accepts: @Sendable (_ head: HTTPRequestHead, _ channel: any Channel) -> Bool
    /// Serves one socket until it is done; the connection closes when this returns.
    let serve: @Sendable (_ head: HTTPRequestHead, _ socket: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>) async -> Void
}

/// A connection that speaks HTTP/1.1 and can turn into a WebSocket with its first request (RFC 6455).
///
/// The pipeline starts with NIO's upgrade handler. A first request that is no accepted upgrade installs the handlers of
/// Hummingbird's own HTTP/1 channel, and the connection is served by Hummingbird from there on.
struct UpgradableChannel: HTTPChannelHandler {
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let negotiation: EventLoopFuture<ConnectionProtocol>
    }

    let responder: HTTPChannelHandler.Responder
    let webSocket: WebSocketEndpoint
    let limits: CollectorLimits

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let encoder = HTTPResponseEncoder()
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoderLimits))
            let filter = UpgradeFilter(endpoint: webSocket)
            let upgrade = NIOTypedHTTPServerUpgradeHandler(
                httpEncoder: encoder, extraHTTPHandlers: [decoder, filter],
                upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                    upgraders: [upgrader()],
                    notUpgradingCompletionHandler: { channel in
                        channel.eventLoop.makeCompletedFuture { try installHTTP(on: channel, logger: logger) }
                    }))
            let deadline = FirstRequestDeadline(seconds: limits.firstRequestSeconds)
            try pipeline.addHandler(deadline, name: FirstRequestDeadline.name)
            try pipeline.addHandlers([encoder, decoder])
            try pipeline.addHandler(filter, name: UpgradeFilter.name)
            try pipeline.addHandler(upgrade)
            return Value(channel: channel, negotiation: upgrade.upgradeResultFuture)
        }
    }

    private var decoderLimits: NIOHTTPDecoderLimitConfiguration {
        var configuration = NIOHTTPDecoderLimitConfiguration()
        configuration.maxHeaderFieldSize = limits.headerBytesMax
        configuration.maxHeaderListSize = limits.headerBytesMax
        configuration.maxHeaderFieldCount = limits.headerFieldsMax
        return configuration
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.negotiation.get() {
            case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            case .webSocket(let channel, let head): await webSocket.serve(head, channel)
            }
        } catch {
            // The client closed, or sent what isn't HTTP, before its first request was whole.
            logger.trace("connection ended before its first request: \(error)")
        }
    }

    private func upgrader() -> NIOTypedWebSocketServerUpgrader<ConnectionProtocol> {
        NIOTypedWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },  // the filter has decided
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    channel.pipeline.syncOperations.removeHandler(name: FirstRequestDeadline.name, promise: nil)
                    return .webSocket(try NIOAsyncChannel(wrappingChannelSynchronously: channel), head)
                }
            })
    }

    /// The handlers of `HTTP1Channel`, with a watch for clients that leave.
    private func installHTTP(on channel: any Channel, logger: Logger) throws -> ConnectionProtocol {
        let pipeline = channel.pipeline.syncOperations
        pipeline.removeHandler(name: FirstRequestDeadline.name, promise: nil)
        pipeline.removeHandler(name: UpgradeFilter.name, promise: nil)
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: .seconds(limits.idleSeconds), logger: logger))
        try pipeline.addHandler(ClientWatch())
        return .http(
            try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
    }
}
