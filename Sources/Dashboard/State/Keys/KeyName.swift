import Foundations
import Terminal

/// A key as settings and help write it: `a`, `A`, `ctrl-d`, `f6`, `enter`, `space`, `pgdn`.
struct KeyName: Hashable, Sendable {
    let text: String
    let event: InputEvent

    private static let named: [(name: String, key: Key)] = [
        ("enter", .enter), ("tab", .tab), ("backspace", .backspace), ("esc", .escape), ("up", .up), ("down", .down), ("left", .left), ("right", .right),
        ("home", .home), ("end", .end), ("pgup", .pageUp), ("pgdn", .pageDown), ("insert", .insert), ("delete", .delete), ("space", .character(" ")),
    ]

    /// Nil where there is no such key.
    init?(_ text: String) {
        self.text = text
        let lower = text.lowercased()
        if text.count == 1, let character = text.first {
            event = .key(.character(character))
        } else if lower == "shift-tab" {
            event = .key(.tab, .shift)
        } else if lower.hasPrefix("ctrl-"), lower.count == 6, let character = lower.last {
            event = .key(.character(character), .control)
        } else if lower.hasPrefix("alt-"), text.count == 5, let character = text.last {
            event = .key(.character(character), .alt)
        } else if lower.hasPrefix("f"), let number = Int(lower.dropFirst()), (1...12).contains(number) {
            event = .key(.function(number))
        } else if let key = Self.named.first(where: { $0.name == lower })?.key {
            event = .key(key)
        } else {
            return nil
        }
    }

    /// For help: `Ctrl-D`, `PgDn`, `F6`.
    var title: String {
        let names = ["pgup": "PgUp", "pgdn": "PgDn"]
        if text.count == 1 { return text }
        if let name = names[text] { return name }
        return text.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: "-")
    }
}
