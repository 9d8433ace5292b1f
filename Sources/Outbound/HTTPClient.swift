import Foundations

/// Sends HTTP requests over connections that are kept and used again.
///
/// All transfers of a client run on one thread of its own; callbacks of streams are called there and must not block.
/// Environment variables for proxies are ignored: a proxy would hide the address that the policy checks.
public final class HTTPClient: Sendable {
    private let loop: TransferLoop
    private let settings: TransferSettings

    /// `connectionsMax`: open at a time, to all hosts together.
    public init(
        policy: OutboundPolicy = OutboundPolicy(), tls: OutboundTLS = .system, userAgent: String = "nightjar", connectionsMax: Int = 16
    ) {
        settings = TransferSettings(policy: policy, tls: tls, userAgent: userAgent)
        loop = TransferLoop(connectionsMax: connectionsMax)
    }

    deinit { loop.close() }

    /// The reply to one request, whatever its status. Cancelling the task ends the transfer.
    public func send(_ request: HTTPRequest) async throws(OutboundError) -> HTTPReply {
        try await run(Transfer(request, settings, sink: .whole))
    }

    /// Hands over the body of a successful reply piece by piece until `receive` returns false or it ends; the returned reply's body is
    /// empty then. The body of any other reply is in the returned reply, cut at `replyBytesMax`.
    /// `onReply` is called with status and headers before the first piece.
    public func stream(
        _ request: HTTPRequest, onReply: @escaping @Sendable (Int, [(name: String, value: String)]) -> Void = { _, _ in },
        _ receive: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
    ) async throws(OutboundError) -> HTTPReply {
        try await run(Transfer(request, settings, sink: .pieces(onReply: onReply, receive: receive)))
    }

    /// Ends all transfers with `OutboundError.closed`, closes all connections, and refuses what comes later.
    public func close() { loop.close() }

    private func run(_ transfer: Transfer) async throws(OutboundError) -> HTTPReply {
        try transfer.check()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.completion = { continuation.resume(returning: $0) }
                loop.submit(transfer)
            }
        } onCancel: {
            loop.cancel(transfer)
        }
        return try result.get()
    }
}
