/// What an expression evaluates to.
public enum ValueType: String, Hashable, Sendable {
    case scalar, string, vector, matrix

    /// As the documentation calls it.
    public var documentedName: String {
        switch self {
        case .scalar: "scalar"
        case .string: "string"
        case .vector: "instant vector"
        case .matrix: "range vector"
        }
    }
}
