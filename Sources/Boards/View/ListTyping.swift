import Terminal

/// What is typed over a list to narrow it, and the row of it that is selected.
struct ListTyping: Hashable, Sendable {
    enum Outcome: Hashable {
        /// Something was typed or selected.
        case changed
        /// Enter, on the selected row.
        case taken
        /// Escape, with nothing typed.
        case left
    }

    private(set) var text = ""
    private(set) var selected = 0

    /// Takes a key; nil where it isn't one of typing and moving. `count` rows are shown.
    mutating func reduce(_ event: InputEvent, count: Int) -> Outcome? {
        switch event {
        case .key(.down, _): move(1, count)
        case .key(.up, _): move(-1, count)
        case .key(.pageDown, _): move(10, count)
        case .key(.pageUp, _): move(-10, count)
        case .key(.escape, _):
            if text.isEmpty { return .left }
            replace(with: "")
        case .key(.backspace, _): replace(with: String(text.dropLast()))
        case .key(.enter, _): return .taken
        case .key(.character(let character), _): append(character)
        default: return nil
        }
        return .changed
    }

    /// Text beyond so many bytes isn't taken.
    mutating func append(_ character: Character, bytesMax: Int = Limits.typedBytes) { replace(with: text.utf8.count < bytesMax ? text + String(character) : text) }

    mutating func replace(with text: String, selecting row: Int = 0) { (self.text, selected) = (text, row) }

    /// Whether one of some texts has what was typed, however it is written.
    func takes(_ texts: String...) -> Bool {
        if text.isEmpty { return true }
        let wanted = text.lowercased()
        return texts.contains { $0.lowercased().contains(wanted) }
    }

    mutating func move(_ step: Int, _ count: Int) { selected = max(0, min(selected + step, count - 1)) }
}
