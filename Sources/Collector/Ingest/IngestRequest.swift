import Compression
import Foundations
import HTTPTypes
import Hummingbird
import Model
import NIOCore

extension HTTPField.Name {
    static let nightjarAgent = HTTPField.Name(BatchOrigin.agentHeader)!
    static let nightjarSequence = HTTPField.Name(BatchOrigin.sequenceHeader)!
    static let nightjarInstance = HTTPField.Name("X-Nightjar-Instance")!
    static let nightjarVersion = HTTPField.Name("X-Nightjar-Version")!
    /// `1` on the answer to a batch that was stored already.
    static let nightjarDuplicate = HTTPField.Name("X-Nightjar-Duplicate")!
    /// `too_old=3, too_many_series=1`: what of a batch was refused while the rest was stored.
    static let nightjarRejected = HTTPField.Name("X-Nightjar-Rejected")!
}

/// What the headers of an ingest request say, checked.
struct IngestRequest: Sendable {
    let encoding: ContentEncoding
    /// Nil from senders other than our agent.
    let origin: BatchOrigin?
    let instance: String?
    let version: String?

    /// Throws a refusal where the encoding is unknown or the origin is incomplete.
    init(_ headers: HTTPFields) throws(Refusal) {
        guard let encoding = ContentEncoding(header: headers[.contentEncoding]) else {
            throw Refusal(
                status: .unsupportedMediaType, errorType: "bad_data", reason: .unsupportedEncoding,
                message: "the Content-Encoding isn't understood; use snappy, zstd, gzip, deflate or none")
        }
        self.encoding = encoding
        origin = try Self.origin(headers)
        instance = headers[.nightjarInstance]
        version = headers[.nightjarVersion]
    }

    private static func origin(_ headers: HTTPFields) throws(Refusal) -> BatchOrigin? {
        let agent = headers[.nightjarAgent]
        let sequence = headers[.nightjarSequence]
        if agent == nil && sequence == nil { return nil }
        guard let agent, let sequence, let number = UInt64(sequence), let origin = BatchOrigin(agent: agent, sequence: number) else {
            throw .malformed(
                "\(BatchOrigin.agentHeader) (1 to 64 of A-Z a-z 0-9 _ . -) and \(BatchOrigin.sequenceHeader) (a number over 0) go together")
        }
        return origin
    }

    /// The media type of a body, in lower case and without parameters.
    static func mediaType(_ headers: HTTPFields) -> String {
        let value = headers[.contentType] ?? ""
        return value.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    }

    /// The refusal of a body of another type than `accepted`; names the trap of tools that send everything as a form.
    static func unsupportedType(_ headers: HTTPFields, accepted: String) -> Refusal {
        let type = mediaType(headers)
        let isForm = type == "application/x-www-form-urlencoded" || type == "multipart/form-data"
        return Refusal(
            status: .unsupportedMediaType, errorType: "bad_data", reason: .unsupportedContentType,
            message: isForm
                ? "the Content-Type says that the body is a form (\(type)), the default of some tools; send it with \(accepted)"
                : "the Content-Type \"\(SafeText((headers[.contentType] ?? "").prefix(100)).string)\" isn't taken here; send \(accepted)")
    }
}
