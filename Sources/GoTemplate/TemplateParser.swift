/// Makes nodes of the pieces of a template.
public struct TemplateParser {
    private var pieces: ArraySlice<TemplatePiece>
    private var depth = 0
    private var rangeDepth = 0
    /// Names in sight, so that a misspelt variable is found before an alert fires.
    private var variables: [String]

    /// Functions that there are.
    private let functions: Set<String>
    private let allowsDefinitions: Bool
    /// By `define` and `block`.
    public private(set) var definitions: [String: [TemplateNode]] = [:]

    /// Blocks and parentheses, and so the parser's recursion, go no deeper.
    public static let depthMax = 64

    public init(_ pieces: [TemplatePiece], variables: [String], functions: Set<String>, allowsDefinitions: Bool = false) {
        self.pieces = pieces[...]
        self.functions = functions
        self.variables = variables
        self.allowsDefinitions = allowsDefinitions
    }

    /// How a run of nodes ended.
    private enum Stop {
        case end
        case otherwise
        /// `else if` or `else with`, with the pipeline's tokens.
        case otherwiseWhen(keyword: String, [TemplateToken], line: Int)
        case ofTemplate
    }

    /// All nodes. Throws where the template breaks Go's grammar or names a function or variable that there isn't.
    public mutating func template() throws(TemplateError) -> [TemplateNode] {
        let (nodes, stop) = try nodes()
        guard case .ofTemplate = stop else { throw TemplateError(line: 1, reason: "end or else without its if, with or range") }
        return nodes
    }

    private mutating func nodes() throws(TemplateError) -> ([TemplateNode], Stop) {
        var nodes: [TemplateNode] = []
        while let piece = pieces.popFirst() {
            guard case .action(let tokens, let line) = piece else {
                if case .text(let text) = piece { nodes.append(.text(text)) }
                continue
            }
            guard case .word(let keyword)? = tokens.first else {
                nodes.append(.output(try pipeline(tokens, line: line)))
                continue
            }
            switch keyword {
            case "end" where tokens.count == 1: return (nodes, .end)
            case "else":
                if tokens.count == 1 { return (nodes, .otherwise) }
                if case .word(let next) = tokens[1], next == "if" || next == "with" {
                    return (nodes, .otherwiseWhen(keyword: next, Array(tokens.dropFirst(2)), line: line))
                }
                throw TemplateError(line: line, reason: "unexpected words after else")
            case "if", "with", "range": nodes.append(try block(keyword, Array(tokens.dropFirst()), line: line))
            case "break", "continue":
                guard rangeDepth > 0, tokens.count == 1 else { throw TemplateError(line: line, reason: "\(keyword) outside a range") }
                nodes.append(.leave(isBreak: keyword == "break"))
            case "define" where allowsDefinitions && depth == 0: try define(tokens, line: line)
            case "template" where allowsDefinitions: nodes.append(try call(tokens, line: line))
            case "block" where allowsDefinitions:
                nodes.append(try call(tokens, line: line))
                try define(Array(tokens.prefix(2)), line: line)
            case "define", "template", "block": throw TemplateError(line: line, reason: "\(keyword) isn't supported here")
            default: nodes.append(.output(try pipeline(tokens, line: line)))
            }
        }
        return (nodes, .ofTemplate)
    }

    /// `define "name"` up to its end.
    private mutating func define(_ tokens: [TemplateToken], line: Int) throws(TemplateError) {
        guard tokens.count == 2, case .string(let name) = tokens[1] else { throw TemplateError(line: line, reason: "define needs a name in quotes") }
        let outer = variables
        variables = [""]
        depth += 1
        let (body, stop) = try nodes()
        depth -= 1
        variables = outer
        guard case .end = stop else { throw TemplateError(line: line, reason: "define without its end") }
        definitions[name] = body
    }

    /// `template "name" pipeline`
    private mutating func call(_ tokens: [TemplateToken], line: Int) throws(TemplateError) -> TemplateNode {
        guard tokens.count >= 2, case .string(let name) = tokens[1] else { throw TemplateError(line: line, reason: "template needs a name in quotes") }
        if tokens.count == 2 { return .call(name, nil, line: line) }
        return .call(name, try pipeline(Array(tokens.dropFirst(2)), line: line), line: line)
    }

    private mutating func block(_ keyword: String, _ tokens: [TemplateToken], line: Int) throws(TemplateError) -> TemplateNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw TemplateError(line: line, reason: "nested deeper than \(Self.depthMax)") }
        let scope = variables.count
        defer { variables.removeSubrange(scope...) }
        let pipeline = try pipeline(tokens, line: line, isRange: keyword == "range")
        if keyword == "range" { rangeDepth += 1 }
        var (body, stop) = try nodes()
        if keyword == "range" { rangeDepth -= 1 }
        var otherwise: [TemplateNode] = []
        switch stop {
        case .end: break
        case .otherwise:
            (otherwise, stop) = try nodes()
            guard case .end = stop else { throw TemplateError(line: line, reason: "\(keyword) without its end") }
        case .otherwiseWhen(let next, let tokens, let line):
            guard keyword != "range" else { throw TemplateError(line: line, reason: "else \(next) in a range") }
            otherwise = [try block(next, tokens, line: line)]
        case .ofTemplate: throw TemplateError(line: line, reason: "\(keyword) without its end")
        }
        return keyword == "range"
            ? .range(pipeline, body: body, otherwise: otherwise)
            : .branch(pipeline, setsDot: keyword == "with", then: body, otherwise: otherwise)
    }

    private mutating func pipeline(_ tokens: [TemplateToken], line: Int, isRange: Bool = false) throws(TemplateError) -> TemplatePipeline {
        var tokens = tokens[...]
        var pipeline = TemplatePipeline(line: line)
        takeDeclaration(&tokens, isRange: isRange, into: &pipeline)
        if pipeline.isAssignment {
            for name in pipeline.variables { try checkVariable(name, line: line) }
        }
        pipeline.commands = try commands(&tokens, line: line)
        guard tokens.isEmpty else { throw TemplateError(line: line, reason: "unexpected words in an action") }
        if !pipeline.isAssignment { variables += pipeline.variables }
        return pipeline
    }

    private func takeDeclaration(_ tokens: inout ArraySlice<TemplateToken>, isRange: Bool, into pipeline: inout TemplatePipeline) {
        let items = Array(tokens.prefix(4))
        guard items.count > 1, case .variable(let first, let fields) = items[0], fields.isEmpty else { return }
        if items[1] == .declare || items[1] == .assign {
            pipeline.variables = [first]
            pipeline.isAssignment = items[1] == .assign
            tokens = tokens.dropFirst(2)
        } else if isRange, items.count == 4, items[1] == .comma, case .variable(let second, _) = items[2], items[3] == .declare || items[3] == .assign {
            pipeline.variables = [first, second]
            pipeline.isAssignment = items[3] == .assign
            tokens = tokens.dropFirst(4)
        }
    }

    /// Commands up to the end or a closing parenthesis, which stays.
    private mutating func commands(_ tokens: inout ArraySlice<TemplateToken>, line: Int) throws(TemplateError) -> [[TemplateOperand]] {
        var commands: [[TemplateOperand]] = [[]]
        while let token = tokens.first {
            if case .close = token { break }
            tokens.removeFirst()
            if token == .pipe {
                guard !commands[commands.count - 1].isEmpty else { throw TemplateError(line: line, reason: "nothing before |") }
                commands.append([])
            } else {
                commands[commands.count - 1].append(try operand(token, &tokens, line: line))
            }
        }
        guard commands.last?.isEmpty == false else { throw TemplateError(line: line, reason: "an action without a value") }
        for command in commands.dropFirst() {
            guard case .function = command[0] else { throw TemplateError(line: line, reason: "what follows | is no function") }
        }
        return commands
    }

    private mutating func operand(_ token: TemplateToken, _ tokens: inout ArraySlice<TemplateToken>, line: Int) throws(TemplateError) -> TemplateOperand {
        switch token {
        case .field(let names): return .field(names)
        case .variable(let name, let names):
            try checkVariable(name, line: line)
            return .variable(name, names)
        case .string(let text): return .literal(.text(text))
        case .integer(let number): return .literal(.integer(number))
        case .float(let number): return .literal(.float(number))
        case .word("true"): return .literal(.bool(true))
        case .word("false"): return .literal(.bool(false))
        case .word("nil"): return .literal(.nothing)
        case .word(let name):
            guard functions.contains(name) else { throw TemplateError(line: line, reason: "function \(name.debugDescription) isn't known") }
            return .function(name)
        case .open:
            depth += 1
            defer { depth -= 1 }
            guard depth <= Self.depthMax else { throw TemplateError(line: line, reason: "nested deeper than \(Self.depthMax)") }
            let inner = TemplatePipeline(commands: try commands(&tokens, line: line), line: line)
            guard case .close(let names)? = tokens.popFirst() else { throw TemplateError(line: line, reason: "a parenthesis isn't closed") }
            return .group(inner, names)
        case .pipe, .close, .declare, .assign, .comma: throw TemplateError(line: line, reason: "unexpected words in an action")
        }
    }

    private func checkVariable(_ name: String, line: Int) throws(TemplateError) {
        if !variables.contains(name) { throw TemplateError(line: line, reason: "variable \("$" + name) isn't known") }
    }
}
