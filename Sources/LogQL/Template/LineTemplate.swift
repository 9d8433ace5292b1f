import Foundations
import GoTemplate

/// A text with labels in it, as `line_format` and `label_format` have it: `{{.method}} {{ .path | ToUpper }}`, in Go's template language.
struct LineTemplate: Sendable {
    struct Mistake: Error { let reason: String }

    /// The text as it was written.
    let text: String
    private let nodes: [TemplateNode]

    init(_ text: String) throws(Mistake) {
        self.text = text
        do throws(TemplateError) {
            var lexer = TemplateLexer(text)
            var parser = TemplateParser(try lexer.pieces(), variables: [""], functions: LineTemplateFunctions.names)
            nodes = try parser.template()
        } catch {
            throw Mistake(reason: "in the template: \(SafeText(error.description))")
        }
    }

    /// The text for one line. Throws where an action fails, or where the text grows past its bound.
    func render(_ entry: LogEntry) throws(LineTemplateFailure) -> String {
        var run = LineTemplateRun(entry)
        return try run.output(of: nodes)
    }
}

/// Why a template gives no text for a line.
struct LineTemplateFailure: Error {
    let reason: String
}
