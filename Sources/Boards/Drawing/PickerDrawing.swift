import Foundations
import Terminal

/// The list of a variable's values, over the board.
struct PickerDrawing {
    let theme: Theme

    init(theme: Theme) { self.theme = theme }

    func render(_ picker: VariablePicker, in rect: Rect, to buffer: inout Buffer) {
        let width = min(rect.width, 60), height = min(rect.height, 20)
        let area = Rect(x: rect.x + (rect.width - width) / 2, y: rect.y + (rect.height - height) / 2, width: width, height: height)
        buffer.clear(area)
        let note: SafeText = picker.variables.count > 1 ? "\(String(picker.index + 1)) of \(String(picker.variables.count)), Tab: next" : ""
        let inner = Border(title: SafeText(picker.variable.title), note: note, theme: theme).render(in: area, to: &buffer)
        let (top, rest) = inner.splitTop(1)
        TextLine([Span("/", theme.accent), Span(SafeText(picker.filter), theme.text)]).render(in: top, to: &buffer, ellipsis: theme.glyphs.ellipsis)
        let (list, help) = rest.splitBottom(1)
        let keys: SafeText = picker.variable.isAdHoc ? "label=value, …  Tab: complete  Enter: take, empty: none  Esc: close" : picker.variable.kind == .textBox ? "type, Enter: take, Esc: close" : picker.variable.isMulti ? "Enter: take  Space: add or remove  Esc: close" : "Enter: take  Esc: close"
        TextLine(keys, theme.muted).render(in: help, to: &buffer, ellipsis: theme.glyphs.ellipsis)
        if picker.variable.isAdHoc { return renderSuggestions(picker, in: list, to: &buffer) }
        if let reason = picker.choices.failures[picker.variable.name] {
            Paragraph("\(theme.glyphs.critical) \(SafeText(reason))", theme.critical).render(in: list, to: &buffer)
            return
        }
        let values = picker.values
        let offset = Selection.offset(selected: picker.selected, count: values.count, rows: list.height, previous: 0)
        let marks: (SafeText, SafeText) = theme.glyphs.horizontal == "-" ? ("[x] ", "[ ] ") : ("● ", "○ ")
        List(count: values.count, selected: values.isEmpty ? nil : picker.selected, offset: offset, theme: theme) { index in
            let value = values[index]
            return TextLine([Span(picker.isChosen(value) ? marks.0 : marks.1, theme.accent), Span(SafeText(value.text.isEmpty ? "(empty)" : value.text), theme.text)])
        }.render(in: list, to: &buffer)
        if values.isEmpty { TextLine("no values", theme.muted).render(in: list, to: &buffer) }
    }

    /// Names of labels, or values of the one that was typed.
    private func renderSuggestions(_ picker: VariablePicker, in rect: Rect, to buffer: inout Buffer) {
        var rect = rect
        if let reason = picker.choices.failures[picker.variable.name] {
            let (top, rest) = rect.splitTop(2)
            Paragraph("\(theme.glyphs.critical) \(SafeText(reason))", theme.critical).render(in: top, to: &buffer)
            rect = rest
        }
        let suggestions = picker.suggestions
        let offset = Selection.offset(selected: picker.selected, count: suggestions.count, rows: rect.height, previous: 0)
        List(count: suggestions.count, selected: suggestions.isEmpty ? nil : picker.selected, offset: offset, theme: theme) { index in
            TextLine([Span(SafeText(suggestions[index]), theme.text)])
        }.render(in: rect, to: &buffer)
    }
}

