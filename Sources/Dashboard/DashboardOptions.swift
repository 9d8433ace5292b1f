import Boards
import Foundations
import Glibc

/// What the dashboard needs to know from the command line.
public struct DashboardOptions: Sendable {
    /// What it is shown as.
    public enum Face: Sendable {
        /// People at a terminal, who can act.
        case full
        /// A wall: nobody types; screens in turn, and what fires at once.
        case wall
    }

    /// Where the collector listens.
    public var url: String
    /// Sent as bearer token.
    public var token: Secret?
    /// A file of certificates to trust instead of the system's.
    public var certificateFile: String?
    /// `TERM`, `NO_COLOR` and the like.
    public var environment: [String: String]
    public var face = Face.full
    /// Whether people may act, where the token would let them.
    public var isReadOnly = false
    /// Who acts, where the collector asks for no tokens.
    public var actor: String
    /// Keys and colours.
    public var settings = DashboardSettings.standard
    /// Where what was typed at prompts is kept for the next runs; nil keeps nothing.
    public var historyFile: String?
    /// Where files of dashboards are looked for.
    public var boardGlobs = BoardLibrary.standardGlobs

    public init(
        url: String = "http://127.0.0.1:9845", token: Secret? = nil, certificateFile: String? = nil, environment: [String: String] = Self.processEnvironment(),
        actor: String = "local"
    ) {
        self.url = url
        self.token = token
        self.certificateFile = certificateFile
        self.environment = environment
        self.actor = actor
    }

    /// The variables that the terminal is described by.
    public static func processEnvironment() -> [String: String] {
        var environment: [String: String] = [:]
        for name in ["TERM", "COLORTERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG"] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        return environment
    }
}
