import Compression
import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// Packs a body that is known whole as the client prefers, where it is long enough to be worth it.
    func compressed(accepted: String?, bytesMin: Int) async throws -> Response {
        guard headers[.contentEncoding] == nil, let length = body.contentLength, length >= bytesMin else { return self }
        var response = self
        response.headers.appendVary("Accept-Encoding")
        guard let encoding = accepted.flatMap(ReplyEncoding.preferred) else { return response }
        let collected = CollectedBody()
        try await body.write(CollectingWriter(collected: collected))
        let packed = collected.buffer.withUnsafeReadableBytes { encoding.encode($0) }
        response.headers[.contentEncoding] = encoding.rawValue
        response.headers[.contentLength] = String(packed.count)
        response.body = ResponseBody(byteBuffer: ByteBuffer(bytes: packed))
        return response
    }
}

extension HTTPFields {
    /// Adds a request's header to those that the answer depends on.
    mutating func appendVary(_ name: String) { self[.vary] = self[.vary].map { "\($0), \(name)" } ?? name }
}

private final class CollectedBody {
    var buffer = ByteBuffer()
}

private struct CollectingWriter: ResponseBodyWriter {
    let collected: CollectedBody

    mutating func write(_ buffer: ByteBuffer) async throws { collected.buffer.writeImmutableBuffer(buffer) }
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// Which of the packings that there are for answers an `Accept-Encoding` prefers (RFC 9110, 12.5.3).
enum ReplyEncoding {
    /// The cheapest for its size first: it wins where weights are equal.
    private static let offered: [ContentEncoding] = [.zstd, .gzip]

    /// Nil where the client takes neither, or prefers the answer as it is.
    static func preferred(_ header: String) -> ContentEncoding? {
        var weights: [Substring: Double] = [:]
        let lower = header.lowercased()
        for item in lower.split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.trimmingSpaces }
            guard let name = parts.first, !name.isEmpty else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            weights[name == "x-gzip" ? "gzip" : name] = weight
        }
        let plain = weights["identity"] ?? 0
        var best: (encoding: ContentEncoding, weight: Double)?
        for encoding in offered {
            let weight = weights[Substring(encoding.rawValue)] ?? weights["*"] ?? 0
            if weight > 0, weight >= plain, weight > best?.weight ?? 0 { best = (encoding, weight) }
        }
        return best?.encoding
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
