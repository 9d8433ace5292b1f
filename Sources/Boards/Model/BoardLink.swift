/// A link of a board or of a panel, as its file has it.
public struct BoardLink: Hashable, Sendable {
    public enum Target: Hashable, Sendable {
        /// An address, which may contain variables: of a dashboard (`/d/UID/slug`) or of anything else.
        case address(String)
        /// A dashboard by its title, file or identifier.
        case board(String)
        /// All dashboards that have all of these tags.
        case tags([String])
    }

    public var title: String
    public var target: Target
    /// Hands this board's variables on.
    public var includesVariables: Bool
    /// Hands this board's range of time on.
    public var keepsTime: Bool

    public init(title: String, target: Target, includesVariables: Bool = false, keepsTime: Bool = false) {
        self.title = title
        self.target = target
        self.includesVariables = includesVariables
        self.keepsTime = keepsTime
    }
}

/// Where a link leads: a dashboard file with what is chosen on it.
public struct BoardDestination: Hashable, Sendable {
    public var path: String
    /// Values by variable; `Variable.all` for all.
    public var variables: [String: [String]]
    /// Nil keeps what is shown.
    public var range: BoardRange?

    public init(path: String, variables: [String: [String]] = [:], range: BoardRange? = nil) {
        self.path = path
        self.variables = variables
        self.range = range
    }
}

/// A link with its variables filled in.
public struct FilledLink: Hashable, Sendable {
    public enum Target: Hashable, Sendable {
        case board(BoardDestination, title: String)
        /// Without control characters.
        case address(String)
    }

    public var title: String
    public var target: Target
}
