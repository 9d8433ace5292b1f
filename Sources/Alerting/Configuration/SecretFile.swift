import Foundations
import Glibc

/// Reads secrets, which are never written into a configuration itself.
enum SecretFile {
    /// The file's first line. Refused where everybody may read the file, or where it is empty.
    static func read(_ path: String) throws(AlertingError) -> Secret {
        var status = stat()
        guard stat(path, &status) == 0 else { throw AlertingError.secret(file: path, reason: String(cString: strerror(errno))) }
        if status.st_mode & 0o007 != 0 {
            throw AlertingError.secret(file: path, reason: "everybody on this machine may read it; run chmod 0600 on it")
        }
        let bytes: [UInt8]
        do {
            bytes = try RealFileSystem().readAll(path, bytesMax: Limits.tokenFileBytesMax)
        } catch {
            throw AlertingError.secret(file: path, reason: error.description)
        }
        let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
        guard !line.isEmpty, let text = String(validating: line, as: UTF8.self), !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw AlertingError.secret(file: path, reason: "its first line is empty or no text")
        }
        return Secret(text)
    }
}
