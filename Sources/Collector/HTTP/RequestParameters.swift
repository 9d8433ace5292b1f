import Foundations
import Hummingbird
import NIOCore

/// The parameters of a request, from its query string and, in a POST, from its form.
struct RequestParameters: Sendable {
    private var pairs: [(name: String, value: String)] = []

    /// Text of the type application/x-www-form-urlencoded; what isn't well encoded stays as it is.
    init(_ texts: String...) {
        for text in texts {
            for pair in text.split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                pairs.append((Self.decode(parts[0]), parts.count > 1 ? Self.decode(parts[1]) : ""))
            }
        }
    }

    /// A parameter's value; nil where it is missing or empty. The first where it stands more than once.
    subscript(_ name: String) -> String? { pairs.first { $0.name == name && !$0.value.isEmpty }?.value }

    func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    func required(_ name: String) throws(Refusal) -> String {
        guard let value = self[name] else { throw .badParameter("the parameter \"\(name)\" is missing") }
        return value
    }

    /// Undoes percent-encoding, and in forms the plus for a space.
    static func decode(_ text: some StringProtocol, plusIsSpace: Bool = true) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return String(text) }
        let bytes = Array(text.utf8)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if plusIsSpace, bytes[index] == UInt8(ascii: "+") {
                decoded.append(UInt8(ascii: " "))
            } else if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = hexValue(bytes[index + 1]),
                let low = hexValue(bytes[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 2
            } else {
                decoded.append(bytes[index])
            }
            index += 1
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
