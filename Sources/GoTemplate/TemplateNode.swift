/// What a template is made of once it is read.
public indirect enum TemplateNode: Sendable {
    case text(String)
    case output(TemplatePipeline)
    /// `if` leaves the dot alone; `with` sets it to the value.
    case branch(TemplatePipeline, setsDot: Bool, then: [TemplateNode], otherwise: [TemplateNode])
    case range(TemplatePipeline, body: [TemplateNode], otherwise: [TemplateNode])
    case leave(isBreak: Bool)
    /// A definition, with what its dot is.
    case call(String, TemplatePipeline?, line: Int)
}

/// Commands joined by `|`: the value of each is the last argument of the next.
public struct TemplatePipeline: Sendable {
    /// Variables that take the value: one, or two for the key and the element of a range.
    public var variables: [String] = []
    /// `=` in place of `:=`.
    public var isAssignment = false
    public var commands: [[TemplateOperand]] = []
    public var line: Int
}

/// A value that a command names.
public indirect enum TemplateOperand: Sendable {
    case field([String])
    case variable(String, [String])
    case literal(TemplateLiteral)
    case function(String)
    case group(TemplatePipeline, [String])
}

/// A value as it is written in a template.
public enum TemplateLiteral: Sendable, Equatable {
    case nothing
    case bool(Bool)
    case integer(Int64)
    case float(Double)
    case text(String)
}
