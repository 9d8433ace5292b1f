import Glibc

/// What the file system refused: the operation, the path and the system's reason.
public struct FileError: Error, Equatable, CustomStringConvertible, Sendable {
    /// A verb: `open`, `write`, `synchronize`.
    public let operation: String
    public let path: String
    /// errno.
    public let code: Int32

    public init(operation: String, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    public var isNotFound: Bool { code == ENOENT }
    public var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }
    public var isPermission: Bool { code == EACCES || code == EPERM || code == EROFS }
    /// Another process holds the lock.
    public var isLocked: Bool { code == EWOULDBLOCK }

    public var description: String { "can't \(operation) \(path): \(String(cString: strerror(code)))" }
}
