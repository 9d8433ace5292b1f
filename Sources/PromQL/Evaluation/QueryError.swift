/// Why a query has no result.
public enum QueryError: Error, Hashable, Sendable, CustomStringConvertible {
    case syntax(PromQLSyntaxError)
    /// The data doesn't fit the query, or the reader failed.
    case execution(String)
    case timeout(seconds: Double)
    case tooManySamples(limit: Int)
    /// What the query holds at a time is over its bound.
    case memoryExceeded(bytesMax: Int)
    /// Whoever asked has gone.
    case cancelled

    public var description: String {
        switch self {
        case .syntax(let error): error.description
        case .execution(let reason): reason
        case .timeout(let seconds): "query timed out after \(ValueText.format(seconds)) s; ask for a shorter range, a longer step or fewer series"
        case .tooManySamples(let limit):
            "query processing would load too many samples into memory (over \(limit)); narrow its matchers or its time range"
        case .memoryExceeded(let bytesMax):
            "query needs more than \(bytesMax >> 20) MiB of memory; narrow its matchers or its time range, take a longer step, or aggregate"
        case .cancelled: "query was cancelled"
        }
    }
}
