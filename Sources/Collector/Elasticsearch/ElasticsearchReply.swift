import Foundations
import HTTPTypes
import Hummingbird
import Wire

extension HTTPField.Name {
    static let elasticProduct = HTTPField.Name("X-Elastic-Product")!
}

/// Answers in Elasticsearch's shapes. Its clients look for the header `X-Elastic-Product` in each.
enum ElasticsearchReply {
    /// A version whose API is what its clients expect of the answers here; Beats refuse to write to one older than themselves.
    static let version = "8.19.0"
    static let clusterName = "nightjar"

    static func json(status: HTTPResponse.Status = .ok, _ body: (inout JSONWriter) -> Void) -> Response {
        var writer = JSONWriter()
        writer.object(body)
        var response = Reply.json(writer, status: status)
        response.headers[.elasticProduct] = "Elasticsearch"
        return response
    }

    static var empty: Response { Response(status: .ok, headers: [.elasticProduct: "Elasticsearch"]) }

    /// `{"error":{"type":…,"reason":…},"status":400}`
    static func refusal(_ refusal: Refusal, _: Request) -> Response {
        var response = json(status: refusal.status) { writer in
            writer.key("error")
            writer.object { writer in
                writer.key("root_cause")
                writer.array([refusal]) { writer, refusal in writer.object { cause(refusal, &$0) } }
                cause(refusal, &writer)
            }
            writer.member("status", refusal.status.code)
        }
        Reply.addHeaders(of: refusal, to: &response)
        return response
    }

    private static func cause(_ refusal: Refusal, _ writer: inout JSONWriter) {
        writer.member("type", type(refusal))
        writer.member("reason", refusal.message)
    }

    private static func type(_ refusal: Refusal) -> String {
        switch refusal.status.code {
        case 401, 403: "security_exception"
        case 429, 503: "es_rejected_execution_exception"
        case 413: "content_too_long_exception"
        case 500...: "internal_server_error"
        default: refusal.reason == .malformed ? "parse_exception" : "illegal_argument_exception"
        }
    }

    /// The answer to a bulk: an object for each item, in the order of the request.
    static func bulk(_ items: [BulkItem], tookMilliseconds: Int64, isBrief: Bool) -> Response {
        var hasErrors = false
        for item in items { if case .refused = item.outcome { hasErrors = true } }
        var identifiers = DocumentIdentifiers()
        return json { writer in
            if !isBrief { writer.member("took", tookMilliseconds) }
            writer.member("errors", hasErrors)
            writer.key("items")
            writer.array(items) { writer, item in
                writer.object { writer in
                    writer.key(item.action.rawValue)
                    writer.object { write(item, isBrief: isBrief, &identifiers, to: &$0) }
                }
            }
        }
    }

    private static func write(_ item: BulkItem, isBrief: Bool, _ identifiers: inout DocumentIdentifiers, to writer: inout JSONWriter) {
        if !isBrief {
            writer.member("_index", item.index)
            writer.member("_id", item.id ?? identifiers.next())
        }
        switch item.outcome {
        case .record:
            if !isBrief {
                writer.member("_version", 1)
                writer.member("result", "created")
                writer.key("_shards")
                writer.object { writer in
                    writer.member("total", 1)
                    writer.member("successful", 1)
                    writer.member("failed", 0)
                }
                writer.member("_seq_no", 0)
                writer.member("_primary_term", 1)
            }
            writer.member("status", 201)
        case .refused(let status, let type, let reason):
            writer.member("status", status)
            writer.key("error")
            writer.object { writer in
                writer.member("type", type)
                writer.member("reason", reason)
            }
        }
    }
}

/// Names for documents that came without one, 20 digits each.
private struct DocumentIdentifiers {
    private let prefix = UInt64.random(in: 0...UInt64.max)
    private var count: UInt32 = 0

    mutating func next() -> String {
        count += 1
        let low = String(count, radix: 36)
        let high = String(prefix, radix: 36)
        return String(repeating: "0", count: max(0, 13 - high.count)) + high + String(repeating: "0", count: max(0, 7 - low.count)) + low
    }
}
