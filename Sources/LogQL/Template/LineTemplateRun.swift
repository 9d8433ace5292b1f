import GoTemplate

/// One expansion of a template.
struct LineTemplateRun {
    private enum Flow {
        case onward, breaks, continues
    }

    private let entry: LogEntry
    private var variables: [(name: String, value: LineTemplateValue)] = [("", .labels)]
    private var dot = LineTemplateValue.labels
    private var text = ""
    private var stepsLeft = Limits.templateStepsMax

    init(_ entry: LogEntry) { self.entry = entry }

    mutating func output(of nodes: [TemplateNode]) throws(LineTemplateFailure) -> String {
        _ = try run(nodes)
        return text
    }

    private mutating func run(_ nodes: [TemplateNode]) throws(LineTemplateFailure) -> Flow {
        for node in nodes {
            try step()
            switch node {
            case .text(let plain): try append(plain)
            case .output(let pipeline):
                let value = try evaluate(pipeline)
                if pipeline.variables.isEmpty { try append(printed(value)) }
            case .branch(let pipeline, let setsDot, let then, let otherwise):
                let flow = try branch(pipeline, setsDot: setsDot, then, otherwise)
                if flow != .onward { return flow }
            case .range(let pipeline, let body, let otherwise): try range(pipeline, body, otherwise)
            case .leave(let isBreak): return isBreak ? .breaks : .continues
            case .call: throw LineTemplateFailure(reason: "templates can't call others here")
            }
        }
        return .onward
    }

    private func printed(_ value: LineTemplateValue) -> String {
        guard case .labels = value else { return value.printed }
        return "map[\(entry.labels.pairs.map { "\($0.name):\($0.value)" }.joined(separator: " "))]"
    }

    private mutating func append(_ more: String) throws(LineTemplateFailure) {
        guard text.utf8.count + more.utf8.count <= Limits.templateOutputBytesMax else {
            throw LineTemplateFailure(reason: "the text is longer than \(Limits.templateOutputBytesMax) bytes")
        }
        text += more
    }

    private mutating func step() throws(LineTemplateFailure) {
        stepsLeft -= 1
        if stepsLeft < 0 { throw LineTemplateFailure(reason: "more than \(Limits.templateStepsMax) steps") }
    }

    private mutating func branch(
        _ pipeline: TemplatePipeline, setsDot: Bool, _ then: [TemplateNode], _ otherwise: [TemplateNode]
    ) throws(LineTemplateFailure) -> Flow {
        let scope = variables.count
        let outer = dot
        defer {
            variables.removeSubrange(scope...)
            dot = outer
        }
        let value = try evaluate(pipeline)
        guard value.isTrue else { return try run(otherwise) }
        if setsDot { dot = value }
        return try run(then)
    }

    private mutating func range(_ pipeline: TemplatePipeline, _ body: [TemplateNode], _ otherwise: [TemplateNode]) throws(LineTemplateFailure) {
        let scope = variables.count
        let outer = dot
        defer {
            variables.removeSubrange(scope...)
            dot = outer
        }
        let elements = try elements(of: try evaluate(pipeline, declares: false))
        if elements.isEmpty { _ = try run(otherwise) }
        for (key, element) in elements {
            try step()
            let inner = variables.count
            let bound = pipeline.variables.count == 2 ? [key, element] : [element]
            for (name, value) in zip(pipeline.variables, bound) { try set(name, value, isAssignment: pipeline.isAssignment) }
            dot = element
            let flow = try run(body)
            if !pipeline.isAssignment { variables.removeSubrange(inner...) }
            if flow == .breaks { break }
        }
    }

    private func elements(of value: LineTemplateValue) throws(LineTemplateFailure) -> [(LineTemplateValue, LineTemplateValue)] {
        switch value {
        case .list(let list): list.enumerated().map { (.integer(Int64($0)), $1) }
        case .map(let map): map.sorted { $0.name < $1.name }.map { (.text($0.name), $0.value) }
        case .labels: entry.labels.pairs.map { (.text($0.name), .text($0.value)) }
        case .nothing: []
        // What fromJson makes of what is no JSON.
        case .text(let text) where text.isEmpty: []
        default: throw LineTemplateFailure(reason: "range over \(value.kind)")
        }
    }

    private mutating func set(_ name: String, _ value: LineTemplateValue, isAssignment: Bool) throws(LineTemplateFailure) {
        guard isAssignment else {
            variables.append((name, value))
            return
        }
        guard let index = variables.lastIndex(where: { $0.name == name }) else { throw LineTemplateFailure(reason: "variable $\(name) isn't known") }
        variables[index].value = value
    }

    private mutating func evaluate(_ pipeline: TemplatePipeline, declares: Bool = true) throws(LineTemplateFailure) -> LineTemplateValue {
        var value: LineTemplateValue?
        for command in pipeline.commands {
            try step()
            value = try evaluate(command, last: value)
        }
        let result = value ?? .nothing
        if declares { for name in pipeline.variables { try set(name, result, isAssignment: pipeline.isAssignment) } }
        return result
    }

    private mutating func evaluate(_ command: [TemplateOperand], last: LineTemplateValue?) throws(LineTemplateFailure) -> LineTemplateValue {
        guard case .function(let name) = command[0] else {
            guard command.count == 1 else { throw LineTemplateFailure(reason: "a value that is no function has arguments") }
            return try evaluate(command[0])
        }
        if name == "and" || name == "or" { return try shortCircuit(name, command.dropFirst(), last) }
        var arguments: [LineTemplateValue] = []
        for operand in command.dropFirst() { arguments.append(try evaluate(operand)) }
        if let last { arguments.append(last) }
        return try call(name, arguments)
    }

    private mutating func shortCircuit(
        _ name: String, _ operands: ArraySlice<TemplateOperand>, _ last: LineTemplateValue?
    ) throws(LineTemplateFailure) -> LineTemplateValue {
        var value: LineTemplateValue?
        for operand in operands {
            let next = try evaluate(operand)
            if next.isTrue == (name == "or") { return next }
            value = next
        }
        guard let result = last ?? value else { throw LineTemplateFailure(reason: "\(name) needs a value") }
        return result
    }

    private func call(_ name: String, _ arguments: [LineTemplateValue]) throws(LineTemplateFailure) -> LineTemplateValue {
        switch name {
        case "__line__": return .text(entry.line)
        case "__timestamp__": return .time(LineTime(entry.record.timestamp))
        default:
            guard let function = LineTemplateFunctions.table[name] else { throw LineTemplateFailure(reason: "function \(name) isn't known") }
            do {
                return try function(LineTemplateArguments(name, arguments))
            } catch let failure as LineTemplateFailure {
                throw failure
            } catch {
                throw LineTemplateFailure(reason: "\(error)")
            }
        }
    }

    private mutating func evaluate(_ operand: TemplateOperand) throws(LineTemplateFailure) -> LineTemplateValue {
        switch operand {
        case .literal(let literal): return LineTemplateValue(literal)
        case .field(let names): return try part(names, of: dot)
        case .variable(let name, let names):
            guard let variable = variables.last(where: { $0.name == name }) else { throw LineTemplateFailure(reason: "variable $\(name) isn't known") }
            return try part(names, of: variable.value)
        case .function(let name): return try call(name, [])
        case .group(let pipeline, let names): return try part(names, of: try evaluate(pipeline))
        }
    }

    private func part(_ names: [String], of value: LineTemplateValue) throws(LineTemplateFailure) -> LineTemplateValue {
        var value = value
        for name in names {
            switch value {
            case .labels: value = .text(entry.value(name))
            case .map(let map): value = map.last { $0.name == name }?.value ?? .nothing
            case .nothing: value = .nothing
            default: throw LineTemplateFailure(reason: "\(value.kind) has no part .\(name)")
            }
        }
        return value
    }
}
