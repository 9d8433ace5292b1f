import Foundations
import Terminal

/// Text panels: headings, lists, emphasis and links of Markdown as far as a terminal has them; HTML as its text.
struct MarkdownDrawing {
    let theme: Theme

    init(theme: Theme) { self.theme = theme }

    func render(_ text: String, isPlain: Bool, in rect: Rect, to buffer: inout Buffer) {
        var y = rect.y
        var isCode = false
        for source in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if y >= rect.bottom { return }
            let line = Text.trimmedEnd(String(source))
            if !isPlain, line.hasPrefix("```") {
                isCode.toggle()
                continue
            }
            let area = Rect(x: rect.x, y: y, width: rect.width, height: rect.bottom - y)
            y += isPlain || isCode ? paragraph(line, isCode ? theme.accent : theme.text, in: area, to: &buffer) : markdown(line, in: area, to: &buffer)
        }
    }

    private func markdown(_ line: String, in rect: Rect, to buffer: inout Buffer) -> Int {
        let text = Text.trimmed(Self.withoutMarkup(line))
        if line.hasPrefix("#") { return paragraph(Text.trimmed(String(text.drop { $0 == "#" })), theme.title, in: rect, to: &buffer) }
        if text == "---" || text == "***" {
            buffer.fill(rect.row(0), theme.glyphs.horizontal, style: theme.border)
            return 1
        }
        let indent = min(8, line.prefix { $0 == " " }.count)
        if text.hasPrefix("- ") || text.hasPrefix("* ") {
            buffer.write(theme.glyphs.good, x: rect.x + indent, y: rect.y, style: theme.muted)
            let area = Rect(x: rect.x + indent + 2, y: rect.y, width: rect.width - indent - 2, height: rect.height)
            return max(1, paragraph(String(text.dropFirst(2)), theme.text, in: area, to: &buffer))
        }
        // Markup alone, as of an image, leaves no row.
        if text.isEmpty && !line.isEmpty { return 0 }
        return paragraph(text, theme.text, in: rect, to: &buffer)
    }

    private func paragraph(_ text: String, _ style: Style, in rect: Rect, to buffer: inout Buffer) -> Int {
        text.isEmpty ? 1 : Paragraph(SafeText(text), style).render(in: rect, to: &buffer)
    }

    /// Links as their text, emphasis and HTML tags taken off.
    static func withoutMarkup(_ line: String) -> String {
        var result = ""
        var rest = Substring(line)
        while let character = rest.first {
            if character == "<", let end = rest.firstIndex(of: ">"), rest.dropFirst().first.map({ $0.isLetter || $0 == "/" || $0 == "!" }) ?? false {
                rest = rest[rest.index(after: end)...]
            } else if character == "!" && rest.dropFirst().first == "[", let (_, after) = link(rest.dropFirst()) {
                rest = after
            } else if character == "[", let (text, after) = link(rest) {
                result += text
                rest = after
            } else if character == "`" {
                rest.removeFirst()
            } else if character == "*" || character == "_", rest.dropFirst().first == character {
                rest = rest.dropFirst(2)
            } else {
                result.append(character)
                rest.removeFirst()
            }
        }
        return result
    }

    /// `[text](address)`.
    private static func link(_ text: Substring) -> (text: Substring, rest: Substring)? {
        guard let close = text.firstIndex(of: "]"), text[text.index(after: close)...].first == "(", let end = text[close...].firstIndex(of: ")") else { return nil }
        return (text[text.index(after: text.startIndex)..<close], text[text.index(after: end)...])
    }
}

extension Text {
    static func trimmedEnd(_ text: String) -> String {
        var part = Substring(text)
        while let last = part.last, last.isWhitespace { part.removeLast() }
        return String(part)
    }
}
