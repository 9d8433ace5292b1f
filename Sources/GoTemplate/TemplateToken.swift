/// A part of an action, between `{{` and `}}`.
public enum TemplateToken: Equatable {
    /// `if`, `humanize`, `true`.
    case word(String)
    /// `.`, `.Labels.job` as its names.
    case field([String])
    /// `$`, `$labels` and the names that follow: `$labels.job`.
    case variable(String, [String])
    case string(String)
    case integer(Int64)
    case float(Double)
    case pipe, open, declare, assign, comma
    /// A closing parenthesis and the names that follow it: `(first …).Value`.
    case close([String])
}

/// A run of plain text or one action of a template.
public enum TemplatePiece {
    case text(String)
    case action([TemplateToken], line: Int)
}
