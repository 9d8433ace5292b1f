/// What a template is made of once it is read.
indirect enum TemplateNode: Sendable {
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
struct TemplatePipeline: Sendable {
    /// Variables that take the value: one, or two for the key and the element of a range.
    var variables: [String] = []
    /// `=` in place of `:=`.
    var isAssignment = false
    var commands: [[TemplateOperand]] = []
    var line: Int
}

indirect enum TemplateOperand: Sendable {
    case field([String])
    case variable(String, [String])
    case literal(TemplateValue)
    case function(String)
    case group(TemplatePipeline, [String])
}
