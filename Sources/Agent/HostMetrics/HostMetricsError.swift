import Foundations

/// A collector couldn't read its source. The others go on.
enum HostMetricsError: Error, Equatable, CustomStringConvertible {
    /// This machine has no such source: not a failure.
    case absent(path: String)
    case file(FileError)
    /// The source isn't in the form that the kernel documents.
    case unexpected(path: String, what: String)

    var description: String {
        switch self {
        case .absent(let path): "\(path) doesn't exist on this host"
        case .file(let error): error.description
        case .unexpected(let path, let what): "\(path) isn't in the form expected: \(what)"
        }
    }
}
