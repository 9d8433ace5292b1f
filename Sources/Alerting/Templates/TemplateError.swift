/// A template can't be read or ended with an error. `line` counts within the template, from 1.
struct TemplateError: Error, Equatable, CustomStringConvertible {
    let line: Int
    let reason: String

    var description: String { line > 1 ? "line \(line): \(reason)" : reason }
}
