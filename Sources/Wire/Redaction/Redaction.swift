import Foundations
import Model

/// What kinds of secrets are taken out of log lines before they are stored.
public enum RedactionKind: String, CaseIterable, Sendable {
    /// Numbers of payment cards: all digits but the last four.
    case cards
    /// What stands behind `Bearer`, and behind `Authorization:` whatever its scheme.
    case bearer
    /// JSON Web Tokens.
    case jwt
    /// Ids of AWS access keys.
    case aws
    /// The password in `scheme://user:password@host`.
    case urls
    /// Values of keys such as password, secret, token and api_key: `key=value`, `key: value`, `"key":"value"`.
    case keys
    /// The patterns of the configuration.
    case patterns
}

/// How many secrets of each kind were taken out.
public struct RedactionCounts: Sendable, Equatable {
    private var counts = [Int](repeating: 0, count: RedactionKind.allCases.count)

    public init() {}

    public subscript(kind: RedactionKind) -> Int {
        get { counts[Self.place(kind)] }
        set { counts[Self.place(kind)] = newValue }
    }

    public var total: Int { counts.reduce(0, +) }

    public mutating func add(_ other: RedactionCounts) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    private static func place(_ kind: RedactionKind) -> Int {
        switch kind {
        case .cards: 0
        case .bearer: 1
        case .jwt: 2
        case .aws: 3
        case .urls: 4
        case .keys: 5
        case .patterns: 6
        }
    }
}

/// Which secrets are taken out.
public struct RedactionRules: Sendable {
    /// A pattern of one's own: what it matches is replaced, or what its group matches where it has one.
    public struct Pattern: Sendable {
        public let name: String
        public let expression: RegularExpression

        public init(name: String, expression: RegularExpression) {
            self.name = name
            self.expression = expression
        }
    }

    public var kinds: Set<RedactionKind>
    public var patterns: [Pattern]

    /// All kinds by default.
    public init(kinds: Set<RedactionKind> = Set(RedactionKind.allCases), patterns: [Pattern] = []) {
        self.kinds = kinds
        self.patterns = patterns
    }

    public static let none = RedactionRules(kinds: [])
}
