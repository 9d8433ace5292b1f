import Foundations
import Glibc

/// A bearer token in a file that others can't read.
enum TokenFile {
    static func read(_ path: String) throws(AgentError) -> Secret {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .tokenFile(path: path, reason: String(cString: strerror(errno))) }
        if status.st_mode & 0o077 != 0 { throw .tokenFile(path: path, reason: "others can read it; `chmod 600` it first") }
        let bytes = try filesystem { () throws(FileError) in try RealFileSystem().readAll(path, bytesMax: Limits.tokenBytesMax) }
        let token = bytes.filter { $0 > 0x20 && $0 < 0x7F }
        if token.isEmpty { throw .tokenFile(path: path, reason: "it is empty") }
        return Secret(String(decoding: token, as: UTF8.self))
    }
}
