import Foundations

/// A secret as the configuration gives it: itself, or the file that holds it, which is read anew for each request.
public enum SecretSource: Sendable, Hashable {
    case inline(Secret)
    case file(String)

    /// Throws where the file can't be read or others may read it.
    func read() throws(AlertingError) -> Secret {
        switch self {
        case .inline(let secret): return secret
        case .file(let path):
            do {
                return try SecretFile.read(path, readers: .ownerAndGroup)
            } catch {
                throw .secret(file: error.path, reason: error.reason)
            }
        }
    }
}

/// How requests of a receiver go out.
public struct HTTPSettings: Sendable, Hashable {
    public enum Authorization: Sendable, Hashable {
        case basic(user: String, SecretSource)
        /// The type, `Bearer` as a rule, and the credentials.
        case credentials(type: String, SecretSource)
    }

    public var authorization: Authorization?
    public var headers: [String: String] = [:]
    /// PEM files: authorities to trust instead of the system's, and a certificate to show.
    public var authorityFile: String?
    public var certificateFile: String?
    public var keyFile: String?
    public var timeoutSeconds = Limits.timeoutSecondsDefault
    /// Allows http:// in place of https://.
    public var allowsPlainHTTP = false
    /// Allows loopback, link-local and private addresses.
    public var allowsPrivateAddresses = false

    public init() {}
}
