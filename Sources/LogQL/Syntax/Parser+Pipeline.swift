import Foundations
import Model

/// Stream selectors and the stages behind them.
extension Parser {
    mutating func logSelector() throws(LogQLError) -> LogSelector {
        LogSelector(matchers: try streamSelector(), stages: try pipeline())
    }

    mutating func streamSelector() throws(LogQLError) -> [Matcher] {
        try expect("{")
        var matchers: [Matcher] = []
        while !isSymbol("}") {
            let name = try identifier("a label's name or `}`")
            guard case .symbol(let symbol) = current.kind, let op = Matcher.Operator(rawValue: symbol) else { throw unexpected("`=`, `!=`, `=~` or `!~`") }
            advance()
            let token = current
            let value = try string("the label's value")
            matchers.append(try matcher(name, op, value, at: token))
            if !take(",") { break }
        }
        try expect("}")
        return matchers
    }

    var startsStage: Bool {
        guard case .symbol(let symbol) = current.kind else { return false }
        if symbol == "!=" {
            // `!=` between numbers is a comparison; between lines and a string it's a filter.
            if case .string = ahead(1).kind { return true }
            return ahead(1).kind == .identifier("ip") && isSymbol("(", ahead: 2)
        }
        return ["|", "|=", "|~", "|>", "!~", "!>"].contains(symbol)
    }

    mutating func pipeline() throws(LogQLError) -> [Stage] {
        var stages: [Stage] = []
        while startsStage {
            if isSymbol("|"), ahead(1).kind == .identifier("unwrap") {
                throw error("`unwrap` makes numbers; put it into a function such as sum_over_time({…} | unwrap x [5m])")
            }
            stages.append(try stage())
        }
        return stages
    }

    mutating func stage() throws(LogQLError) -> Stage {
        guard case .symbol(let symbol) = current.kind else { throw unexpected("a stage") }
        if symbol != "|" { return .lineFilter(try lineFilter(symbol)) }
        advance()
        if isSymbol("(") || startsComparison { return .label(try labelFilter()) }
        let token = current
        let name = try identifier("a parser, a label filter or a format")
        switch name {
        case "json": return .json(try jsonPaths())
        case "logfmt": return try logfmt()
        case "regexp": return try regexp()
        case "pattern": return try patternStage()
        case "unpack": return .unpack
        case "decolorize": return .decolorize
        case "line_format": return .lineFormat(try template())
        case "label_format": return .labelFormat(try labelFormats())
        case "drop": return .drop(try labelTests())
        case "keep": return .keep(try labelTests())
        default: throw error("there is no stage `\(SafeText(name))`; known are json, logfmt, regexp, pattern, unpack, line_format, label_format, decolorize, drop, keep, unwrap and label filters", at: token)
        }
    }

    static let comparisons = ["=", "!=", "=~", "!~", "==", ">", "<", ">=", "<="]

    /// Stages that may stand alone: what follows them is a line filter, `| json != "x"`, as they can't be labels' names.
    private static let wordsAlone: Set<String> = ["json", "logfmt", "unpack", "decolorize"]

    /// `name >= …`
    private var startsComparison: Bool {
        guard case .identifier(let name) = current.kind, case .symbol(let next) = ahead(1).kind else { return false }
        return Self.comparisons.contains(next) && !Self.wordsAlone.contains(name)
    }

    private var isString: Bool {
        if case .string = current.kind { return true }
        return false
    }

    private mutating func lineFilter(_ symbol: String) throws(LogQLError) -> LineFilterStage {
        advance()
        let kind: LineFilterStage.Kind = symbol == "|=" || symbol == "!=" ? .contains : symbol == "|~" || symbol == "!~" ? .matches : .pattern
        var filter = LineFilterStage(kind: kind, isNegative: symbol.hasPrefix("!"), texts: [], patterns: [], linePatterns: [], networks: [])
        repeat {
            let token = current
            if isWord("ip"), kind == .contains {
                filter.networks.append(try addressRange())
                continue
            }
            let text = try string("the text to look for")
            filter.texts.append(text)
            if kind == .matches { filter.patterns.append(try pattern(text, at: token)) }
            if kind == .pattern { filter.linePatterns.append(try linePattern(text, at: token, needsCapture: false)) }
        } while takeWord("or")
        return filter
    }

    private mutating func addressRange() throws(LogQLError) -> AddressRange {
        advance()
        try expect("(")
        let token = current
        let text = try string("an address, a network (`10.0.0.0/8`) or a range (`10.0.0.1-10.0.0.9`)")
        guard let range = AddressRange(text) else { throw error("`\(SafeText(text))` is no address, network or range of addresses", at: token) }
        try expect(")")
        return range
    }

    private func linePattern(_ text: String, at token: Token, needsCapture: Bool) throws(LogQLError) -> LinePattern {
        do {
            return try LinePattern(text, needsCapture: needsCapture)
        } catch {
            throw self.error(error.reason, at: token)
        }
    }

    private mutating func patternStage() throws(LogQLError) -> Stage {
        let token = current
        let text = try string("a pattern such as `<ip> - <_> \"<method> <path>\"`")
        return .pattern(try linePattern(text, at: token, needsCapture: true))
    }

    private mutating func regexp() throws(LogQLError) -> Stage {
        let token = current
        let text = try string("a regular expression")
        let expression = try pattern(text, at: token)
        guard expression.groupCount > 0, (1...expression.groupCount).contains(where: { expression.groupName($0) != nil }) else {
            throw error("the expression names no group; write (?P<name>…) around what is to become a label", at: token)
        }
        return .regexp(expression)
    }

    private mutating func logfmt() throws(LogQLError) -> Stage {
        var isStrict = false
        var keepsEmpty = false
        while case .flag(let name) = current.kind {
            switch name {
            case "strict": isStrict = true
            case "keep-empty": keepsEmpty = true
            default: throw error("logfmt knows --strict and --keep-empty")
            }
            advance()
        }
        return .logfmt(expressions: try extractions().map { (name: $0.name, key: $0.text) }, isStrict: isStrict, keepsEmpty: keepsEmpty)
    }

    /// `a="b.c", d`, possibly nothing.
    private mutating func extractions() throws(LogQLError) -> [(name: String, text: String, token: Token)] {
        var list: [(name: String, text: String, token: Token)] = []
        while case .identifier(let name) = current.kind {
            var token = current
            advance()
            var text = name
            if take("=") {
                token = current
                text = try string("where to find it")
            }
            list.append((name, text, token))
            if !take(",") { break }
        }
        return list
    }

    private mutating func jsonPaths() throws(LogQLError) -> [(name: String, path: JSONPath)] {
        var paths: [(name: String, path: JSONPath)] = []
        for (name, text, token) in try extractions() {
            do {
                paths.append((name, try JSONPath(text)))
            } catch {
                throw self.error("`\(SafeText(text))` is no path in JSON: \(error.reason)", at: token)
            }
        }
        return paths
    }

    private mutating func template() throws(LogQLError) -> LineTemplate {
        let token = current
        let text = try string("a template")
        do {
            return try LineTemplate(text)
        } catch {
            throw self.error(error.reason, at: token)
        }
    }

    private mutating func labelFormats() throws(LogQLError) -> [(name: String, source: LabelSource)] {
        var list: [(name: String, source: LabelSource)] = []
        repeat {
            let token = current
            let name = try identifier("the label to set")
            if list.contains(where: { $0.name == name }) { throw error("`\(name)` is set twice in one label_format", at: token) }
            try expect("=")
            if isString { list.append((name, .template(try template()))) } else { list.append((name, .label(try identifier("a label or a template in quotes")))) }
        } while take(",")
        return list
    }

    private mutating func labelTests() throws(LogQLError) -> [LabelTest] {
        var list: [LabelTest] = []
        repeat {
            var test = LabelTest(name: try identifier("a label's name"), matcher: nil)
            if case .symbol(let symbol) = current.kind, let op = Matcher.Operator(rawValue: symbol) {
                advance()
                let token = current
                let value = try string("the label's value")
                test.matcher = try matcher(test.name, op, value, at: token)
            }
            list.append(test)
        } while take(",")
        return list
    }

    // MARK: Label filters

    mutating func labelFilter() throws(LogQLError) -> LabelFilter {
        var left = try conjunction()
        while takeWord("or") { left = .either(left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(LogQLError) -> LabelFilter {
        var left = try condition()
        while takeWord("and") || take(",") || startsComparison || isSymbol("(") { left = .both(left, try condition()) }
        return left
    }

    private mutating func condition() throws(LogQLError) -> LabelFilter {
        if take("(") {
            let inner = try nested { parser throws(LogQLError) in try parser.labelFilter() }
            try expect(")")
            return inner
        }
        let name = try identifier("a label's name")
        guard case .symbol(let symbol) = current.kind, Self.comparisons.contains(symbol) else { throw unexpected("a comparison such as `=` or `>=`") }
        advance()
        if isWord("ip") && (symbol == "=" || symbol == "!=") { return .address(name: name, try addressRange(), isNegative: symbol == "!=") }
        let token = current
        if case .string(let text) = current.kind {
            guard let op = Matcher.Operator(rawValue: symbol) else { throw error("`\(symbol)` compares numbers; a text goes with =, !=, =~ or !~") }
            advance()
            return .matcher(try matcher(name, op, text, at: token))
        }
        return try numericCondition(name, symbol)
    }

    private mutating func numericCondition(_ name: String, _ symbol: String) throws(LogQLError) -> LabelFilter {
        guard let op = BinaryOperation.Operator(rawValue: symbol == "=" ? "==" : symbol) else { throw unexpected("a text in quotes") }
        let sign: Double = take("-") ? -1 : 1
        let token = current
        advance()
        switch token.kind {
        case .number(let value, let text): return .number(name: name, op, sign * value, unit: .number, text: (sign < 0 ? "-" : "") + text)
        case .duration(let milliseconds, let text):
            let seconds = (Quantity.durationMilliseconds(text) ?? Double(milliseconds)) / 1000
            return .number(name: name, op, sign * seconds, unit: .duration, text: (sign < 0 ? "-" : "") + text)
        case .bytes(let value, let text): return .number(name: name, op, sign * value, unit: .bytes, text: (sign < 0 ? "-" : "") + text)
        case .end: throw error("the query ends where a text in quotes, a number, a duration or a size is expected", at: token)
        default: throw error("unexpected \(token.description), expected a text in quotes, a number, a duration or a size", at: token)
        }
    }
}
