/// Why a log query has no result.
public enum LogQLError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text is no LogQL. `line` and `column` count from 1.
    case syntax(line: Int, column: Int, reason: String)
    /// The query ran into a bound.
    case tooMuch(String)
    /// The query took longer than it may.
    case deadline(String)
    /// The query can't be answered.
    case failed(String)

    public var description: String {
        switch self {
        case .syntax(let line, let column, let reason): "parse error at line \(line), col \(column): \(reason)"
        case .tooMuch(let reason), .deadline(let reason), .failed(let reason): reason
        }
    }
}
