/// A request to erase log lines.
struct LogDeletion: Codable, Sendable {
    enum State: String, Codable, Sendable {
        case received, processing, processed, cancelled, failed

        var isOver: Bool { self == .processed || self == .cancelled || self == .failed }
        /// In Loki's words: what isn't done is received.
        var lokiStatus: String { self == .received || self == .processing ? "received" : rawValue }
    }

    let id: String
    /// LogQL that the store answers alone.
    let query: String
    /// Nanoseconds since 1970; lines with `start <= t < end`.
    let start: Int64
    let end: Int64
    let createdAt: Int64
    /// The token's name.
    let actor: String
    var state = State.received
    var daysTotal = 0
    var daysDone = 0
    var linesErased = 0
    /// Why it failed, or is behind.
    var failure: String?
}
