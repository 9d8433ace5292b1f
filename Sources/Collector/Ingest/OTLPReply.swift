import Foundations
import Hummingbird

/// Answers of OTLP/HTTP: `ExportLogsServiceResponse`, and `google.rpc.Status` for refusals, each in the request's form.
enum OTLPReply {
    static func success(_ rejection: PartialRejection, _ format: BodyFormat) -> Response {
        switch format {
        case .protobuf:
            var message: [UInt8] = []
            if !rejection.isEmpty {
                var partial: [UInt8] = []
                partial.append(field: 1, varint: UInt64(rejection.total))
                partial.append(field: 2, bytes: Array(rejection.message.utf8))
                message.append(field: 1, bytes: partial)
            }
            return Reply.bytes(message, contentType: format.contentType)
        case .json:
            var writer = JSONWriter()
            writer.object { writer in
                if rejection.isEmpty { return }
                writer.key("partialSuccess")
                writer.object { writer in
                    writer.member("rejectedLogRecords", String(rejection.total))
                    writer.member("errorMessage", rejection.message)
                }
            }
            return Reply.json(writer)
        }
    }

    static func refusal(_ refusal: Refusal, _ request: Request) -> Response {
        guard BodyFormat(request.headers) == .protobuf else { return Reply.refusal(refusal) }
        var message: [UInt8] = []
        message.append(field: 1, varint: code(refusal))
        message.append(field: 2, bytes: Array(refusal.message.utf8))
        var response = Reply.bytes(message, contentType: BodyFormat.protobuf.contentType, status: refusal.status)
        Reply.addHeaders(of: refusal, to: &response)
        return response
    }

    /// The code of `google.rpc.Code` that fits an HTTP status.
    private static func code(_ refusal: Refusal) -> UInt64 {
        switch refusal.status.code {
        case 400, 413, 415: 3  // INVALID_ARGUMENT
        case 401: 16  // UNAUTHENTICATED
        case 403: 7  // PERMISSION_DENIED
        case 408: 4  // DEADLINE_EXCEEDED
        case 429: 8  // RESOURCE_EXHAUSTED
        case 503: 14  // UNAVAILABLE
        default: 13  // INTERNAL
        }
    }
}

extension [UInt8] {
    /// A protobuf field of wire type 0.
    fileprivate mutating func append(field: UInt64, varint value: UInt64) {
        append(varint: field << 3)
        append(varint: value)
    }

    /// A protobuf field of wire type 2.
    fileprivate mutating func append(field: UInt64, bytes: [UInt8]) {
        append(varint: field << 3 | 2)
        append(lengthPrefixed: bytes)
    }
}
