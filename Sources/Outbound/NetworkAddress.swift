import Glibc

/// An IPv4 or IPv6 address as its 4 or 16 bytes. An IPv4 address inside an IPv6 one (mapped, or by NAT64) is the IPv4 address.
public struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    init(bytes: [UInt8]) {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        let translated: [UInt8] = [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
        let isInside = bytes.count == 16 && (bytes.starts(with: mapped) || bytes.starts(with: translated))
        self.bytes = isInside ? Array(bytes.suffix(4)) : bytes
    }

    /// Nil where `text` is neither `192.0.2.1` nor `2001:db8::1`.
    public init?(_ text: some StringProtocol) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, String(text), &four) == 1 {
            self.init(bytes: withUnsafeBytes(of: &four) { Array($0) })
        } else if inet_pton(AF_INET6, String(text), &six) == 1 {
            self.init(bytes: withUnsafeBytes(of: &six) { Array($0) })
        } else {
            return nil
        }
    }

    /// Nil for other families than the two of IP.
    init?(_ address: UnsafePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            self.init(bytes: address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { withUnsafeBytes(of: $0.pointee.sin_addr) { Array($0) } })
        case AF_INET6:
            self.init(bytes: address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { withUnsafeBytes(of: $0.pointee.sin6_addr) { Array($0) } })
        default: return nil
        }
    }

    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return text.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// A range of addresses: `10.0.0.0/8`, `fd00::/8`, or a single address.
public struct CIDR: Hashable, Sendable, CustomStringConvertible {
    public let address: NetworkAddress
    public let prefixBits: Int

    /// Nil where `text` is no range, or its prefix is longer than the address.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = NetworkAddress(first) else { return nil }
        let bits = parts.count == 2 ? Int(parts[1]) : address.bytes.count * 8
        guard let bits, (0...address.bytes.count * 8).contains(bits) else { return nil }
        self.address = address
        prefixBits = bits
    }

    public func contains(_ other: NetworkAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        return (0..<prefixBits).allSatisfy { bit in
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            return address.bytes[bit / 8] & mask == other.bytes[bit / 8] & mask
        }
    }

    public var description: String { "\(address)/\(prefixBits)" }
}
