/// Puts templates (`WITH (name = …) query`) in their places.
struct MetricsQLTemplates {
    /// A name's meaning where it stands.
    private struct Meaning {
        /// Nil where it isn't called.
        var parameters: [String]?
        var body: MetricsQLNode
        /// What the names in a body with parameters mean; one without has none left.
        var scope: Scope
    }
    private typealias Scope = [String: Box]
    /// Scopes hold meanings, which hold scopes.
    private final class Box {
        let meaning: Meaning
        init(_ meaning: Meaning) { self.meaning = meaning }
    }

    private var nodes = 0

    /// The query without templates. Throws where a name is used in a way that its template isn't for, and where too much comes of it.
    mutating func expanded(_ node: MetricsQLNode) throws(MetricsQLFault) -> MetricsQLNode { try expanded(node, [:], 0) }

    private mutating func expanded(_ node: MetricsQLNode, _ scope: Scope, _ depth: Int) throws(MetricsQLFault) -> MetricsQLNode {
        nodes += 1
        guard nodes <= Limits.metricsQLNodes, depth <= Limits.metricsQLDepth else { throw MetricsQLFault() }
        switch node {
        case .number, .string: return node
        case .selector(let name, let conditions): return try selector(name, conditions, scope)
        case .call(let name, let arguments, let grouping):
            var given: [MetricsQLNode] = []
            for argument in arguments { given.append(try expanded(argument, scope, depth + 1)) }
            guard let meaning = scope[name]?.meaning, grouping.isEmpty else { return .call(name: name, arguments: given, grouping: grouping) }
            guard let parameters = meaning.parameters, parameters.count == given.count else { throw MetricsQLFault() }
            var inner = meaning.scope
            for (parameter, argument) in zip(parameters, given) { inner[parameter] = Box(Meaning(parameters: nil, body: argument, scope: [:])) }
            return Self.whole(try expanded(meaning.body, inner, depth + 1))
        case .range(let inner, let window, let step):
            return .range(try expanded(inner, scope, depth + 1), window: try length(window, scope), step: try step.map { text throws(MetricsQLFault) in try length(text, scope) })
        case .moved(let inner, let shift): return .moved(try expanded(inner, scope, depth + 1), shift)
        case .unary(let sign, let operand): return .unary(sign, try expanded(operand, scope, depth + 1))
        case .binary(let left, let sign, let modifiers, let right):
            return .binary(try expanded(left, scope, depth + 1), sign: sign, modifiers: modifiers, try expanded(right, scope, depth + 1))
        case .parenthesized(let inner): return .parenthesized(try expanded(inner, scope, depth + 1))
        case .with(let templates, let body):
            var inner = scope
            for template in templates {
                // One sees those before it, and none itself.
                let meaning = template.parameters == nil
                    ? Meaning(parameters: nil, body: try expanded(template.body, inner, depth + 1), scope: [:])
                    : Meaning(parameters: template.parameters, body: template.body, scope: inner)
                inner[template.name] = Box(meaning)
            }
            return Self.whole(try expanded(body, inner, depth + 1))
        }
    }

    /// A metric, or a template that stands for one, for conditions, or without conditions of its own for anything.
    private func selector(_ name: String, _ conditions: [MetricsQLCondition]?, _ scope: Scope) throws(MetricsQLFault) -> MetricsQLNode {
        var filled: [MetricsQLCondition] = []
        for condition in conditions ?? [] { filled += try self.conditions(condition, scope) }
        guard let meaning = scope[name]?.meaning else { return .selector(name: name, conditions: conditions == nil ? nil : filled) }
        guard meaning.parameters == nil else { throw MetricsQLFault() }
        if conditions == nil { return Self.whole(meaning.body) }
        guard case .selector(let metric, let own) = meaning.body.unwrapped else { throw MetricsQLFault() }
        return .selector(name: metric, conditions: (own ?? []) + filled)
    }

    /// A condition, or those that a name in its place stands for; its value may be a template's text.
    private func conditions(_ condition: MetricsQLCondition, _ scope: Scope) throws(MetricsQLFault) -> [MetricsQLCondition] {
        if condition.sign.isEmpty {
            guard let meaning = scope[condition.name]?.meaning else {
                guard "\"'`".contains(condition.name.prefix(1)) else { throw MetricsQLFault() }
                return [condition]
            }
            guard case .selector("", let own?) = meaning.body.unwrapped else { throw MetricsQLFault() }
            return own
        }
        if "\"'`".contains(condition.value.prefix(1)) { return [condition] }
        guard case .string(let text)? = scope[condition.value]?.meaning.body.unwrapped else { throw MetricsQLFault() }
        return [MetricsQLCondition(name: condition.name, sign: condition.sign, value: text)]
    }

    /// The length of a window, which may be a template's.
    private func length(_ text: String, _ scope: Scope) throws(MetricsQLFault) -> String {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first), first != UInt8(ascii: ".") else { return text }
        guard case .number(let length)? = scope[text]?.meaning.body.unwrapped else { throw MetricsQLFault() }
        return length
    }

    /// Kept together wherever it comes to stand.
    private static func whole(_ node: MetricsQLNode) -> MetricsQLNode {
        switch node {
        case .binary, .unary: .parenthesized(node)
        default: node
        }
    }
}
