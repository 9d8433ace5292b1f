import Model

/// Reads PromQL, the whole language of Prometheus 3 with its experimental parts.
public enum PromQLParser {
    /// The expression, checked for types. Throws where the text is none, or is longer or nested deeper than `PromQLLimits` allow.
    public static func parse(_ text: String) throws(PromQLSyntaxError) -> Expression {
        var parser = Parser(tokens: try Lexer.tokens(of: text))
        if parser.current.kind == .end { throw PromQLSyntaxError(position: parser.current.start, reason: "no expression found in input") }
        let expression = try parser.parseExpression()
        guard parser.current.kind == .end else { throw parser.unexpected(in: "the expression", expected: "an operator or the end") }
        return expression
    }

    /// The conditions of a selector without range, offset and @: what `match[]` parameters hold.
    public static func parseSelector(_ text: String) throws(PromQLSyntaxError) -> [Matcher] {
        let expression = try parse(text)
        guard case .selector(let selector) = expression.node, selector.offset == nil, selector.at == nil, selector.rangeExtension == nil else {
            throw PromQLSyntaxError(position: expression.range.start, reason: "not a plain selector", expected: "a metric name or labels in braces")
        }
        return selector.matchers
    }

    /// The conditions of a plain selector that may all be met by series without the label, as in `{env!="test"}`: what is added to selectors
    /// that have conditions of their own. Throws where there is none at all.
    public static func parseConditions(_ text: String) throws(PromQLSyntaxError) -> [Matcher] {
        var parser = Parser(tokens: try Lexer.tokens(of: text))
        parser.allowsAnySelector = true
        let start = parser.current.start
        let expression = parser.current.kind == .end ? nil : try parser.parseExpression()
        guard parser.current.kind == .end else { throw parser.unexpected(in: "the selector", expected: "its end") }
        guard case .selector(let selector)? = expression?.node, selector.offset == nil, selector.at == nil, selector.rangeExtension == nil, !selector.matchers.isEmpty
        else { throw PromQLSyntaxError(position: start, reason: "not a plain selector", expected: "labels in braces, such as {job=\"api\"}") }
        return selector.matchers
    }
}

/// Recursive descent over the tokens; binary operators by precedence.
struct Parser {
    let tokens: [Token]
    var index = 0
    private var nesting = 0
    /// Whether braces may be without any condition that has to be met, as in the second argument of `info`.
    var allowsAnySelector = false

    init(tokens: [Token]) { self.tokens = tokens }

    var current: Token { tokens[index] }
    var next: Token { tokens[min(index + 1, tokens.count - 1)] }
    /// Where the last token that was taken ends.
    var previousEnd: Int { index == 0 ? 0 : tokens[index - 1].endOffset }

    @discardableResult
    mutating func take() -> Token {
        let token = tokens[index]
        if index < tokens.count - 1 { index += 1 }
        return token
    }

    mutating func takeIf(_ kind: Token.Kind) -> Bool {
        guard current.kind == kind else { return false }
        take()
        return true
    }

    mutating func expect(_ kind: Token.Kind, in place: String, _ expected: String) throws(PromQLSyntaxError) {
        guard takeIf(kind) else { throw unexpected(in: place, expected: expected) }
    }

    func unexpected(in place: String, expected: String? = nil) -> PromQLSyntaxError {
        PromQLSyntaxError(position: current.start, reason: "unexpected \(current.named) in \(place)", expected: expected)
    }

    /// Whether the current token is this word, whatever its case.
    func isWord(_ word: String) -> Bool {
        if case .identifier(let text) = current.kind { return text.lowercased() == word }
        return false
    }

    mutating func nested<Result>(_ body: (inout Parser) throws(PromQLSyntaxError) -> Result) throws(PromQLSyntaxError) -> Result {
        guard nesting < PromQLLimits.nestingMax else {
            throw PromQLSyntaxError(position: current.start, reason: "the expression is nested deeper than \(PromQLLimits.nestingMax) levels")
        }
        nesting += 1
        defer { nesting -= 1 }
        return try body(&self)
    }

    func range(from start: SourcePosition) -> SourceRange { SourceRange(start: start, endOffset: previousEnd) }

    /// Makes a node of what was read since `start`.
    func make(_ node: Expression.Node, from start: SourcePosition, _ type: ValueType) throws(PromQLSyntaxError) -> Expression {
        let expression = Expression(node, range(from: start), type)
        guard expression.height <= PromQLLimits.heightMax else {
            throw PromQLSyntaxError(position: start, reason: "the expression has more than \(PromQLLimits.heightMax) operators one upon another")
        }
        return expression
    }

    mutating func parseExpression() throws(PromQLSyntaxError) -> Expression {
        try nested { (parser: inout Parser) throws(PromQLSyntaxError) in try parser.parseBinary(precedenceMin: 1) }
    }

    private mutating func parseBinary(precedenceMin: Int) throws(PromQLSyntaxError) -> Expression {
        var left = try parseUnary()
        while let op = BinaryOperator(current), op.precedence >= precedenceMin {
            take()
            let modifiers = try parseBinaryModifiers(op)
            let right =
                op.isRightAssociative
                ? try nested { (parser: inout Parser) throws(PromQLSyntaxError) in try parser.parseBinary(precedenceMin: op.precedence) }
                : try parseBinary(precedenceMin: op.precedence + 1)
            let operation = BinaryOperation(op: op, returnsBool: modifiers.returnsBool, matching: modifiers.matching, left: left, right: right)
            let type = try TypeCheck.binary(operation, hasMatching: modifiers.isPresent)
            left = try make(.binary(operation), from: left.range.start, type)
        }
        return left
    }

    private mutating func parseUnary() throws(PromQLSyntaxError) -> Expression {
        let op: UnaryOperator
        switch current.kind {
        case .plus: op = .plus
        case .minus: op = .minus
        default: return try parsePostfix()
        }
        let start = take().start
        // A sign binds weaker than a power and tighter than a product.
        let operand = try nested { (parser: inout Parser) throws(PromQLSyntaxError) in
            try parser.parseBinary(precedenceMin: BinaryOperator.highestPrecedence)
        }
        try TypeCheck.unary(operand)
        return try make(.unary(op, operand), from: start, operand.type)
    }
}

/// What may stand between a binary operator and its right side.
struct BinaryModifiers {
    var returnsBool = false
    var matching = VectorMatching()
    /// Whether any vector matching was written.
    var isPresent = false
}

extension Parser {
    fileprivate mutating func parseBinaryModifiers(_ op: BinaryOperator) throws(PromQLSyntaxError) -> BinaryModifiers {
        var modifiers = BinaryModifiers()
        if op.isSetOperator { modifiers.matching.cardinality = .manyToMany }
        if isWord("bool") {
            guard op.isComparison else {
                throw PromQLSyntaxError(position: current.start, reason: "bool modifier can only be used on comparison operators")
            }
            take()
            modifiers.returnsBool = true
        }
        if isWord("on") || isWord("ignoring") {
            modifiers.isPresent = true
            let isOn = isWord("on")
            take()
            let labels = try parseLabelList("grouping opts")
            modifiers.matching.labels = isOn ? .on(labels) : .ignoring(labels)
            try parseGroupModifier(op, isOn ? labels : nil, &modifiers)
        }
        try parseFillModifiers(op, &modifiers)
        return modifiers
    }

    private mutating func parseGroupModifier(_ op: BinaryOperator, _ onLabels: [String]?, _ modifiers: inout BinaryModifiers) throws(PromQLSyntaxError) {
        guard isWord("group_left") || isWord("group_right") else { return }
        let isLeft = isWord("group_left")
        let start = take().start
        guard !op.isSetOperator else { throw PromQLSyntaxError(position: start, reason: "no grouping allowed for \(quoted(op.rawValue)) operation") }
        let included = current.kind == .leftParenthesis ? try parseLabelList("grouping opts") : []
        if let twice = included.first(where: { onLabels?.contains($0) == true }) {
            throw PromQLSyntaxError(position: start, reason: "label \(quoted(twice)) must not occur in ON and GROUP clause at once")
        }
        modifiers.matching.cardinality = isLeft ? .manyToOne(included) : .oneToMany(included)
    }

    private mutating func parseFillModifiers(_ op: BinaryOperator, _ modifiers: inout BinaryModifiers) throws(PromQLSyntaxError) {
        while next.kind == .leftParenthesis, isWord("fill") || isWord("fill_left") || isWord("fill_right") {
            let word = take()
            guard !op.isSetOperator else { throw PromQLSyntaxError(position: word.start, reason: "filling in missing series not allowed for set operators") }
            modifiers.isPresent = true
            try expect(.leftParenthesis, in: "fill modifier", #""(""#)
            let value = NumberLiteral(value: try parseSignedNumber("fill modifier"), isDuration: false)
            try expect(.rightParenthesis, in: "fill modifier", #"")""#)
            let name = word.text.lowercased()
            if (name != "fill_right" && modifiers.matching.fillLeft != nil) || (name != "fill_left" && modifiers.matching.fillRight != nil) {
                throw PromQLSyntaxError(position: word.start, reason: "a fill value may not be set twice for the same side")
            }
            if name != "fill_right" { modifiers.matching.fillLeft = value }
            if name != "fill_left" { modifiers.matching.fillRight = value }
        }
    }

    mutating func parseSignedNumber(_ place: String) throws(PromQLSyntaxError) -> Double {
        let isNegative = current.kind == .minus
        if isNegative || current.kind == .plus { take() }
        guard let value = takeNumber() else { throw unexpected(in: place, expected: "number") }
        return isNegative ? -value : value
    }

    /// A number, a duration (as seconds), `Inf` or `NaN`.
    mutating func takeNumber() -> Double? {
        let value: Double
        switch current.kind {
        case .number(let number): value = number
        case .duration(let milliseconds): value = Double(milliseconds) / 1000
        case .identifier where isWord("inf"): value = .infinity
        case .identifier where isWord("nan"): value = StaleMarker.ordinaryNaN
        default: return nil
        }
        take()
        return value
    }

    /// `(a, b, "c d",)`
    mutating func parseLabelList(_ place: String) throws(PromQLSyntaxError) -> [String] {
        try expect(.leftParenthesis, in: place, #""(""#)
        var labels: [String] = []
        while !takeIf(.rightParenthesis) {
            switch current.kind {
            case .identifier(let name) where LabelName.isLegacy(name): labels.append(name)
            case .string(let bytes):
                guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty else {
                    throw PromQLSyntaxError(position: current.start, reason: "\(StringEscape.quoted(bytes)) is no label name")
                }
                labels.append(name)
            default: throw unexpected(in: place, expected: "label")
            }
            take()
            if current.kind != .rightParenthesis { try expect(.comma, in: place, #""," or ")""#) }
        }
        return labels
    }
}
