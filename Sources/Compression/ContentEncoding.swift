/// How a request's or a reply's body is packed: the values of `Content-Encoding` that are understood.
public enum ContentEncoding: String, Sendable, CaseIterable {
    case identity, gzip, zstd, snappy, deflate

    /// From the header's value, whatever its case; none and an empty one are `identity`. Nil where it is another or a list of several.
    public init?(header: String?) {
        let name = (header ?? "").lowercased().filter { $0 != " " && $0 != "\t" }
        switch name {
        case "": self = .identity
        case "x-gzip": self = .gzip
        default: self.init(rawValue: name)
        }
    }

    /// The body as it was before packing; an error where it would be longer than `bytesMax`. Snappy is the block format.
    public func decode(_ body: UnsafeRawBufferPointer, bytesMax: Int) throws(CompressionError) -> [UInt8] {
        switch self {
        case .identity:
            guard body.count <= bytesMax else { throw .tooLarge(bytesMax: bytesMax) }
            return Array(body)
        case .gzip: return try Gzip.decompress(body, bytesMax: bytesMax)
        case .zstd: return try Zstd.decompress(body, bytesMax: bytesMax)
        case .snappy: return try Snappy.decompress(body, bytesMax: bytesMax)
        case .deflate: return try Deflate.decompress(body, bytesMax: bytesMax)
        }
    }

    public func decode(_ body: [UInt8], bytesMax: Int) throws(CompressionError) -> [UInt8] {
        try withBytes(body) { buffer throws(CompressionError) in try decode(buffer, bytesMax: bytesMax) }
    }

    /// The packed body, at the fastest level.
    public func encode(_ body: UnsafeRawBufferPointer) -> [UInt8] {
        switch self {
        case .identity: Array(body)
        case .gzip: Gzip.compress(body)
        case .zstd: Zstd.compress(body)
        case .snappy: Snappy.compress(body)
        case .deflate: Deflate.compress(body)
        }
    }

    public func encode(_ body: [UInt8]) -> [UInt8] { body.withUnsafeBytes { encode($0) } }
}
