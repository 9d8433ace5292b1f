import Foundations

/// The handshake of the Fluent forward protocol, by which both sides show that they know the shared key.
///
/// `digest` is SHA-512 in lower-case hexadecimal, which this module leaves to its caller.
public enum FluentHandshake {
    /// What a server opens with.
    public static func hello(nonce: [UInt8]) -> [UInt8] {
        var writer = MessagePackWriter()
        writer.array(2)
        writer.string("HELO")
        writer.map(3)
        writer.string("nonce")
        writer.binary(nonce)
        writer.string("auth")
        writer.binary([])
        writer.string("keepalive")
        writer.bool(true)
        return writer.bytes
    }

    /// A client's answer.
    public struct Ping: Sendable, Equatable {
        public let hostName: [UInt8]
        public let salt: [UInt8]
        public let digest: [UInt8]

        /// Throws where the message is none.
        public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
            var reader = MessagePackReader(bytes)
            guard try reader.arrayCount() >= 4, try reader.string() == "PING" else { throw WireError("PING belongs here", offset: 0) }
            hostName = Array(try reader.data())
            salt = Array(try reader.data())
            digest = Array(try reader.data())
        }

        /// What the digest is of: salt, host name, nonce and key.
        public func digested(nonce: [UInt8], key: [UInt8]) -> [UInt8] { salt + hostName + nonce + key }
    }

    /// What a server closes with; the digest is of the client's salt, the server's name, the nonce and the key.
    public static func pong(isAccepted: Bool, reason: String, hostName: String, digest: String) -> [UInt8] {
        var writer = MessagePackWriter()
        writer.array(5)
        writer.string("PONG")
        writer.bool(isAccepted)
        writer.string(reason)
        writer.string(hostName)
        writer.string(digest)
        return writer.bytes
    }
}
