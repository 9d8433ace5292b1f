import Model

/// Values of expressions that stand more than once in a query, kept until the last of them was taken.
struct CommonValues {
    struct Value {
        let expression: Expression
        let columns: [Column]
        let bytes: Int
        var usesLeft: Int
    }

    private var values: [SourceRange: Value] = [:]

    var isEmpty: Bool { values.isEmpty }

    mutating func keep(_ value: Value, for place: SourceRange) { values[place] = value }

    /// The value, which goes when the last use has taken it.
    mutating func take(_ place: SourceRange) -> Value? {
        guard var value = values[place] else { return nil }
        value.usesLeft -= 1
        values[place] = value.usesLeft > 0 ? value : nil
        return value
    }
}

extension Expression {
    /// Where the parts of an equal expression stand, by where this one's do.
    func places(in other: Expression) -> [SourceRange: SourceRange] {
        var places: [SourceRange: SourceRange] = [:]
        func add(_ left: Expression, _ right: Expression) {
            let (left, right) = (left.unparenthesized, right.unparenthesized)
            places[left.range] = right.range
            for (mine, others) in zip(left.node.children, right.node.children) { add(mine, others) }
        }
        add(self, other)
        return places
    }
}
