import GoTemplate
import Model

/// One expansion: variables, the dot and what it has cost so far.
struct TemplateRun {
    private let query: (@Sendable (String) async throws -> [(labels: Labels, value: Double)])?
    private let definitions: [String: [TemplateNode]]
    /// Whether what an action gives is escaped for HTML.
    private let escapesHTML: Bool
    private var callDepth = 0
    private var variables: [(name: String, value: TemplateValue)]
    private var dot: TemplateValue
    private var text = ""
    private var stepsLeft = Limits.templateStepsMax
    private var queriesLeft = Limits.templateQueriesMax
    private var line = 1

    private enum Flow {
        case onward, breaks, continues
    }

    init(_ context: Template.Context) {
        query = context.query
        definitions = [:]
        escapesHTML = false
        let labels = TemplateValue.labels(context.labels)
        let external = TemplateValue.labels(context.externalLabels)
        dot = .object([
            "Labels": labels, "Value": .float(context.value), "ExternalLabels": external, "ExternalURL": .text(context.externalURL),
        ])
        variables = [
            ("", dot), ("labels", labels), ("value", .float(context.value)), ("externalLabels", external), ("externalURL", .text(context.externalURL)),
        ]
    }

    /// A notification's.
    init(dot: TemplateValue, definitions: [String: [TemplateNode]], escapesHTML: Bool) {
        query = nil
        self.definitions = definitions
        self.escapesHTML = escapesHTML
        self.dot = dot
        variables = [("", dot)]
    }

    mutating func output(of nodes: [TemplateNode]) async throws(TemplateError) -> String {
        do {
            _ = try await run(nodes)
        } catch let error as TemplateError {
            throw error
        } catch let failure as TemplateFunctions.Failure {
            throw TemplateError(line: line, reason: failure.reason)
        } catch {
            throw TemplateError(line: line, reason: "\(error)")
        }
        return text
    }

    private mutating func run(_ nodes: [TemplateNode]) async throws -> Flow {
        for node in nodes {
            try step()
            switch node {
            case .text(let plain): try append(plain)
            case .output(let pipeline):
                let value = try await evaluate(pipeline)
                if pipeline.variables.isEmpty { try append(printed(value)) }
            case .branch(let pipeline, let setsDot, let then, let otherwise):
                let flow = try await branch(pipeline, setsDot: setsDot, then, otherwise)
                if flow != .onward { return flow }
            case .range(let pipeline, let body, let otherwise): try await range(pipeline, body, otherwise)
            case .leave(let isBreak): return isBreak ? .breaks : .continues
            case .call(let name, let pipeline, let line): try await call(name, pipeline, line: line)
            }
        }
        return .onward
    }

    private mutating func call(_ name: String, _ pipeline: TemplatePipeline?, line: Int) async throws {
        self.line = line
        guard let body = definitions[name] else { throw TemplateFunctions.Failure(reason: "template \(name.debugDescription) isn't defined") }
        let value: TemplateValue = if let pipeline { try await evaluate(pipeline) } else { .nothing }
        let (outerDot, outerVariables) = (dot, variables)
        dot = value
        variables = [("", value)]
        callDepth += 1
        defer {
            callDepth -= 1
            dot = outerDot
            variables = outerVariables
        }
        guard callDepth <= Limits.templateDepthMax else { throw TemplateFunctions.Failure(reason: "templates call each other deeper than \(Limits.templateDepthMax)") }
        _ = try await run(body)
    }

    private func printed(_ value: TemplateValue) -> String {
        if !escapesHTML { return value.printed }
        if case .markup(let text) = value { return text }
        return TemplateFunctions.escapedHTML(value.printed)
    }

    private mutating func append(_ more: String) throws {
        guard text.utf8.count + more.utf8.count <= Limits.templateOutputBytesMax else {
            throw TemplateFunctions.Failure(reason: "the text is longer than \(Limits.templateOutputBytesMax) bytes")
        }
        text += more
    }

    private mutating func step() throws {
        stepsLeft -= 1
        if stepsLeft < 0 { throw TemplateFunctions.Failure(reason: "more than \(Limits.templateStepsMax) steps") }
    }

    private mutating func branch(
        _ pipeline: TemplatePipeline, setsDot: Bool, _ then: [TemplateNode], _ otherwise: [TemplateNode]
    ) async throws -> Flow {
        let scope = variables.count
        let outer = dot
        defer {
            variables.removeSubrange(scope...)
            dot = outer
        }
        let value = try await evaluate(pipeline)
        guard value.isTrue else { return try await run(otherwise) }
        if setsDot { dot = value }
        return try await run(then)
    }

    private mutating func range(_ pipeline: TemplatePipeline, _ body: [TemplateNode], _ otherwise: [TemplateNode]) async throws {
        let scope = variables.count
        let outer = dot
        defer {
            variables.removeSubrange(scope...)
            dot = outer
        }
        let value = try await evaluate(pipeline, declares: false)
        let elements = try elements(of: value)
        if elements.isEmpty { _ = try await run(otherwise) }
        for (key, element) in elements {
            try step()
            let inner = variables.count
            try bind(pipeline, key, element)
            dot = element
            let flow = try await run(body)
            if !pipeline.isAssignment { variables.removeSubrange(inner...) }
            if flow == .breaks { break }
        }
    }

    private func elements(of value: TemplateValue) throws -> [(TemplateValue, TemplateValue)] {
        switch value {
        case .list(let list), .listing(let list, _): list.enumerated().map { (.integer(Int64($0)), $1) }
        case .pairs(let pairs): pairs.map { (.text($0.name), .text($0.text)) }
        case .map(let map): map.sorted { $0.key < $1.key }.map { (.text($0.key), .text($0.value)) }
        case .integer(let count):
            try (0..<max(0, Int(clamping: count))).prefix(Limits.templateStepsMax).map {
                if $0 >= stepsLeft { throw TemplateFunctions.Failure(reason: "a range of \(count) steps") }
                return (.integer(Int64($0)), .integer(Int64($0)))
            }
        case .nothing: []
        default: throw TemplateFunctions.Failure(reason: "range over \(value.kind)")
        }
    }

    private mutating func bind(_ pipeline: TemplatePipeline, _ key: TemplateValue, _ element: TemplateValue) throws {
        switch pipeline.variables.count {
        case 1: try set(pipeline.variables[0], element, isAssignment: pipeline.isAssignment)
        case 2:
            try set(pipeline.variables[0], key, isAssignment: pipeline.isAssignment)
            try set(pipeline.variables[1], element, isAssignment: pipeline.isAssignment)
        default: break
        }
    }

    private mutating func set(_ name: String, _ value: TemplateValue, isAssignment: Bool) throws {
        guard isAssignment else {
            variables.append((name, value))
            return
        }
        guard let index = variables.lastIndex(where: { $0.name == name }) else { throw TemplateFunctions.Failure(reason: "variable $\(name) isn't known") }
        variables[index].value = value
    }

    private mutating func evaluate(_ pipeline: TemplatePipeline, declares: Bool = true) async throws -> TemplateValue {
        line = pipeline.line
        var value: TemplateValue?
        for command in pipeline.commands {
            try step()
            value = try await evaluate(command, last: value)
        }
        let result = value ?? .nothing
        if declares { for name in pipeline.variables { try set(name, result, isAssignment: pipeline.isAssignment) } }
        return result
    }

    private mutating func evaluate(_ command: [TemplateOperand], last: TemplateValue?) async throws -> TemplateValue {
        guard case .function(let name) = command[0] else {
            if command.count == 1 { return try await evaluate(command[0]) }
            return try await method(command)
        }
        if name == "and" || name == "or" { return try await shortCircuit(name, command.dropFirst(), last) }
        var arguments: [TemplateValue] = []
        for operand in command.dropFirst() { arguments.append(try await evaluate(operand)) }
        if let last { arguments.append(last) }
        if name == "query" { return try await query(arguments) }
        guard let function = TemplateFunctions.table[name] else { throw TemplateFunctions.Failure(reason: "function \(name) isn't known") }
        return try function(arguments)
    }

    /// A value's method with arguments: `.StartsAt.Format "15:04"`, `.CommonLabels.Remove .GroupLabels.Names`.
    private mutating func method(_ command: [TemplateOperand]) async throws -> TemplateValue {
        let base: TemplateValue
        let name: String
        switch command[0] {
        case .field(let names) where !names.isEmpty: (base, name) = (try await evaluate(.field(Array(names.dropLast()))), names[names.count - 1])
        case .variable(let variable, let names) where !names.isEmpty:
            (base, name) = (try await evaluate(.variable(variable, Array(names.dropLast()))), names[names.count - 1])
        case .group(let pipeline, let names) where !names.isEmpty:
            (base, name) = (try await evaluate(.group(pipeline, Array(names.dropLast()))), names[names.count - 1])
        default: throw TemplateFunctions.Failure(reason: "a value that is no function has arguments")
        }
        var arguments: [TemplateValue] = []
        for operand in command.dropFirst() { arguments.append(try await evaluate(operand)) }
        return try TemplateFunctions.method(name, of: base, arguments)
    }

    private mutating func shortCircuit(_ name: String, _ operands: ArraySlice<TemplateOperand>, _ last: TemplateValue?) async throws -> TemplateValue {
        var value: TemplateValue?
        for operand in operands {
            let next = try await evaluate(operand)
            if next.isTrue == (name == "or") { return next }
            value = next
        }
        guard let result = last ?? value else { throw TemplateFunctions.Failure(reason: "\(name) needs a value") }
        return result
    }

    private mutating func query(_ arguments: [TemplateValue]) async throws -> TemplateValue {
        guard arguments.count == 1, case .text(let expression) = arguments[0] else { throw TemplateFunctions.Failure(reason: "query needs one text") }
        guard let query else { throw TemplateFunctions.Failure(reason: "query has nothing to ask here") }
        queriesLeft -= 1
        if queriesLeft < 0 { throw TemplateFunctions.Failure(reason: "more than \(Limits.templateQueriesMax) queries") }
        return .list(try await query(expression).map { .sample($0.labels, $0.value) })
    }

    private mutating func evaluate(_ operand: TemplateOperand) async throws -> TemplateValue {
        switch operand {
        case .literal(let literal): return TemplateValue(literal)
        case .field(let names): return try Array(names).reduce(dot) { try TemplateFunctions.part($1, of: $0) }
        case .variable(let name, let names):
            guard let variable = variables.last(where: { $0.name == name }) else { throw TemplateFunctions.Failure(reason: "variable $\(name) isn't known") }
            return try names.reduce(variable.value) { try TemplateFunctions.part($1, of: $0) }
        case .function(let name):
            if name == "query" || TemplateFunctions.special.contains(name) { throw TemplateFunctions.Failure(reason: "\(name) needs values") }
            guard let function = TemplateFunctions.table[name] else { throw TemplateFunctions.Failure(reason: "function \(name) isn't known") }
            return try function([])
        case .group(let pipeline, let names):
            let value = try await evaluate(pipeline)
            return try names.reduce(value) { try TemplateFunctions.part($1, of: $0) }
        }
    }
}
