import Foundations

/// Why the agent can't start, or can't keep what it read.
public enum AgentError: Error, Equatable, CustomStringConvertible, Sendable {
    case file(FileError)
    /// Another agent has the spool.
    case spoolLocked(directory: String)
    /// The spool's share for this kind is used up: its sources must wait.
    case spoolFull(bytesMax: Int)
    case recordTooLarge(bytes: Int, bytesMax: Int)
    case agentIdDamaged(path: String)
    case options(reason: String)

    public var description: String {
        switch self {
        case .file(let error): error.description
        case .spoolLocked(let directory): "another agent uses the spool \(directory); stop it, or give this one a folder of its own"
        case .spoolFull(let bytesMax): "the spool has reached its \(bytesMax) bytes; it empties as soon as the collectors can be reached"
        case .recordTooLarge(let bytes, let bytesMax): "a batch of \(bytes) bytes is over the \(bytesMax) that a collector takes"
        case .agentIdDamaged(let path): "\(path) doesn't hold an agent's id of 32 hexadecimal digits; restore it, or remove the spool to start anew"
        case .options(let reason): reason
        }
    }
}

/// Turns the file system's errors into the module's.
func filesystem<Result>(_ body: () throws(FileError) -> Result) throws(AgentError) -> Result {
    do throws(FileError) {
        return try body()
    } catch {
        throw .file(error)
    }
}
