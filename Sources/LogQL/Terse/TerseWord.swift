import Foundations

/// A word of the terse form.
struct TerseWord {
    enum Kind {
        case plain
        case quoted
        /// `|` by itself.
        case bar
    }

    var text: String
    var kind = Kind.plain
    /// `-` stands before it.
    var isNegative = false

    /// May be a word with a meaning, such as `last`.
    var isPlain: Bool { kind == .plain && !isNegative }

    /// Cuts a text at blanks and bars outside quotes.
    static func words(_ text: String) throws(LogQLError) -> [TerseWord] {
        var words: [TerseWord] = []
        var rest = Substring(text).drop { $0.isWhitespace }
        while !rest.isEmpty {
            if rest.hasPrefix("|") {
                words.append(TerseWord(text: "|", kind: .bar))
                rest = rest.dropFirst()
            } else if let word = try word(&rest) {
                words.append(word)
            }
            rest = rest.drop { $0.isWhitespace }
        }
        return words
    }

    /// The next word; nil where it is empty.
    private static func word(_ rest: inout Substring) throws(LogQLError) -> TerseWord? {
        var word = TerseWord(text: "")
        if rest.hasPrefix("-"), rest.dropFirst().first.map({ !$0.isWhitespace }) == true {
            word.isNegative = true
            rest = rest.dropFirst()
        }
        if rest.hasPrefix("\"") {
            guard let end = rest.dropFirst().firstIndex(of: "\"") else { throw .failed("a quote is open at `\(SafeText(rest.prefix(20)))`; close it with \"") }
            word.text = String(rest[rest.index(after: rest.startIndex)..<end])
            word.kind = .quoted
            rest = rest[rest.index(after: end)...]
        } else {
            var isInQuotes = false
            let end = rest.firstIndex { character in
                if character == "\"" { isInQuotes.toggle() }
                return (character.isWhitespace || character == "|") && !isInQuotes
            } ?? rest.endIndex
            word.text = String(rest[..<end])
            rest = rest[end...]
        }
        return word.text.isEmpty ? nil : word
    }
}
