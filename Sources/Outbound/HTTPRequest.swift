/// A request over HTTP or HTTPS.
public struct HTTPRequest: Sendable {
    public var method: String
    /// With its scheme, `http` or `https`.
    public var url: String
    public var headers: [(String, String)]
    /// Sent where it isn't empty, and with POST, PUT and PATCH always. Without a `Content-Type` among the headers none is sent.
    public var body: [UInt8]
    /// Fills a buffer with the next bytes of a body whose length isn't known; returns how many, 0 at the end and a negative number to give
    /// up. Sent in place of `body`. Called on the client's thread, where it may block only if nothing else is sent meanwhile.
    public var bodySource: (@Sendable (UnsafeMutableRawBufferPointer) -> Int)?
    /// For the whole exchange; 0 is without bound.
    public var timeoutSeconds: Double
    public var connectTimeoutSeconds: Double
    /// The longest time without a byte from the other side; nil is without bound. For streams that send signs of life.
    public var silenceSecondsMax: Int?
    /// A longer reply is an error.
    public var replyBytesMax: Int
    public var followsRedirects: Bool

    public init(
        method: String, url: String, headers: [(String, String)] = [], body: [UInt8] = [], timeoutSeconds: Double = 30,
        connectTimeoutSeconds: Double = 5, silenceSecondsMax: Int? = nil, replyBytesMax: Int = 16 << 20, followsRedirects: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutSeconds = timeoutSeconds
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.silenceSecondsMax = silenceSecondsMax
        self.replyBytesMax = replyBytesMax
        self.followsRedirects = followsRedirects
    }

    /// Scheme, host and port: what may stand in a log. The rest of an address can be a secret, as webhooks' are.
    var place: String {
        guard let scheme = url.range(of: "://") else { return "an address without a scheme" }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        return String(url[..<scheme.upperBound]) + host
    }
}

extension String {
    /// Where `part` first stands; Foundation's method of the name isn't at hand.
    fileprivate func range(of part: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
            start = index(after: start)
        }
        return nil
    }
}
