import Foundations
import Model

/// Who does something to alerts, and in what words.
public struct Action: Sendable, Hashable {
    public var actor: String
    public var comment: String

    public init(actor: String, comment: String = "") {
        self.actor = actor
        self.comment = comment
    }
}

/// Why an action can't be done.
public enum ActionError: Error, Equatable, CustomStringConvertible, Sendable {
    /// No alert that fires has the fingerprint or name.
    case noAlert(String)
    case noSilence(String)
    /// The silence has ended, and can't be changed.
    case expired(String)
    case invalid(String)

    public var description: String {
        switch self {
        case .noAlert(let name): "no alert \(quoted(name)) fires; `nightjar alerts` lists those that do"
        case .noSilence(let id): "there is no silence \(id)"
        case .expired(let id): "the silence \(id) has ended; make a new one"
        case .invalid(let reason): reason
        }
    }
}
