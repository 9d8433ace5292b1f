import Glibc

/// IP addresses as `ip("…")` names them: one, a network (`10.0.0.0/8`) or a range (`10.0.0.1-10.0.0.9`); IPv4 and IPv6.
struct AddressRange: Sendable {
    /// As it was written.
    let text: String
    private let low: [UInt8]
    private let high: [UInt8]

    init?(_ text: String) {
        self.text = text
        if let slash = text.firstIndex(of: "/") {
            guard let address = Self.address(text[..<slash]), let bits = Int(text[text.index(after: slash)...]), (0...address.count * 8).contains(bits) else { return nil }
            low = Self.masked(address, bits, fill: 0)
            high = Self.masked(address, bits, fill: 0xFF)
        } else if let dash = text.firstIndex(of: "-") {
            guard let first = Self.address(text[..<dash]), let last = Self.address(text[text.index(after: dash)...]), first.count == last.count else { return nil }
            (low, high) = (first, last)
        } else {
            guard let address = Self.address(text[...]) else { return nil }
            (low, high) = (address, address)
        }
    }

    func contains(_ address: [UInt8]) -> Bool {
        address.count == low.count && !address.lexicographicallyPrecedes(low) && !high.lexicographicallyPrecedes(address)
    }

    /// Whether an address of the range stands in `text`, apart from other digits.
    func isFound(in text: String) -> Bool {
        let isAddressByte: (UInt8) -> Bool = { byte in
            (byte >= 0x30 && byte <= 0x39) || byte == 0x2E || byte == 0x3A || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
        }
        for word in text.utf8.split(whereSeparator: { !isAddressByte($0) }) where word.count >= 2 {
            let candidate = String(decoding: word, as: UTF8.self)
            if let address = Self.address(candidate[...]) ?? Self.withoutPort(candidate), contains(address) { return true }
        }
        return false
    }

    /// `10.0.0.1:8080`, `10.0.0.1.`
    private static func withoutPort(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ":")
        if parts.count == 2, let address = address(parts[0]) { return address }
        return text.hasSuffix(".") || text.hasSuffix(":") ? address(text.dropLast()) : nil
    }

    private static func address(_ text: Substring) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, String(text), &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        if inet_pton(AF_INET6, String(text), &six) == 1 { return withUnsafeBytes(of: &six) { Array($0) } }
        return nil
    }

    private static func masked(_ address: [UInt8], _ bits: Int, fill: UInt8) -> [UInt8] {
        address.enumerated().map { index, byte in
            let kept = max(0, min(8, bits - index * 8))
            let mask = kept == 0 ? 0 : UInt8(truncatingIfNeeded: 0xFF << (8 - kept))
            return (byte & mask) | (fill & ~mask)
        }
    }
}
