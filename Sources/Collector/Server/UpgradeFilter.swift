import NIOCore
import NIOHTTP1

/// Lets only those upgrade requests through to NIO's upgrade handler that will be accepted.
///
/// The upgrade handler drops the head of a request whose upgrade it then refuses, and fails on a body behind one. Without its
/// `Upgrade` header such a request is an ordinary one, which the HTTP routes answer (RFC 9110, 7.8: a server may ignore it).
final class UpgradeFilter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    static let name = "upgrade filter"

    private let endpoint: WebSocketEndpoint

    init(endpoint: WebSocketEndpoint) { self.endpoint = endpoint }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data), head.headers.contains(name: "upgrade") else {
            context.fireChannelRead(data)
            return
        }
        if !(Self.isHandshake(head) && endpoint.accepts(head, context.channel)) {
            head.headers.remove(name: "upgrade")
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// Answers a first request that is no HTTP, or whose headers are too large; nobody further down the pipeline does yet.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError {
            let status: HTTPResponseStatus = error == .headerOverflow ? .requestHeaderFieldsTooLarge : .badRequest
            let head = HTTPResponseHead(
                version: .http1_1, status: status, headers: ["Connection": "close", "Content-Length": "0"])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            context.close(promise: nil)
        } else {
            context.fireErrorCaught(error)
        }
    }

    /// Whether the head is a client's handshake of RFC 6455, 4.1, without a body.
    static func isHandshake(_ head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.headers[canonicalForm: "upgrade"].map { $0.lowercased() } == ["websocket"]
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
            && head.headers["sec-websocket-key"].count == 1 && head.headers["sec-websocket-version"] == ["13"]
            && !head.headers.contains(name: "transfer-encoding")
            && (head.headers.first(name: "content-length") ?? "0") == "0"
    }
}
