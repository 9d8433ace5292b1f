import Foundations
import Terminal

/// The list of a variable's values, over the board.
struct PickerDrawing {
    let theme: Theme

    init(theme: Theme) { self.theme = theme }

    func render(_ picker: VariablePicker, in rect: Rect, to buffer: inout Buffer) {
        let note: SafeText = picker.variables.count > 1 ? "\(String(picker.index + 1)) of \(String(picker.variables.count)), Tab: next" : ""
        let frame = PickerFrame(theme: theme, title: SafeText(picker.variable.title), note: note, typed: picker.filter, keys: Self.keys(picker.variable))
        let list = frame.render(Size(columns: 60, rows: 20), in: rect, to: &buffer)
        if picker.variable.isAdHoc { return renderSuggestions(picker, frame, in: list, to: &buffer) }
        if let reason = picker.choices.failures[picker.variable.name] {
            Paragraph("\(theme.glyphs.critical) \(SafeText(reason))", theme.critical).render(in: list, to: &buffer)
            return
        }
        let values = picker.values
        let marks: (SafeText, SafeText) = theme.glyphs.horizontal == "-" ? ("[x] ", "[ ] ") : ("● ", "○ ")
        frame.renderRows(values.count, picker.typing, none: "no values", in: list, to: &buffer) { index in
            let value = values[index]
            return TextLine([Span(picker.isChosen(value) ? marks.0 : marks.1, theme.accent), Span(SafeText(value.text.isEmpty ? "(empty)" : value.text), theme.text)])
        }
    }

    private static func keys(_ variable: Variable) -> SafeText {
        if variable.isAdHoc { return "label=value, …  Tab: complete  Enter: take, empty: none  Esc: close" }
        if variable.kind == .textBox { return "type, Enter: take, Esc: close" }
        return variable.isMulti ? "Enter: take  Space: add or remove  Esc: close" : "Enter: take  Esc: close"
    }

    /// Names of labels, or values of the one that was typed.
    private func renderSuggestions(_ picker: VariablePicker, _ frame: PickerFrame, in rect: Rect, to buffer: inout Buffer) {
        var rect = rect
        if let reason = picker.choices.failures[picker.variable.name] {
            let (top, rest) = rect.splitTop(2)
            Paragraph("\(theme.glyphs.critical) \(SafeText(reason))", theme.critical).render(in: top, to: &buffer)
            rect = rest
        }
        let suggestions = picker.suggestions
        frame.renderRows(suggestions.count, picker.typing, none: "", in: rect, to: &buffer) { index in TextLine([Span(SafeText(suggestions[index]), theme.text)]) }
    }
}
