import HTTPTypes
import Hummingbird
import NIOCore

/// Answers of the collector.
enum Reply {
    static let json = "application/json"

    static func json(_ writer: JSONWriter, status: HTTPResponse.Status = .ok) -> Response {
        bytes(writer.bytes, contentType: json, status: status)
    }

    static func bytes(_ bytes: [UInt8], contentType: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: contentType], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        bytes(Array(text.utf8), contentType: "text/plain; charset=utf-8", status: status)
    }

    /// 204, as Prometheus answers what has nothing to tell.
    static let noContent = Response(status: .noContent)

    /// `{"status":"success","data":…}`
    static func success(warnings: [String] = [], infos: [String] = [], _ data: (inout JSONWriter) throws -> Void) rethrows -> Response {
        var writer = JSONWriter(reservingBytes: 1024)
        try writer.object { writer in
            writer.member("status", "success")
            writer.key("data")
            try data(&writer)
            write(warnings: warnings, infos: infos, to: &writer)
        }
        return json(writer)
    }

    /// The members behind an answer's data.
    static func write(warnings: [String], infos: [String], to writer: inout JSONWriter) {
        if !warnings.isEmpty { writer.member("warnings", warnings) }
        if !infos.isEmpty { writer.member("infos", infos) }
    }

    /// `{"status":"error","errorType":…,"error":…}`
    static func refusal(_ refusal: Refusal) -> Response {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("status", "error")
            writer.member("errorType", refusal.errorType)
            writer.member("error", refusal.message)
        }
        var response = json(writer, status: refusal.status)
        addHeaders(of: refusal, to: &response)
        return response
    }

    static func addHeaders(of refusal: Refusal, to response: inout Response) {
        for field in refusal.headers { response.headers.append(field) }
        if let seconds = refusal.retryAfterSeconds { response.headers[.retryAfter] = String(seconds) }
    }
}
