/// Why no reply came. `place` is scheme, host and port: the rest of an address may be secret.
public enum OutboundError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The request can't be sent as it is.
    case badRequest(place: String, reason: String)
    /// The policy forbids the address.
    case denied(place: String, reason: String)
    /// The host's name has no address.
    case resolve(place: String)
    /// No connection: refused, unreachable.
    case connect(place: String, reason: String)
    case timeout(place: String, seconds: Double)
    case tls(place: String, reason: String)
    /// The reply is over the request's bound.
    case replyTooLarge(place: String, bytesMax: Int)
    /// The connection broke or the other side doesn't speak HTTP.
    case broken(place: String, reason: String)
    /// The task was cancelled.
    case cancelled
    /// The client was closed.
    case closed

    public var description: String {
        switch self {
        case .badRequest(let place, let reason): "can't send a request to \(place): \(reason)"
        case .denied(let place, let reason): "\(place) is not allowed: \(reason)"
        case .resolve(let place): "\(place): the host's name can't be resolved; check the address and DNS"
        case .connect(let place, let reason): "can't connect to \(place): \(reason)"
        case .timeout(let place, let seconds): "\(place) didn't answer within \(seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds)) s"
        case .tls(let place, let reason): "no secure connection to \(place): \(reason)"
        case .replyTooLarge(let place, let bytesMax): "the answer of \(place) is longer than \(bytesMax) bytes"
        case .broken(let place, let reason): "the connection to \(place) broke: \(reason)"
        case .cancelled: "the request was cancelled"
        case .closed: "the client was closed"
        }
    }

    /// One word, for a metric's label.
    public var reasonLabel: String {
        switch self {
        case .badRequest: "bad_request"
        case .denied: "denied"
        case .resolve: "dns"
        case .connect: "connect"
        case .timeout: "timeout"
        case .tls: "tls"
        case .replyTooLarge: "reply_too_large"
        case .broken: "broken"
        case .cancelled: "cancelled"
        case .closed: "closed"
        }
    }
}
