import Foundations
import Glibc

/// Why the terminal can't be used full-screen.
public enum TerminalError: Error, Equatable, CustomStringConvertible, Sendable {
    /// Standard input or output isn't a terminal.
    case notATerminal
    /// `TERM` says that the cursor can't be moved.
    case cannotMoveCursor(term: String)
    /// This process draws full-screen already.
    case alreadyTaken
    /// The system refused a call; `code` is errno.
    case system(operation: String, code: Int32)

    public var description: String {
        switch self {
        case .notATerminal: "standard input or output is not a terminal; run it in one, or print a single frame with --once"
        case .cannotMoveCursor(let term): "a terminal of the type TERM=\(SafeText(term)) can't move its cursor; set TERM to what you use, or print a single frame with --once"
        case .alreadyTaken: "this process draws on the terminal already"
        case .system(let operation, let code): "can't \(operation) the terminal: \(String(cString: strerror(code)))"
        }
    }
}
