import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// TLS for the server, and what the system says when it can't listen.
enum ServerTLS {
    /// TLS 1.2 or newer with the given chain and key. Throws where a file can't be read, the key is open to others, or they don't fit.
    static func configuration(_ tls: CollectorTLS) throws(CollectorError) -> TLSConfiguration {
        // Groups such as ssl-cert commonly read keys; nobody else may.
        try PrivateFile.check(tls.keyPath, forbiddenMode: 0o007, wantedMode: "640")
        // Everybody may read a certificate; a missing one is said as any missing file is.
        try PrivateFile.check(tls.certificatePath, forbiddenMode: 0, wantedMode: "644")
        let chain: [NIOSSLCertificateSource]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(tls.certificatePath).map { .certificate($0) }
        } catch {
            throw .certificate(path: tls.certificatePath, reason: "\(error)")
        }
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain, privateKey: .privateKey(try NIOSSLPrivateKey(file: tls.keyPath, format: .pem)))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            // Finds out now, not with the first connection, that they don't fit each other.
            _ = try NIOSSLContext(configuration: configuration)
            return configuration
        } catch {
            throw .certificate(path: tls.keyPath, reason: "\(error)")
        }
    }

    /// The server's error in a sentence.
    static func listenError(_ error: any Error, _ address: String) -> CollectorError {
        if let error = error as? CollectorError { return error }
        guard let system = error as? IOError else {
            return error is NIOConnectionError || "\(error)".contains("resolve")
                ? .addressUnavailable(address: address, reason: "\(error)") : .server("\(error)")
        }
        switch system.errnoCode {
        case EADDRINUSE: return .portInUse(address: address)
        case EACCES, EPERM: return .portNotPermitted(address: address)
        default: return .addressUnavailable(address: address, reason: String(cString: strerror(system.errnoCode)))
        }
    }
}
