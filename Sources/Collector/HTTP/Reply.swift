import Compression
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

    /// `{"status":"success","data":…}`
    static func success(warnings: [String] = [], infos: [String] = [], _ data: (inout JSONWriter) throws -> Void) rethrows -> Response {
        var writer = JSONWriter(reservingBytes: 1024)
        try writer.object { writer in
            writer.member("status", "success")
            writer.key("data")
            try data(&writer)
            if !warnings.isEmpty { writer.member("warnings", warnings) }
            if !infos.isEmpty { writer.member("infos", infos) }
        }
        return json(writer)
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

extension Response {
    /// Packs a body that is known whole with gzip, where the client takes it and it is long enough to be worth it.
    func compressed(accepted: String?, bytesMin: Int) async throws -> Response {
        guard headers[.contentEncoding] == nil, let length = body.contentLength, length >= bytesMin, accepted.map(acceptsGzip) ?? false else {
            return self
        }
        let collected = CollectedBody()
        try await body.write(CollectingWriter(collected: collected))
        let packed = collected.buffer.withUnsafeReadableBytes { Gzip.compress($0) }
        var response = self
        response.headers[.contentEncoding] = "gzip"
        response.headers[.vary] = "Accept-Encoding"
        response.headers[.contentLength] = String(packed.count)
        response.body = ResponseBody(byteBuffer: ByteBuffer(bytes: packed))
        return response
    }
}

private final class CollectedBody {
    var buffer = ByteBuffer()
}

private struct CollectingWriter: ResponseBodyWriter {
    let collected: CollectedBody

    mutating func write(_ buffer: ByteBuffer) async throws { collected.buffer.writeImmutableBuffer(buffer) }
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// Whether an `Accept-Encoding` takes gzip: named, or by `*`, with a weight over 0 (RFC 9110, 12.5.3).
func acceptsGzip(_ header: String) -> Bool {
    for item in header.lowercased().split(separator: ",") {
        let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
        guard parts.first == "gzip" || parts.first == "*" else { continue }
        let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
        return weight > 0
    }
    return false
}
