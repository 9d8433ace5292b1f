import Foundations
import Terminal

/// Why the dashboard has nothing to show, or can't be shown.
public enum DashboardError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The URL doesn't begin with http:// or https://.
    case badURL(String)
    /// No answer came.
    case unreachable(reason: String)
    /// The collector wants a token, or another one.
    case unauthorized(status: Int)
    /// The collector refused; `reason` is its own text.
    case refused(status: Int, reason: String)
    /// What answered doesn't speak the API.
    case badReply(path: String, reason: String)
    /// The settings of keys and colours are wrong; each line says where and what.
    case badSettings(String)
    /// There is no screen of that name.
    case noScreen(String, known: [String])
    /// The terminal can't be drawn on.
    case terminal(TerminalError)

    public var description: String {
        switch self {
        case .badURL(let url): "--url must begin with http:// or https://, not `\(SafeText(url))`"
        case .unreachable(let reason): "the collector can't be reached: \(reason)"
        case .unauthorized(let status): "the collector answered \(status): give a token with the scope `read` with --token-file"
        case .refused(let status, let reason): "the collector answered \(status): \(reason)"
        case .badReply(let path, let reason): "\(path) didn't answer as a collector does (\(reason)); is the URL right?"
        case .badSettings(let reason): reason
        case .noScreen(let name, let known): "there is no screen `\(SafeText(name))`; the screens are \(known.joined(separator: ", "))"
        case .terminal(let error): "\(error)"
        }
    }
}
