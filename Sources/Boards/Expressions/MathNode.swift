/// A parsed expression over the answers to queries.
indirect enum MathNode: Hashable, Sendable {
    enum Sign: String, Hashable, Sendable {
        case or = "||", and = "&&", equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
        case add = "+", subtract = "-", multiply = "*", divide = "/", modulo = "%", power = "**"

        /// What binds more is computed first.
        var rank: Int {
            switch self {
            case .or: 1
            case .and: 2
            case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: 3
            case .add, .subtract: 4
            case .multiply, .divide, .modulo: 5
            case .power: 6
            }
        }
    }

    case number(Double)
    /// The answers to a query, by its letter.
    case reference(String)
    case negated(MathNode)
    case not(MathNode)
    case binary(Sign, MathNode, MathNode)
    case call(MathFunction, MathNode)

    var references: Set<String> {
        switch self {
        case .number: []
        case .reference(let name): [name]
        case .negated(let node), .not(let node), .call(_, let node): node.references
        case .binary(_, let left, let right): left.references.union(right.references)
        }
    }
}

/// Functions of single values.
enum MathFunction: String, Hashable, Sendable {
    case abs, log, round, ceil, floor
    case isNaN = "is_nan", isNull = "is_null", isInfinite = "is_inf", isNumber = "is_number"
}

/// Why an expression can't be read.
struct MathFault: Error, CustomStringConvertible {
    let description: String
}
