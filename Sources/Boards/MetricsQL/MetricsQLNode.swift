/// A part of a query in MetricsQL.
indirect enum MetricsQLNode {
    /// A number or a duration.
    case number(String)
    /// With its quotes.
    case string(String)
    /// A metric, or conditions alone, or the name of a template; nil conditions are none written.
    case selector(name: String, conditions: [MetricsQLCondition]?)
    /// A function or an aggregation with what it groups by.
    case call(name: String, arguments: [MetricsQLNode], grouping: String)
    /// `[window]` with a nil step, `[window:]` with an empty one, `[window:step]`.
    case range(MetricsQLNode, window: String, step: String?)
    /// With `offset` or `@` behind it.
    case moved(MetricsQLNode, String)
    case unary(String, MetricsQLNode)
    /// `modifiers` are `bool`, `on`, `group_left` and the like.
    case binary(MetricsQLNode, sign: String, modifiers: String, MetricsQLNode)
    case parenthesized(MetricsQLNode)
    case with([MetricsQLTemplate], MetricsQLNode)
}

/// A condition of a selector; without a sign it is the name of a template or a quoted metric.
struct MetricsQLCondition {
    var name: String
    var sign: String
    var value: String

    var text: String { name + sign + value }
}

/// `name = body` or `name(parameters) = body` of a `WITH`.
struct MetricsQLTemplate {
    var name: String
    /// Nil where no brackets are written.
    var parameters: [String]?
    var body: MetricsQLNode
}

extension MetricsQLNode {
    /// What is inside of brackets that group alone.
    var unwrapped: MetricsQLNode {
        var node = self
        while case .parenthesized(let inner) = node { node = inner }
        return node
    }

    /// As a query of PromQL. Throws where it is longer than `bytesMax`, or has templates left.
    func text(bytesMax: Int) throws(MetricsQLFault) -> String {
        var text = ""
        try write(to: &text, bytesMax)
        return text
    }

    private func write(to text: inout String, _ bytesMax: Int) throws(MetricsQLFault) {
        guard text.utf8.count <= bytesMax else { throw MetricsQLFault() }
        switch self {
        case .number(let literal), .string(let literal): text += literal
        case .selector(let name, let conditions):
            text += name
            if let conditions { text += "{" + conditions.map(\.text).joined(separator: ",") + "}" }
        case .call(let name, let arguments, let grouping):
            text += name + (grouping.isEmpty ? "" : " " + grouping + " ") + "("
            for (index, argument) in arguments.enumerated() {
                if index > 0 { text += ", " }
                try argument.write(to: &text, bytesMax)
            }
            text += ")"
        case .range(let inner, let window, let step):
            try inner.writeOperand(to: &text, bytesMax)
            text += "[" + window + (step.map { ":" + $0 } ?? "") + "]"
        case .moved(let inner, let shift):
            try inner.writeOperand(to: &text, bytesMax)
            text += " " + shift
        case .unary(let sign, let operand):
            text += sign
            try operand.writeOperand(to: &text, bytesMax)
        case .binary(let left, let sign, let modifiers, let right):
            try left.writeOperand(to: &text, bytesMax)
            text += " " + sign + " " + (modifiers.isEmpty ? "" : modifiers + " ")
            try right.writeOperand(to: &text, bytesMax)
        case .parenthesized(let inner):
            text += "("
            try inner.write(to: &text, bytesMax)
            text += ")"
        case .with: throw MetricsQLFault()
        }
    }

    /// In brackets where it is of several parts.
    private func writeOperand(to text: inout String, _ bytesMax: Int) throws(MetricsQLFault) {
        switch self {
        case .binary, .unary: try MetricsQLNode.parenthesized(self).write(to: &text, bytesMax)
        default: try write(to: &text, bytesMax)
        }
    }
}
