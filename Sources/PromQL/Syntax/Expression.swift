import Model

/// A PromQL expression that has passed the type check, with its place in the text.
///
/// Two are equal where they are the same tree, wherever they stand.
public struct Expression: Equatable, Sendable {
    public let node: Node
    public let range: SourceRange
    public let type: ValueType
    /// Nodes on the longest way down, this one included.
    let height: Int

    init(_ node: Node, _ range: SourceRange, _ type: ValueType) {
        self.node = node
        self.range = range
        self.type = type
        height = 1 + (node.children.map(\.height).max() ?? 0)
    }

    public static func == (left: Expression, right: Expression) -> Bool { left.node == right.node }

    /// The expression inside any parentheses.
    public var unparenthesized: Expression {
        var inner = self
        while case .parenthesized(let next) = inner.node { inner = next }
        return inner
    }

    /// Where remarks about a range of samples stand. The samples of a subquery stand nowhere in the text: their remarks go to its start.
    var placeOfRemarks: SourceRange {
        if case .subquery = unparenthesized.node { return SourceRange(start: .start, endOffset: 0) }
        return range
    }

    /// What an expression is made of.
    public indirect enum Node: Equatable, Sendable {
        case number(NumberLiteral)
        case string(StringLiteral)
        case selector(VectorSelector)
        /// A selector with a range: `http_requests_total[5m]`.
        case rangeSelector(VectorSelector, DurationExpression)
        case subquery(Subquery)
        case call(PromQLFunction, [Expression])
        case aggregation(Aggregation)
        case unary(UnaryOperator, Expression)
        case binary(BinaryOperation)
        case parenthesized(Expression)

        /// In the order in which they stand in the text.
        public var children: [Expression] {
            switch self {
            case .number, .string, .selector, .rangeSelector: []
            case .subquery(let subquery): [subquery.expression]
            case .call(_, let arguments): arguments
            case .aggregation(let aggregation): (aggregation.parameter.map { [$0] } ?? []) + [aggregation.expression]
            case .unary(_, let operand): [operand]
            case .binary(let operation): [operation.left, operation.right]
            case .parenthesized(let inner): [inner]
            }
        }
    }
}

/// A number; a duration counts as its seconds.
public struct NumberLiteral: Equatable, Sendable {
    public let value: Double
    /// Written as a duration.
    public let isDuration: Bool

    public static func == (left: NumberLiteral, right: NumberLiteral) -> Bool {
        left.value.bitPattern == right.value.bitPattern && left.isDuration == right.isDuration
    }
}

/// A text in quotes. Escapes can make it bytes that are no UTF-8.
public struct StringLiteral: Equatable, Sendable {
    public let bytes: [UInt8]

    /// Nil where the bytes are no UTF-8.
    public var text: String? { String(validating: bytes, as: UTF8.self) }
}

/// Which moment a selector or subquery looks at in place of each step.
public enum AtModifier: Hashable, Sendable {
    /// Milliseconds since 1970.
    case timestamp(Int64)
    /// The query's first and last moment.
    case start, end
}

/// Whether a range reaches past its edges.
public enum RangeExtension: String, Hashable, Sendable {
    /// The sample before the range stands at its start.
    case anchored
    /// The values at the edges are interpolated.
    case smoothed
}

/// Series by name and labels.
public struct VectorSelector: Equatable, Sendable {
    /// The metric's name where it stands in front of the braces or in quotes inside them; it is among the matchers too.
    public var name: String?
    /// All conditions.
    public var matchers: [Matcher]
    public var offset: DurationExpression?
    public var at: AtModifier?
    public var rangeExtension: RangeExtension?
}

/// An expression evaluated at many moments, as a range vector: `rate(x[5m])[1h:1m]`.
public struct Subquery: Equatable, Sendable {
    public var expression: Expression
    public var range: DurationExpression
    /// Nil is the evaluation's default.
    public var step: DurationExpression?
    public var offset: DurationExpression?
    public var at: AtModifier?
}

/// Which labels a group keeps.
public enum Grouping: Equatable, Sendable {
    case by([String])
    case without([String])
}

/// `sum by (job) (…)`
public struct Aggregation: Equatable, Sendable {
    public let op: AggregationOperator
    /// Nil is one group of all.
    public let grouping: Grouping?
    public let parameter: Expression?
    public let expression: Expression
}

/// How series of the two sides of a binary operator find each other.
public struct VectorMatching: Equatable, Sendable {
    public enum Cardinality: Hashable, Sendable {
        case oneToOne
        /// `group_left`, with the labels to take from the right side.
        case manyToOne([String])
        /// `group_right`, with the labels to take from the left side.
        case oneToMany([String])
        /// The set operators'.
        case manyToMany
    }
    /// The labels that must be equal.
    public enum Labels: Hashable, Sendable {
        case on([String])
        case ignoring([String])
    }

    /// Nil is all labels.
    public var labels: Labels?
    public var cardinality: Cardinality = .oneToOne
    /// What a missing series of the left or right side counts as.
    public var fillLeft: NumberLiteral?
    public var fillRight: NumberLiteral?
}

/// An operator between two expressions.
public struct BinaryOperation: Equatable, Sendable {
    public let op: BinaryOperator
    /// The result is 0 or 1 rather than a selection.
    public let returnsBool: Bool
    public let matching: VectorMatching
    public let left: Expression
    public let right: Expression
}
