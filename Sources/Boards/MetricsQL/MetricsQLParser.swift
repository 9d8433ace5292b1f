import PromQL

/// Reads a query into its parts. What MetricsQL has beyond them isn't read.
struct MetricsQLParser {
    private let tokens: [MetricsQLToken]
    private var place = 0
    private var depth = 0

    static func parse(_ text: String) throws(MetricsQLFault) -> MetricsQLNode {
        var parser = MetricsQLParser(tokens: try MetricsQLToken.tokens(of: text))
        let node = try parser.expression(above: 0)
        guard parser.current.kind == .end else { throw MetricsQLFault() }
        return node
    }

    private var current: MetricsQLToken { tokens[min(place, tokens.count - 1)] }

    private mutating func next() -> MetricsQLToken {
        defer { place += 1 }
        return current
    }

    private mutating func take(_ sign: String) -> Bool {
        guard current.kind == .sign, current.text == sign else { return false }
        place += 1
        return true
    }

    private mutating func need(_ sign: String) throws(MetricsQLFault) { if !take(sign) { throw MetricsQLFault() } }

    private mutating func name() throws(MetricsQLFault) -> String {
        guard current.kind == .name else { throw MetricsQLFault() }
        return next().text
    }

    // MARK: Operators

    private static let strengths = [
        "or": 1, "and": 2, "unless": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "^": 7,
    ]
    static let setOperators: Set<String> = ["or", "and", "unless"]
    /// Signs in front bind less than a power.
    private static let unaryStrength = 6

    private mutating func expression(above least: Int) throws(MetricsQLFault) -> MetricsQLNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Limits.metricsQLDepth else { throw MetricsQLFault() }
        var left: MetricsQLNode
        if current.kind == .sign, current.text == "-" || current.text == "+" {
            let sign = next().text
            left = .unary(sign, try expression(above: Self.unaryStrength))
        } else {
            left = try operand()
        }
        var links = 0
        while let sign = current.kind == .name ? current.text.lowercased() : current.kind == .sign ? current.text : nil, let strength = Self.strengths[sign], strength > least {
            // A long chain is as deep a tree.
            links += 1
            guard links <= Limits.metricsQLDepth else { throw MetricsQLFault() }
            place += 1
            let modifiers = try modifiers()
            left = .binary(left, sign: sign, modifiers: modifiers, try expression(above: sign == "^" ? strength - 1 : strength))
        }
        return left
    }

    private mutating func modifiers() throws(MetricsQLFault) -> String {
        var texts: [String] = []
        var matched: [String] = []
        while current.kind == .name {
            let word = current.text.lowercased()
            switch word {
            case "bool":
                place += 1
                texts.append(word)
            case "on", "ignoring":
                place += 1
                let names = try labels()
                if word == "on" { matched = names }
                texts.append(word + Self.list(names))
            case "group_left", "group_right":
                place += 1
                // What both sides have in common needn't be taken over, and in PromQL mustn't.
                texts.append(word + (current.text == "(" ? Self.list(try labels().filter { !matched.contains($0) }) : ""))
            default: return texts.joined(separator: " ")
            }
        }
        return texts.joined(separator: " ")
    }

    private static func list(_ names: [String]) -> String { "(" + names.joined(separator: ", ") + ")" }

    /// `(a, b)`
    private mutating func labels() throws(MetricsQLFault) -> [String] {
        try need("(")
        var names: [String] = []
        while !take(")") {
            guard current.kind == .name || current.kind == .string else { throw MetricsQLFault() }
            names.append(next().text)
            if !take(","), current.text != ")" { throw MetricsQLFault() }
        }
        return names
    }

    // MARK: Operands

    private mutating func operand() throws(MetricsQLFault) -> MetricsQLNode {
        var node = try atom()
        var links = 0
        while true {
            links += 1
            guard links <= Limits.metricsQLDepth else { throw MetricsQLFault() }
            if take("[") {
                node = try range(node)
            } else if take("@") {
                node = .moved(node, "@ " + (try moment()))
            } else if current.kind == .name, current.text.lowercased() == "offset" {
                place += 1
                let sign = take("-") ? "-" : ""
                guard current.kind == .number else { throw MetricsQLFault() }
                node = .moved(node, "offset " + sign + next().text)
            } else {
                return node
            }
        }
    }

    private mutating func atom() throws(MetricsQLFault) -> MetricsQLNode {
        let token = next()
        switch token.kind {
        case .number: return .number(token.text)
        case .string: return .string(token.text)
        case .sign where token.text == "(":
            let inner = try expression(above: 0)
            try need(")")
            return .parenthesized(inner)
        case .sign where token.text == "{": return .selector(name: "", conditions: try conditions())
        case .name: return try named(token.text)
        default: throw MetricsQLFault()
        }
    }

    private mutating func named(_ name: String) throws(MetricsQLFault) -> MetricsQLNode {
        if name.lowercased() == "with", current.text == "(" { return try templates() }
        if take("{") { return .selector(name: name, conditions: try conditions()) }
        if Self.aggregates(name) {
            var grouping = try grouping()
            if current.text == "(" {
                let arguments = try arguments()
                if grouping.isEmpty { grouping = try self.grouping() }
                return .call(name: name.lowercased(), arguments: arguments, grouping: grouping)
            }
            guard grouping.isEmpty else { throw MetricsQLFault() }
        } else if current.text == "(", current.kind == .sign {
            return .call(name: name, arguments: try arguments(), grouping: "")
        }
        return .selector(name: name, conditions: nil)
    }

    /// Whether a name is that of an aggregation, of which VictoriaMetrics has some over the whole range.
    private static func aggregates(_ name: String) -> Bool { AggregationOperator(rawValue: name.lowercased()) != nil || MetricsQLReading.Choice(name) != nil }

    private mutating func grouping() throws(MetricsQLFault) -> String {
        guard current.kind == .name, ["by", "without"].contains(current.text.lowercased()) else { return "" }
        return next().text.lowercased() + " " + Self.list(try labels())
    }

    private mutating func arguments() throws(MetricsQLFault) -> [MetricsQLNode] {
        try need("(")
        var arguments: [MetricsQLNode] = []
        while !take(")") {
            arguments.append(try expression(above: 0))
            if !take(","), current.text != ")" { throw MetricsQLFault() }
        }
        return arguments
    }

    private mutating func conditions() throws(MetricsQLFault) -> [MetricsQLCondition] {
        var conditions: [MetricsQLCondition] = []
        while !take("}") {
            guard current.kind == .name || current.kind == .string else { throw MetricsQLFault() }
            var condition = MetricsQLCondition(name: next().text, sign: "", value: "")
            if ["=", "!=", "=~", "!~"].contains(current.text) {
                condition.sign = next().text
                guard current.kind == .string || current.kind == .name else { throw MetricsQLFault() }
                condition.value = next().text
            }
            conditions.append(condition)
            if !take(","), current.text != "}" { throw MetricsQLFault() }
        }
        return conditions
    }

    private mutating func range(_ node: MetricsQLNode) throws(MetricsQLFault) -> MetricsQLNode {
        func length(_ parser: inout Self) throws(MetricsQLFault) -> String {
            guard parser.current.kind == .number || parser.current.kind == .name else { throw MetricsQLFault() }
            return parser.next().text
        }
        let window = try length(&self)
        let step: String? = take(":") ? (current.text == "]" ? "" : try length(&self)) : nil
        try need("]")
        return .range(node, window: window, step: step)
    }

    private mutating func moment() throws(MetricsQLFault) -> String {
        if current.kind == .number { return next().text }
        let name = try name()
        guard name == "start" || name == "end" else { throw MetricsQLFault() }
        try need("(")
        try need(")")
        return name + "()"
    }

    private mutating func templates() throws(MetricsQLFault) -> MetricsQLNode {
        try need("(")
        var templates: [MetricsQLTemplate] = []
        while !take(")") {
            let name = try name()
            var parameters: [String]?
            if take("(") {
                var names: [String] = []
                while !take(")") {
                    names.append(try self.name())
                    if !take(","), current.text != ")" { throw MetricsQLFault() }
                }
                parameters = names
            }
            try need("=")
            templates.append(MetricsQLTemplate(name: name, parameters: parameters, body: try expression(above: 0)))
            guard templates.count <= Limits.metricsQLDepth else { throw MetricsQLFault() }
            if !take(","), current.text != ")" { throw MetricsQLFault() }
        }
        return .with(templates, try expression(above: 0))
    }
}
