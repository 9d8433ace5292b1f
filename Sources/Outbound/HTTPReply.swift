import CCurl
import Foundations

/// What came back. Any status is a reply, not an error.
public struct HTTPReply: Sendable {
    public var status: Int
    /// In the order they came.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public var isSuccess: Bool { (200...299).contains(status) }

    /// The first header of a name, in any case.
    public func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }

    /// How long to wait as `Retry-After` says, in seconds or as a date (RFC 9110, 10.2.3): 0 for a moment that is past, at most
    /// an hour, nil where the header is missing or is neither.
    public func retryAfterSeconds(now: NanoTimestamp) -> Double? {
        guard let text = header("Retry-After") else { return nil }
        if let seconds = Double(text), text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) { return min(seconds, Limits.retryAfterSecondsMax) }
        let moment = curl_getdate(text, nil)
        if moment < 0 { return nil }
        return min(max(0, Double(moment) - Double(now.nanoseconds) / 1e9), Limits.retryAfterSecondsMax)
    }

    /// The body's first bytes as one safe line, for messages.
    public func excerpt(bytesMax: Int = 200) -> String { SafeText(bytes: body.prefix(bytesMax)).string }
}
