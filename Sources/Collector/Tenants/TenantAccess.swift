import Model

/// Which tenants somebody may speak of.
public enum TenantAccess: Sendable, Hashable {
    case all
    /// The first is meant where a request names none.
    case only(TenantName, others: Set<TenantName> = [])

    /// That of a token whose line says nothing of tenants.
    public static let standard = TenantAccess.only(.standard)

    /// `*`, or names with commas between them, the first the one that is meant where a request names none. Nil where it is neither.
    public init?(_ text: some StringProtocol) {
        if text == "*" {
            self = .all
            return
        }
        var names: [TenantName] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let name = TenantName(part) else { return nil }
            names.append(name)
        }
        guard let first = names.first else { return nil }
        self = .only(first, others: Set(names.dropFirst()))
    }

    /// The tenant of a request that names none.
    var first: TenantName {
        switch self {
        case .all: .standard
        case .only(let name, _): name
        }
    }

    func allows(_ name: TenantName) -> Bool {
        switch self {
        case .all: true
        case .only(let first, let others): name == first || others.contains(name)
        }
    }

    /// As `init` reads it.
    var text: String {
        switch self {
        case .all: "*"
        case .only(let first, let others): ([first] + others.subtracting([first]).sorted()).map(\.description).joined(separator: ",")
        }
    }
}
