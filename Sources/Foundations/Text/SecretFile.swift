import Glibc

/// Why a file with a secret can't be used: the path, and what to do about it.
public struct SecretFileError: Error, Equatable, CustomStringConvertible, Sendable {
    public let path: String
    public let reason: String

    public var description: String { "the secret file \(path) can't be used: \(reason)" }
}

/// Reads secrets, which are never written into a configuration or on a command line themselves.
public enum SecretFile {
    /// A token, a password or an address; a file that is longer is something else.
    public static let bytesMax = 64 << 10

    /// Who else than the file's owner may read it.
    public enum Readers: UInt32, Sendable {
        case owner = 0o077
        case ownerAndGroup = 0o007
    }

    /// The file's first line, blanks around it left out. Refused where others may read the file, and where the line is empty or no text.
    public static func read(_ path: String, readers: Readers = .owner) throws(SecretFileError) -> Secret {
        var status = stat()
        guard stat(path, &status) == 0 else { throw SecretFileError(path: path, reason: String(cString: strerror(errno))) }
        if status.st_mode & readers.rawValue != 0 { throw SecretFileError(path: path, reason: "others can read it; run chmod 600 on it") }
        let bytes: [UInt8]
        do {
            bytes = try RealFileSystem().readAll(path, bytesMax: bytesMax)
        } catch {
            throw SecretFileError(path: path, reason: error.description)
        }
        let line = String(validating: bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)?.drop { $0 == " " || $0 == "\t" }
        guard var text = line, !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw SecretFileError(path: path, reason: "its first line is no plain text")
        }
        while text.last == " " { text.removeLast() }
        if text.isEmpty { throw SecretFileError(path: path, reason: "its first line is empty") }
        return Secret(String(text))
    }
}
