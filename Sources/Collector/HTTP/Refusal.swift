import HTTPTypes

/// Why a request is refused: the label `reason` of `nightjar_collector_refused_requests_total`.
enum RefusalReason: String, CaseIterable, Sendable {
    case bodyTooLarge = "body_too_large"
    case inflatedTooLarge = "inflated_too_large"
    case bodyTooSlow = "body_too_slow"
    case malformed = "malformed"
    case unsupportedContentType = "unsupported_content_type"
    case unsupportedEncoding = "unsupported_encoding"
    case rejectedData = "rejected_data"
    case overload = "overload"
    case diskFull = "disk_full"
    case storeUnavailable = "store_unavailable"
    case unauthenticated = "unauthenticated"
    case forbidden = "forbidden"
    case tooManyFailures = "too_many_failed_authentications"
    case foreignHost = "foreign_host"
    case crossOrigin = "cross_origin"
    case badParameter = "bad_parameter"
    case queryFailed = "query_failed"
    case queryTimeout = "query_timeout"
    case clientLeft = "client_left"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case internalError = "internal"
}

/// An answer that isn't what was asked for, in the shape of Prometheus's error envelope.
struct Refusal: Error {
    var status: HTTPResponse.Status
    /// Prometheus's `errorType`.
    var errorType: String
    var reason: RefusalReason
    /// For people: what is wrong, where, and what to do.
    var message: String
    var retryAfterSeconds: Int?
    var headers: HTTPFields = [:]

    static func badParameter(_ message: String) -> Refusal {
        Refusal(status: .badRequest, errorType: "bad_data", reason: .badParameter, message: message)
    }

    static func malformed(_ message: String) -> Refusal {
        Refusal(status: .badRequest, errorType: "bad_data", reason: .malformed, message: message)
    }

    static func unavailable(_ reason: RefusalReason, _ message: String, retryAfterSeconds: Int) -> Refusal {
        Refusal(
            status: .serviceUnavailable, errorType: "unavailable", reason: reason, message: message,
            retryAfterSeconds: retryAfterSeconds)
    }

    static func internalError(_ message: String) -> Refusal {
        Refusal(status: .internalServerError, errorType: "internal", reason: .internalError, message: message)
    }
}

extension HTTPResponse.Status {
    /// What Prometheus answers to a client that left before its answer was ready.
    static let clientClosedRequest = HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request")
}
