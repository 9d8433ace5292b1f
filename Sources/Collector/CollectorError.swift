import Foundations

/// Why the collector can't start or go on: one sentence each, with what to do.
public enum CollectorError: Error, CustomStringConvertible {
    case portInUse(address: String)
    case portNotPermitted(address: String)
    case addressUnavailable(address: String, reason: String)
    case dataDirectoryLocked(path: String)
    case dataDirectoryNotPermitted(FileError)
    case dataDirectory(FileError)
    case needsTokens(address: String)
    case needsTLS(address: String)
    case incompleteTLS
    case certificate(path: String, reason: String)
    case fileReadableByOthers(path: String, mode: UInt32, wanted: String)
    case tokenFile(path: String, line: Int, reason: String)
    case input(flag: String, reason: String)
    case secret(SecretFileError)
    case file(FileError)
    case store(String)
    case server(String)

    public var description: String {
        switch self {
        case .portInUse(let address):
            "another process already listens on \(address); stop it or choose another address with --listen"
        case .portNotPermitted(let address):
            "this user may not listen on \(address); choose a port of 1024 or higher with --listen"
        case .addressUnavailable(let address, let reason):
            "can't listen on \(address): \(reason); give an address of this host with --listen"
        case .dataDirectoryLocked(let path):
            "another process already uses the data folder \(path); stop it or choose another folder with --data"
        case .dataDirectoryNotPermitted(let error):
            "\(error); give this user the folder or choose another with --data"
        case .dataDirectory(let error): "the data folder can't be used: \(error)"
        case .needsTokens(let address):
            "\(address) is reachable from other machines, which needs tokens; give --token-file, or listen on 127.0.0.1"
        case .needsTLS(let address):
            "tokens would cross the network unencrypted on \(address); give --tls-cert and --tls-key, or allow it explicitly with --allow-plain-tokens"
        case .incompleteTLS: "TLS needs both a certificate and a key; give --tls-cert and --tls-key together"
        case .certificate(let path, let reason): "the TLS certificate or key can't be used (\(path)): \(reason)"
        case .fileReadableByOthers(let path, let mode, let wanted):
            "\(path) has mode \(String(mode, radix: 8)), so others can read it; run chmod \(wanted) on it"
        case .tokenFile(let path, let line, let reason): "\(path), line \(line): \(reason)"
        case .input(let flag, let reason): "\(flag): \(reason)"
        case .secret(let error): error.description
        case .file(let error): error.description
        case .store(let reason): reason
        case .server(let reason): "the HTTP server ended: \(reason)"
        }
    }
}
