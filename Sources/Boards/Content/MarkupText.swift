/// HTML of text panels as Markdown: its blocks as lines, lists as lists, headings as headings, characters by their names.
enum MarkupText {
    /// Tags after which a line ends.
    private static let blocks: Set<String> = ["br", "p", "div", "li", "ul", "ol", "tr", "table", "section", "center", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "header", "footer", "article"]
    /// Elements of which the text isn't for people.
    private static let unseen: Set<String> = ["style", "script", "svg", "head"]
    private static let names = ["nbsp": " ", "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "ndash": "–", "mdash": "—", "hellip": "…", "copy": "©", "middot": "·", "bull": "•", "deg": "°", "rarr": "→", "larr": "←", "euro": "€"]

    /// Elements that show something else than text.
    private static let pictures = ["<img", "<svg", "<iframe", "<script", "<canvas", "<video", "<object", "<embed"]

    /// The first element that shows something else than text.
    static func picture(_ text: String) -> String? {
        let text = text.lowercased()
        return pictures.first { text.contains($0) }.map { $0 + ">" }
    }

    static func markdown(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "&") }) else { return text }
        var result = ""
        var rest = Substring(text)
        // A line that a tag ended isn't ended once more by the file's own.
        var isEnded = false
        while let character = rest.first {
            defer { isEnded = isEnded && result.hasSuffix("\n") }
            if character == "\n", isEnded {
                rest.removeFirst()
                isEnded = false
                continue
            }
            if character == "<", let tag = Tag(rest) {
                rest = tag.rest
                if unseen.contains(tag.name), !tag.isClosing {
                    rest = after("</" + tag.name, rest)
                } else {
                    append(tag, to: &result)
                    isEnded = blocks.contains(tag.name)
                }
            } else if character == "&", let (written, after) = named(rest) {
                result += written
                rest = after
            } else {
                result.append(character)
                rest.removeFirst()
            }
        }
        return result
    }

    private static func append(_ tag: Tag, to result: inout String) {
        if tag.name == "td" || tag.name == "th", tag.isClosing { result += "  " }
        guard blocks.contains(tag.name) else { return }
        if !result.isEmpty, !result.hasSuffix("\n") { result += "\n" }
        guard !tag.isClosing else { return }
        switch tag.name {
        case "li": result += "- "
        case "hr": result += "---\n"
        case "h1", "h2", "h3", "h4", "h5", "h6": result += "# "
        default: break
        }
    }

    private struct Tag {
        let name: String
        let isClosing: Bool
        let rest: Substring

        /// Nil where `<` begins no tag. A comment has no name.
        init?(_ text: Substring) {
            let inside = text.dropFirst()
            if inside.hasPrefix("!--") {
                (name, isClosing, rest) = ("", false, MarkupText.after("--", inside.dropFirst(3)))
                return
            }
            isClosing = inside.first == "/"
            let word = (isClosing ? inside.dropFirst() : inside).prefix { $0.isLetter || $0.isNumber || $0 == "!" }
            guard !word.isEmpty, let end = inside.firstIndex(where: { $0 == ">" || $0 == "<" }), inside[end] == ">" else { return nil }
            name = word.lowercased()
            rest = inside[inside.index(after: end)...]
        }
    }

    /// What follows after the tag or the comment that ends with `mark` and `>`; nothing where there is no end.
    private static func after(_ mark: String, _ text: Substring) -> Substring {
        guard let found = text.firstRange(of: mark), let end = text[found.upperBound...].firstIndex(of: ">") else { return text[text.endIndex...] }
        return text[text.index(after: end)...]
    }

    /// `&amp;`, `&#39;`, `&#x27;`.
    private static func named(_ text: Substring) -> (String, Substring)? {
        guard let end = text.prefix(12).firstIndex(of: ";") else { return nil }
        let name = text[text.index(after: text.startIndex)..<end]
        let rest = text[text.index(after: end)...]
        if let written = names[String(name)] { return (written, rest) }
        guard name.hasPrefix("#") else { return nil }
        let digits = name.dropFirst()
        let number = digits.first == "x" || digits.first == "X" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return number.flatMap(UnicodeScalar.init).map { (String(Character($0)), rest) }
    }
}
