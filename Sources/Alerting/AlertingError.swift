/// Alerting can't do what it was asked.
public enum AlertingError: Error, CustomStringConvertible, Sendable {
    /// SQLite refused: the disk is full, the file is damaged or belongs to somebody else.
    case database(path: String, operation: String, reason: String)
    /// Another process has the database open.
    case locked(path: String)
    /// The database was written by a newer version.
    case newerDatabase(path: String, version: Int, known: Int)
    /// A file with a secret can't be used.
    case secret(file: String, reason: String)

    public var description: String {
        switch self {
        case .database(let path, let operation, let reason):
            "can't \(operation) the alert database \(path): \(reason); check the disk's space and the file's owner"
        case .locked(let path): "the alert database \(path) is in use by another process; stop it, or choose another data folder"
        case .newerDatabase(let path, let version, let known):
            "the alert database \(path) has version \(version), this program knows \(known); use the newer program"
        case .secret(let file, let reason): "the secret file \(file) can't be used: \(reason)"
        }
    }
}
