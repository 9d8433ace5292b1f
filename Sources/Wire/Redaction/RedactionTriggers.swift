import Foundations

/// Finds the places where a secret other than a card's number may stand: three bytes that each kind of them has and that other text rarely does.
/// Letters count in either case; what looks closer at the place knows the case where it matters.
struct RedactionTriggers: Sendable {
    private let triggers: [Trigger]
    private let groups: Trigrams

    /// Each three bytes. `AKIA` and `ASIA` begin keys that last and keys for a time.
    private enum Trigger: CaseIterable {
        case token, access, briefAccess, bearer, address, password, pwd, secret, tokenKey, key, passphrase, authorization

        var bytes: StaticString {
            switch self {
            case .token: "eyj"
            case .access: "kia"
            case .briefAccess: "sia"
            case .bearer: "rer"
            case .address: "://"
            case .password: "ssw"
            case .pwd: "pwd"
            case .secret: "ecr"
            case .tokenKey: "oke"
            case .key: "key"
            case .passphrase: "phr"
            case .authorization: "iza"
            }
        }

        var kind: RedactionKind {
            switch self {
            case .token: .jwt
            case .access, .briefAccess: .aws
            case .bearer, .authorization: .bearer
            case .address: .urls
            case .password, .pwd, .secret, .tokenKey, .key, .passphrase: .keys
            }
        }
    }

    init(_ kinds: Set<RedactionKind>) {
        triggers = Trigger.allCases.filter { kinds.contains($0.kind) }
        groups = Trigrams(triggers.map(\.bytes))
    }

    /// Where a trigger may stand from `start` on, or the count.
    @inline(__always) func next(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int { groups.next(in: bytes, from: start) }

    func find(in bytes: UnsafeRawBufferPointer, into found: inout [RedactionFinding]) {
        var place = next(in: bytes, from: 0)
        while place < bytes.count {
            look(bytes, at: place, into: &found)
            place = next(in: bytes, from: place + 1)
        }
    }

    /// Looks closer at a place.
    func look(_ bytes: UnsafeRawBufferPointer, at place: Int, into found: inout [RedactionFinding]) {
        for trigger in triggers where SecretKeys.matches(bytes, place, trigger.bytes) {
            let range: Range<Int>?
            switch trigger {
            case .token: range = SecretTokens.jsonWebToken(bytes, at: place)
            case .access, .briefAccess: range = SecretTokens.accessKey(bytes, at: place)
            case .bearer: range = SecretTokens.bearer(bytes, at: place)
            case .authorization: range = SecretTokens.authorization(bytes, at: place)
            case .address: range = SecretTokens.addressPassword(bytes, at: place)
            case .password, .pwd, .secret, .tokenKey, .key, .passphrase: range = SecretKeys.value(bytes, near: place)
            }
            if let range, !range.isEmpty { found.append(RedactionFinding(range: range, kind: trigger.kind)) }
        }
    }
}
