/// A template can't be read or ended with an error. `line` counts within the template, from 1.
public struct TemplateError: Error, Equatable, CustomStringConvertible {
    public let line: Int
    public let reason: String

    public init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }

    public var description: String { line > 1 ? "line \(line): \(reason)" : reason }
}
