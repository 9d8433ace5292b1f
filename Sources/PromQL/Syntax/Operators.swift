/// A sign.
public enum UnaryOperator: String, Hashable, Sendable {
    case plus = "+"
    case minus = "-"
}

/// What stands between two expressions.
public enum BinaryOperator: String, Hashable, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
    case atan2
    case equal = "=="
    case notEqual = "!="
    case greater = ">"
    case less = "<"
    case greaterOrEqual = ">="
    case lessOrEqual = "<="
    /// A native histogram without the observations above, or below, a number.
    case trimUpper = "</"
    case trimLower = ">/"
    case and, or, unless

    /// Selects, or gives 0 or 1 with `bool`.
    public var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual: true
        default: false
        }
    }
    /// Cuts observations off native histograms.
    public var isTrim: Bool { self == .trimUpper || self == .trimLower }
    /// Combines vectors by which series they have.
    public var isSetOperator: Bool { self == .and || self == .or || self == .unless }

    /// Higher binds tighter. A sign binds like a multiplication.
    var precedence: Int {
        switch self {
        case .or: 1
        case .and, .unless: 2
        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual, .trimUpper, .trimLower: 3
        case .add, .subtract: 4
        case .multiply, .divide, .modulo, .atan2: 5
        case .power: 6
        }
    }
    static let highestPrecedence = 6
    var isRightAssociative: Bool { self == .power }

    init?(_ token: Token) {
        switch token.kind {
        case .plus: self = .add
        case .minus: self = .subtract
        case .times: self = .multiply
        case .divide: self = .divide
        case .modulo: self = .modulo
        case .power: self = .power
        case .equalEqual: self = .equal
        case .notEqual: self = .notEqual
        case .greater: self = .greater
        case .less: self = .less
        case .greaterOrEqual: self = .greaterOrEqual
        case .lessOrEqual: self = .lessOrEqual
        case .trimUpper: self = .trimUpper
        case .trimLower: self = .trimLower
        case .identifier(let word):
            switch word.lowercased() {
            case "and": self = .and
            case "or": self = .or
            case "unless": self = .unless
            case "atan2": self = .atan2
            default: return nil
            }
        default: return nil
        }
    }
}

/// What makes one series of many, or chooses among them.
public enum AggregationOperator: String, Hashable, Sendable, CaseIterable {
    case sum, avg, count, min, max, group, stddev, stdvar, topk, bottomk, quantile, limitk
    case countValues = "count_values"
    case limitRatio = "limit_ratio"

    /// The type of the parameter before the vector; nil where there is none.
    public var parameterType: ValueType? {
        switch self {
        case .topk, .bottomk, .quantile, .limitk, .limitRatio: .scalar
        case .countValues: .string
        default: nil
        }
    }
}
