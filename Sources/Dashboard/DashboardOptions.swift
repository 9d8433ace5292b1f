import Foundations
import Glibc

/// What the dashboard needs to know from the command line.
public struct DashboardOptions: Sendable {
    /// Where the collector listens.
    public var url: String
    /// Sent as bearer token.
    public var token: Secret?
    /// A file of certificates to trust instead of the system's.
    public var certificateFile: String?
    /// `TERM`, `NO_COLOR` and the like.
    public var environment: [String: String]

    public init(
        url: String = "http://127.0.0.1:9845", token: Secret? = nil, certificateFile: String? = nil, environment: [String: String] = Self.processEnvironment()
    ) {
        self.url = url
        self.token = token
        self.certificateFile = certificateFile
        self.environment = environment
    }

    /// The variables that the terminal is described by.
    public static func processEnvironment() -> [String: String] {
        var environment: [String: String] = [:]
        for name in ["TERM", "COLORTERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG"] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        return environment
    }

    /// Reads a token from a file that others can't read.
    public static func readToken(_ path: String) throws(DashboardError) -> Secret {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .tokenFile(path: path, reason: String(cString: strerror(errno))) }
        if status.st_mode & 0o077 != 0 { throw .tokenFile(path: path, reason: "others can read it; `chmod 600` it first") }
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try RealFileSystem().readAll(path, bytesMax: Limits.tokenBytes)
        } catch {
            throw .tokenFile(path: path, reason: "\(error)")
        }
        let token = String(decoding: bytes, as: UTF8.self).split { $0.isWhitespace }.joined()
        if token.isEmpty { throw .tokenFile(path: path, reason: "it is empty") }
        return Secret(token)
    }
}
