import Foundations
import Terminal

/// Conditions on labels are typed, with names and values offered for the one that stands last.
extension VariablePicker {
    /// The condition that is being typed: its label, and what stands behind the operator; nil there while the label itself is typed.
    struct TypedFilter: Hashable {
        var label: String
        var value: String?
    }

    /// What can be asked for while a condition is typed.
    enum Wanted: Hashable {
        case names
        case values(of: String)

        var label: String? {
            if case .values(let label) = self { return label }
            return nil
        }
    }

    static func typed(_ text: String) -> TypedFilter {
        var last = text[...]
        var quote: Character?
        for index in text.indices {
            let character = text[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" || character == "`" {
                quote = character
            } else if character == "," {
                last = text[text.index(after: index)...]
            }
        }
        let condition = last.drop(while: \.isWhitespace)
        guard let sign = condition.firstIndex(where: { "=!~".contains($0) }) else { return TypedFilter(label: Text.trimmed(String(condition)), value: nil) }
        let value = condition[sign...].drop { "=!~ \"'`".contains($0) }
        return TypedFilter(label: Text.trimmed(String(condition[..<sign])), value: String(value))
    }

    /// What the condition can go on with, as far as it is known.
    var suggestions: [String] {
        let typed = Self.typed(filter)
        let known = completions(typed.value == nil ? nil : typed.label)
        let wanted = (typed.value ?? typed.label).lowercased()
        let found = known.filter { $0.lowercased().hasPrefix(wanted) && $0.lowercased() != wanted }
        return found + (wanted.isEmpty ? [] : known.filter { $0.lowercased().contains(wanted) && !$0.lowercased().hasPrefix(wanted) })
    }

    /// What the condition being typed needs that wasn't asked for yet.
    mutating func takeWanted() -> Wanted? {
        guard variable.isAdHoc else { return nil }
        let typed = Self.typed(filter)
        if typed.value == nil { return ask(nil) ? .names : nil }
        let isName = !typed.label.isEmpty && typed.label.utf8.allSatisfy { ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
        return isName && ask(typed.label) ? .values(of: typed.label) : nil
    }

    /// A key where conditions are typed; nil for those that mean what they mean elsewhere.
    mutating func reduceFilters(_ event: InputEvent) -> Outcome? {
        switch event {
        case .key(.escape, _): return .left
        case .key(.enter, _): return .chosen([filter], variable: variable.name)
        case .key(.tab, _):
            guard let suggestion = values.indices.contains(selected) ? values[selected].value : nil else { return nil }
            complete(with: suggestion)
        case .key(.character(let character), _): type(character)
        default: return nil
        }
        return .unchanged
    }

    /// What was typed of a name or a value is replaced with the whole of it; a value gets its quotes.
    private mutating func complete(with suggestion: String) {
        let typed = Self.typed(filter)
        var text = filter
        guard typed.value != nil else {
            text.removeLast(typed.label.count)
            replaceFilter(text + suggestion)
            return
        }
        while let last = text.last, !"=~".contains(last) { text.removeLast() }
        replaceFilter(text + VariableFormat.quoted(suggestion))
    }
}
