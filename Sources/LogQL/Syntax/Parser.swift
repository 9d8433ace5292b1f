import Foundations
import Model

/// Reads LogQL, by recursive descent with operator precedence.
struct Parser {
    private let bytes: [UInt8]
    private let tokens: [Token]
    private var position = 0
    private var depth = 0

    static func parse(_ text: String) throws(LogQLError) -> Expression {
        var parser = Parser(bytes: Array(text.utf8), tokens: try Lexer.tokens(text))
        let expression = try parser.expression()
        guard parser.current.kind == .end else { throw parser.unexpected("an operator or the end") }
        return expression
    }

    private init(bytes: [UInt8], tokens: [Token]) {
        self.bytes = bytes
        self.tokens = tokens
    }

    // MARK: Tokens

    var current: Token { tokens[position] }
    func ahead(_ count: Int) -> Token { tokens[min(position + count, tokens.count - 1)] }

    mutating func advance() { if position < tokens.count - 1 { position += 1 } }

    func isSymbol(_ symbol: String, ahead count: Int = 0) -> Bool { ahead(count).kind == .symbol(symbol) }
    func isWord(_ word: String) -> Bool { current.kind == .identifier(word) }

    mutating func take(_ symbol: String) -> Bool {
        guard isSymbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func takeWord(_ word: String) -> Bool {
        guard isWord(word) else { return false }
        advance()
        return true
    }

    mutating func expect(_ symbol: String) throws(LogQLError) {
        guard take(symbol) else { throw unexpected("`\(symbol)`") }
    }

    mutating func identifier(_ what: String) throws(LogQLError) -> String {
        guard case .identifier(let name) = current.kind else { throw unexpected(what) }
        advance()
        return name
    }

    mutating func string(_ what: String) throws(LogQLError) -> String {
        guard case .string(let text) = current.kind else { throw unexpected("\(what) in quotes") }
        advance()
        return text
    }

    func unexpected(_ expected: String) -> LogQLError { error(current.kind == .end ? "the query ends where \(expected) is expected" : "unexpected \(current.description), expected \(expected)") }
    func error(_ reason: String, at token: Token? = nil) -> LogQLError { Lexer.syntaxError(bytes, at: (token ?? current).offset, reason) }

    /// Keeps hostile nesting off the stack.
    mutating func nested<Result>(_ body: (inout Parser) throws(LogQLError) -> Result) throws(LogQLError) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Limits.depthMax else { throw error("the query is nested more than \(Limits.depthMax) deep") }
        return try body(&self)
    }

    func pattern(_ text: String, at token: Token) throws(LogQLError) -> RegularExpression {
        do {
            return try RegularExpression(text, isMatchingNewlines: false)
        } catch {
            throw self.error("\(error)", at: token)
        }
    }

    func matcher(_ name: String, _ op: Matcher.Operator, _ value: String, at token: Token) throws(LogQLError) -> Matcher {
        do {
            return try Matcher(name, op, value)
        } catch {
            throw self.error("\(error)", at: token)
        }
    }

    // MARK: Expressions

    mutating func expression(above precedence: Int = 0) throws(LogQLError) -> Expression {
        try nested { parser throws(LogQLError) in
            var left = try parser.unary()
            while let op = parser.binaryOperator, op.precedence > precedence {
                left = .binary(try parser.binary(left, op))
            }
            return left
        }
    }

    private var binaryOperator: BinaryOperation.Operator? {
        switch current.kind {
        case .symbol(let text), .identifier(let text): BinaryOperation.Operator(rawValue: text)
        default: nil
        }
    }

    private mutating func binary(_ left: Expression, _ op: BinaryOperation.Operator) throws(LogQLError) -> BinaryOperation {
        let token = current
        if case .log = left { throw error("`\(op.rawValue)` needs numbers on its left; count the lines first, as in count_over_time({…}[5m])", at: token) }
        advance()
        var operation = BinaryOperation(op: op, left: left, right: left, returnsBool: false, matching: nil, many: nil)
        if takeWord("bool") {
            guard op.isComparison else { throw error("`bool` goes with comparisons only", at: token) }
            operation.returnsBool = true
        }
        if isWord("on") || isWord("ignoring") { try matching(&operation) }
        // Power binds to the right, all others to the left.
        operation.right = try expression(above: op == .power ? op.precedence - 1 : op.precedence)
        if case .log = operation.right { throw error("`\(op.rawValue)` needs numbers on its right; count the lines first, as in count_over_time({…}[5m])", at: token) }
        return operation
    }

    /// `on(a) group_left(b)`
    private mutating func matching(_ operation: inout BinaryOperation) throws(LogQLError) {
        let isWithout = isWord("ignoring")
        advance()
        operation.matching = Grouping(isWithout: isWithout, names: try names())
        guard isWord("group_left") || isWord("group_right") else { return }
        let side: BinaryOperation.Side = isWord("group_left") ? .left : .right
        advance()
        operation.many = (side, isSymbol("(") ? try names() : [])
    }

    private mutating func unary() throws(LogQLError) -> Expression {
        if take("-") {
            if case .number(let value, _) = current.kind {
                advance()
                return .number(-value)
            }
            let operand = try nested { parser throws(LogQLError) in try parser.unary() }
            return .binary(BinaryOperation(op: .multiply, left: .number(-1), right: operand, returnsBool: false, matching: nil, many: nil))
        }
        _ = take("+")
        return try primary()
    }

    private mutating func primary() throws(LogQLError) -> Expression {
        switch current.kind {
        case .number(let value, _):
            advance()
            return .number(value)
        case .symbol("{"): return .log(try logSelector())
        case .symbol("("): return try parenthesized()
        case .identifier(let name): return try call(name)
        default: throw unexpected("a stream selector such as `{job=\"api\"}`, a function or a number")
        }
    }

    private mutating func parenthesized() throws(LogQLError) -> Expression {
        try expect("(")
        let inner = try expression()
        try expect(")")
        guard case .log(var selector) = inner else { return inner }
        selector.stages += try pipeline()
        return .log(selector)
    }

    private mutating func call(_ name: String) throws(LogQLError) -> Expression {
        let token = current
        advance()
        if let function = RangeAggregation.Function(rawValue: name) { return .range(try rangeAggregation(function, token)) }
        if let function = VectorAggregation.Function(rawValue: name) { return .vectorAggregation(try vectorAggregation(function)) }
        switch name {
        case "vector":
            try expect("(")
            guard case .number(let value, _) = current.kind else { throw unexpected("a number") }
            advance()
            try expect(")")
            return .constantVector(value)
        case "label_replace": return try labelReplace()
        default: throw error("there is no function `\(SafeText(name))`", at: token)
        }
    }

    private mutating func labelReplace() throws(LogQLError) -> Expression {
        try expect("(")
        let operand = try expression()
        try expect(",")
        let destination = try string("the label to set")
        try expect(",")
        let replacement = try string("the replacement")
        try expect(",")
        let source = try string("the label to read")
        try expect(",")
        let token = current
        let text = try string("a regular expression")
        let pattern = try pattern(text, at: token)
        try expect(")")
        return .labelReplace(operand, destination: destination, replacement: replacement, source: source, pattern: pattern)
    }

    private mutating func vectorAggregation(_ function: VectorAggregation.Function) throws(LogQLError) -> VectorAggregation {
        var grouping = try groupingIfAny()
        try expect("(")
        var parameter = 0
        if function.takesParameter {
            guard case .number(let value, _) = current.kind, value >= 1, value <= 1e6, value == value.rounded() else { throw unexpected("how many series to take, a whole number from 1") }
            parameter = Int(value)
            advance()
            try expect(",")
        }
        let token = current
        let operand = try expression()
        if case .log = operand { throw error("\(function.rawValue) needs numbers; count the lines first, as in count_over_time({…}[5m])", at: token) }
        try expect(")")
        if grouping == nil { grouping = try groupingIfAny() }
        return VectorAggregation(function: function, parameter: parameter, grouping: grouping, operand: operand)
    }

    mutating func groupingIfAny() throws(LogQLError) -> Grouping? {
        guard isWord("by") || isWord("without") else { return nil }
        let isWithout = isWord("without")
        advance()
        return Grouping(isWithout: isWithout, names: try names())
    }

    private mutating func names() throws(LogQLError) -> [String] {
        try expect("(")
        var names: [String] = []
        while !isSymbol(")") {
            names.append(try identifier("a label's name"))
            if !take(",") { break }
        }
        try expect(")")
        return names
    }
}
