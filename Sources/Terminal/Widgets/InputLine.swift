import Foundations

/// A line of text being edited: cursor, words, history are the caller's keys.
public struct InputLine: Hashable, Sendable {
    private var characters: [Character]
    /// 0 to the count of characters.
    public private(set) var cursor: Int

    public init(_ text: String = "") {
        characters = Array(SafeText(text).string.prefix(Limits.inputCharacters))
        cursor = characters.count
    }

    public var text: String { String(characters) }
    public var isEmpty: Bool { characters.isEmpty }

    /// Takes an event where it edits the line; false leaves it to the caller.
    public mutating func handle(_ event: InputEvent) -> Bool {
        switch event {
        case .paste(let text): insert(text.string)
        case .key(.character(let character), let modifiers) where modifiers.isEmpty: insert(String(character))
        case .key(.character(let character), .control): return control(character)
        case .key(.backspace, .alt): deleteWord()
        case .key(.backspace, _): delete(from: cursor - 1)
        case .key(.delete, _): delete(from: cursor)
        case .key(.left, let modifiers): cursor = modifiers.isEmpty ? max(0, cursor - 1) : wordStart
        case .key(.right, let modifiers): cursor = modifiers.isEmpty ? min(characters.count, cursor + 1) : wordEnd
        case .key(.home, _): cursor = 0
        case .key(.end, _): cursor = characters.count
        default: return false
        }
        return true
    }

    /// Emacs's keys, as in a shell.
    private mutating func control(_ character: Character) -> Bool {
        switch character {
        case "a": cursor = 0
        case "e": cursor = characters.count
        case "b": cursor = max(0, cursor - 1)
        case "f": cursor = min(characters.count, cursor + 1)
        case "u":
            characters.removeFirst(cursor)
            cursor = 0
        case "k": characters.removeLast(characters.count - cursor)
        case "w": deleteWord()
        case "d": delete(from: cursor)
        default: return false
        }
        return true
    }

    private mutating func insert(_ text: String) {
        let added = Array(text.prefix(Limits.inputCharacters - characters.count))
        characters.insert(contentsOf: added, at: cursor)
        cursor += added.count
    }

    private mutating func delete(from index: Int) {
        guard characters.indices.contains(index) else { return }
        characters.remove(at: index)
        cursor = index
    }

    private mutating func deleteWord() {
        let start = wordStart
        characters.removeSubrange(start..<cursor)
        cursor = start
    }

    private var wordStart: Int {
        var index = cursor
        while index > 0, characters[index - 1] == " " { index -= 1 }
        while index > 0, characters[index - 1] != " " { index -= 1 }
        return index
    }

    private var wordEnd: Int {
        var index = cursor
        while index < characters.count, characters[index] == " " { index += 1 }
        while index < characters.count, characters[index] != " " { index += 1 }
        return index
    }

    /// Draws the part around the cursor, which is shown reversed, because the terminal's own is hidden.
    public func render(in rect: Rect, to buffer: inout Buffer, style: Style, showsCursor: Bool) {
        guard !rect.isEmpty else { return }
        // From the cursor back as many characters as fit beside it.
        var start = cursor
        var used = 1
        while start > 0 {
            used += DisplayWidth.columns(of: SafeText(String(characters[start - 1])))
            if used > rect.width { break }
            start -= 1
        }
        buffer.write(SafeText(String(characters[start...])), x: rect.x, y: rect.y, columnsMax: rect.width, style: style)
        if showsCursor {
            let x = rect.x + DisplayWidth.columns(of: SafeText(String(characters[start..<cursor])))
            buffer.restyle(Rect(x: min(x, rect.right - 1), y: rect.y, width: 1, height: 1)) { $0.attributes.insert(.reverse) }
        }
    }
}
