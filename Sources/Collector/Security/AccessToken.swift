import Crypto
import Foundations

/// What a token lets its bearer do.
public enum AccessScope: String, CaseIterable, Sendable {
    /// Write metrics and logs.
    case ingest
    /// Query metrics and logs, see rules, alerts and the status.
    case read
    /// Change what the collector does: reload rules.
    case operate
    /// Everything.
    case admin
}

/// Whoever a request comes from.
struct Principal: Sendable, Equatable {
    let name: String
    let scopes: Set<AccessScope>
    var tenants = TenantAccess.standard

    /// On loopback without tokens everybody may do everything.
    static let local = Principal(name: "local", scopes: [.admin], tenants: .all)

    func may(_ scope: AccessScope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }
}

/// Makes tokens: 256 random bits, of which only the SHA-256 is kept.
public enum AccessToken {
    /// A new token and its line for the token file. The token itself is kept nowhere: show it once.
    ///
    /// Nil where the name isn't 1 to 64 characters of `[A-Za-z0-9_.-]`, or there is no scope.
    public static func make(
        name: String, scopes: Set<AccessScope>, tenants: TenantAccess = .standard
    ) -> (token: Secret, line: String)? {
        guard isName(name), !scopes.isEmpty else { return nil }
        var generator = SystemRandomNumberGenerator()
        var text = Array("nj_".utf8)
        for _ in 0..<4 {
            let word = generator.next()
            for shift in stride(from: 60, through: 0, by: -4) { text.append(hexDigit: UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 0xF) }
        }
        let token = String(decoding: text, as: UTF8.self)
        let list = AccessScope.allCases.filter(scopes.contains).map(\.rawValue).joined(separator: ",")
        let suffix = tenants == .standard ? "" : " \(tenants.text)"
        return (Secret(token), "\(name) \(list) \(hexadecimal(hash(token)))\(suffix)")
    }

    static func hash(_ token: String) -> [UInt8] { Array(SHA256.hash(data: Array(token.utf8))) }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            text.append(hexDigit: byte >> 4)
            text.append(hexDigit: byte & 0xF)
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || (byte >= 0x30 && byte <= 0x39) || byte == 0x5F || byte == 0x2E
                    || byte == 0x2D
            }
    }
}
