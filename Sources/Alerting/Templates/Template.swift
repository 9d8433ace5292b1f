import Foundations
import GoTemplate
import Model

/// The text of a label or an annotation, in the subset of Go's templates that Prometheus's rules use.
struct Template: Sendable {
    /// What a template may refer to.
    struct Context: Sendable {
        var labels: Labels
        var value: Double
        var externalLabels: Labels
        var externalURL: String
        /// Answers `query`; nil where there is nothing to ask.
        var query: (@Sendable (String) async throws -> [(labels: Labels, value: Double)])?
    }

    /// Where a template stands: rules know labels and a value, notifications a group of alerts.
    enum Scope {
        case rule, notification
    }

    private let nodes: [TemplateNode]
    /// What the text itself defines.
    let definitions: [String: [TemplateNode]]
    /// The whole text where nothing in it is an action.
    private let plain: String?

    init(_ text: String, scope: Scope = .rule) throws(TemplateError) {
        guard text.contains("{{") else {
            plain = text
            nodes = []
            definitions = [:]
            return
        }
        plain = nil
        var lexer = TemplateLexer(text)
        let variables = scope == .rule ? ["", "labels", "externalLabels", "externalURL", "value"] : [""]
        var parser = TemplateParser(try lexer.pieces(), variables: variables, functions: TemplateFunctions.names, allowsDefinitions: scope == .notification)
        nodes = try parser.template()
        definitions = parser.definitions
    }

    /// A notification's text.
    func expand(_ dot: TemplateValue, definitions: [String: [TemplateNode]], escapesHTML: Bool = false) async throws(TemplateError) -> String {
        if let plain { return plain }
        var run = TemplateRun(dot: dot, definitions: definitions.merging(self.definitions) { $1 }, escapesHTML: escapesHTML)
        return try await run.output(of: nodes)
    }

    /// The text with its actions done. Throws where one of them fails, or where the text or the work grows past its bounds.
    func expand(_ context: Context) async throws(TemplateError) -> String {
        if let plain { return plain }
        var run = TemplateRun(context)
        return try await run.output(of: nodes)
    }

    /// As `expand`, with an error as text in place of what can't be said: an alert never fails because of its words.
    static func text(_ template: String, _ context: Context) async -> String {
        await NamedTemplate(NamedText(name: "", text: template)).text(context)
    }
}

/// A label's or an annotation's template, read once for all results of an evaluation.
struct NamedTemplate: Sendable {
    let name: String
    private let template: Result<Template, TemplateError>

    init(_ text: NamedText) {
        name = text.name
        template = Result { () throws(TemplateError) in try Template(text.text) }
    }

    /// The expanded text, or what is wrong with it.
    func text(_ context: Template.Context) async -> String {
        do throws(TemplateError) {
            return try await template.get().expand(context)
        } catch {
            return "<error expanding template: \(error)>"
        }
    }
}
