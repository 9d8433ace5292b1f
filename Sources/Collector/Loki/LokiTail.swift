import Foundations
import HTTPTypes
import Hummingbird
import HummingbirdCore
import LogQL
import LogStore
import Model
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// `/loki/api/v1/tail`: a live tail over a WebSocket, in Loki's messages.
struct LokiTail: Sendable {
    static let path = "/loki/api/v1/tail"
    /// Lines from before that are sent first, where the request doesn't say.
    static let backlogDefault = 100
    static let closeTryAgainLater = WebSocketErrorCode.unknown(1013)

    let edge: Edge

    /// Requests that aren't an acceptable upgrade end here, with the reason.
    func register(_ routes: Routes) {
        routes.on(.get, Self.path, scope: .read, of: .each) { request, context in
            try check(RequestParameters(request.uri.query ?? ""), context.tenant)
            throw Refusal(
                status: .upgradeRequired, errorType: "bad_data", reason: .badParameter,
                message: "this path is a WebSocket; send it as the first request of a connection, with the headers of RFC 6455",
                headers: [.upgrade: "websocket", .connection: "Upgrade"])
        }
    }

    var endpoint: WebSocketEndpoint {
        WebSocketEndpoint(
            accepts: { head, channel in
                let uri = URI(head.uri)
                guard uri.path == Self.path else { return false }
                guard let tenant = tenant(of: head, channel), !edge.stopping.isSet else { return false }
                do {
                    try check(RequestParameters(uri.query ?? ""), tenant)
                    return true
                } catch {
                    // The HTTP route finds the same error, and answers with it.
                    return false
                }
            },
            serve: { head, socket in
                // Nil where the token was taken back since it was accepted.
                guard let tenant = tenant(of: head, socket.channel) else { return }
                await serve(RequestParameters(URI(head.uri).query ?? ""), tenant, socket)
            })
    }

    /// The tenant whose records the request may follow; nil where it isn't served.
    private func tenant(of head: HTTPRequestHead, _ channel: any Channel) -> Tenant? {
        let request = AccessRequest(head, address: CollectorContext.address(of: channel))
        return edge.access.recognize(request, .read).flatMap { edge.tenants.served(request.tenant, for: $0.tenants) }
    }

    private func check(_ parameters: RequestParameters, _ tenant: Tenant) throws {
        try edge.logQueries(of: tenant, parameters).checkTail(parameters.required("query"))
    }

    private typealias Outbound = NIOAsyncChannelOutboundWriter<WebSocketFrame>

    private func serve(_ parameters: RequestParameters, _ tenant: Tenant, _ socket: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>) async {
        edge.counters.request(route: Self.path, method: "WebSocket", status: 101, seconds: 0)
        do {
            try await socket.executeThenClose { inbound, outbound in
                do throws(Refusal) {
                    try edge.tails.enter()
                } catch {
                    edge.note(error, route: Self.path, address: CollectorContext.address(of: socket.channel))
                    try await Self.close(outbound, Self.closeTryAgainLater, error.message)
                    return
                }
                defer { edge.tails.leave() }
                let gone = Signal()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await read(inbound, outbound, gone) }
                    try await tail(parameters, tenant, outbound, gone)
                    group.cancelAll()
                }
            }
        } catch {
            // Mostly a client that went away without saying so.
            edge.logger.debug("a live tail ended", metadata: ["error": "\(error)"])
        }
    }

    /// Answers pings and the closing handshake. A tail takes no messages.
    private func read(_ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>, _ outbound: Outbound, _ gone: Signal) async throws {
        defer { gone.set() }
        for try await frame in inbound {
            switch frame.opcode {
            case .ping: try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
            case .connectionClose:
                var data = frame.unmaskedData
                let code = data.readSlice(length: 2) ?? ByteBuffer()
                try await outbound.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: code))
                return
            default: break
            }
        }
    }

    private func tail(_ parameters: RequestParameters, _ tenant: Tenant, _ outbound: Outbound, _ gone: Signal) async throws {
        let query = try parameters.required("query")
        let queries = try edge.logQueries(of: tenant, parameters)
        let plan = try await queries.engine.tailPlan(query)
        // Taken before the backlog is read, so that nothing falls between the two.
        let events = tenant.logs.tail(plan.query)
        let backlog = try await backlog(plan, parameters, queries)
        if !backlog.isEmpty { try await Self.send(backlog.map(TailItem.line), outbound) }
        let live = LiveTail(edge: edge, plan: plan, sentBefore: Set(backlog))
        edge.logger.debug("live tail", metadata: ["query": "\(SafeText(query.prefix(200)).string)"])
        try await live.run(gone: gone, events: events) { try await Self.send($0, outbound) }
        if edge.stopping.isSet { try await Self.close(outbound, .goingAway, "the server stops") }
    }

    private func backlog(_ plan: TailPlan, _ parameters: RequestParameters, _ queries: LogQueries) async throws -> [TailedLine] {
        let limit = min(try parameters.limit() ?? Self.backlogDefault, edge.limits.logEntriesMax)
        let now = edge.clock.now()
        let start = try parameters.nanoMoment("start") ?? now.advanced(byNanoseconds: -3_600_000_000_000)
        return try await queries.newest(plan, start: start, end: now, limit: limit).reversed()
    }

    /// A message of lines, or a ping where there are none.
    private static func send(_ items: [TailItem], _ outbound: Outbound) async throws {
        if items.isEmpty {
            try await outbound.write(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer()))
        } else {
            let message = LokiReply.tailMessage(items)
            try await outbound.write(WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: message)))
        }
    }

    private static func close(_ outbound: Outbound, _ code: WebSocketErrorCode, _ reason: String) async throws {
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        // A control frame holds at most 125 bytes.
        data.writeString(String(reason.prefix(100)))
        try await outbound.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: data))
    }
}
