/// Finds the places where a secret other than a card's number may stand: three bytes that each kind of them has and that other text rarely does.
///
/// Three tables of a word per byte value, a bit per trigger: where the words of three neighbouring bytes have a bit in common, that trigger
/// is there. Letters count in either case; what looks closer at the place knows the case where it matters.
struct RedactionTriggers: Sendable {
    private var first = [UInt16](repeating: 0, count: 256)
    private var second = [UInt16](repeating: 0, count: 256)
    private var third = [UInt16](repeating: 0, count: 256)
    private let kinds: Set<RedactionKind>

    /// Each three bytes, and how far behind the secret's beginning they stand.
    private enum Trigger: Int, CaseIterable {
        case token, access, bearer, address, password, pwd, secret, tokenKey, key, passphrase, authorization

        var bytes: StaticString {
            switch self {
            case .token: "eyj"
            case .access: "sia"
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
            case .access: .aws
            case .bearer, .authorization: .bearer
            case .address: .urls
            case .password, .pwd, .secret, .tokenKey, .key, .passphrase: .keys
            }
        }
    }

    init(_ kinds: Set<RedactionKind>) {
        self.kinds = kinds
        for trigger in Trigger.allCases where kinds.contains(trigger.kind) {
            let bit = UInt16(1) << UInt16(trigger.rawValue)
            Self.set(&first, trigger.bytes.utf8Start[0], bit)
            Self.set(&second, trigger.bytes.utf8Start[1], bit)
            Self.set(&third, trigger.bytes.utf8Start[2], bit)
            // AKIA beside ASIA.
            if trigger == .access { Self.set(&first, UInt8(ascii: "k"), bit) }
        }
    }

    private static func set(_ table: inout [UInt16], _ byte: UInt8, _ bit: UInt16) {
        table[Int(byte)] |= bit
        if LineCursor.isLetter(byte) { table[Int(byte & ~0x20)] |= bit }
    }

    func find(in bytes: UnsafeRawBufferPointer, into found: inout [RedactionFinding]) {
        guard bytes.count >= 3 else { return }
        first.withUnsafeBufferPointer { first in
            second.withUnsafeBufferPointer { second in
                third.withUnsafeBufferPointer { third in
                    scan(bytes, first.baseAddress!, second.baseAddress!, third.baseAddress!, &found)
                }
            }
        }
    }

    private func scan(
        _ bytes: UnsafeRawBufferPointer, _ first: UnsafePointer<UInt16>, _ second: UnsafePointer<UInt16>, _ third: UnsafePointer<UInt16>,
        _ found: inout [RedactionFinding]
    ) {
        let end = bytes.count - 2
        let base = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
        var index = 0
        // Four places at a time: most have none.
        while index + 4 <= end {
            let (a, b, c) = (Int(base[index]), Int(base[index + 1]), Int(base[index + 2]))
            let (d, e, f) = (Int(base[index + 3]), Int(base[index + 4]), Int(base[index + 5]))
            let any = first[a] & second[b] & third[c] | first[b] & second[c] & third[d] | first[c] & second[d] & third[e] | first[d] & second[e] & third[f]
            if any != 0 {
                for place in index..<index + 4 { look(bytes, place, first, second, third, &found) }
            }
            index += 4
        }
        while index < end {
            look(bytes, index, first, second, third, &found)
            index += 1
        }
    }

    @inline(never) private func look(
        _ bytes: UnsafeRawBufferPointer, _ place: Int, _ first: UnsafePointer<UInt16>, _ second: UnsafePointer<UInt16>,
        _ third: UnsafePointer<UInt16>, _ found: inout [RedactionFinding]
    ) {
        let bits = first[Int(bytes[place])] & second[Int(bytes[place + 1])] & third[Int(bytes[place + 2])]
        if bits == 0 { return }
        for trigger in Trigger.allCases where bits & UInt16(1) << UInt16(trigger.rawValue) != 0 {
            let range: Range<Int>?
            switch trigger {
            case .token: range = SecretTokens.jsonWebToken(bytes, at: place)
            case .access: range = SecretTokens.accessKey(bytes, at: place)
            case .bearer: range = SecretTokens.bearer(bytes, at: place)
            case .authorization: range = SecretTokens.authorization(bytes, at: place)
            case .address: range = SecretTokens.addressPassword(bytes, at: place)
            case .password, .pwd, .secret, .tokenKey, .key, .passphrase: range = SecretKeys.value(bytes, near: place)
            }
            if let range, !range.isEmpty { found.append(RedactionFinding(range: range, kind: trigger.kind)) }
        }
    }
}
