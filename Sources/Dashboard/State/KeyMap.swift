import Foundations
import Terminal

/// What a key does. Help is made from this list, so that it can't be wrong.
enum Command: Hashable, Sendable {
    case quit, help, back, filter, command
    case show(ScreenKind)
    case down, up, pageDown, pageUp, first, last, open
    case nextRange, pause, zone, mouse, refresh
    case query, follow, logsOfSelection, nextError, previousError
}

/// A key with what it does.
struct KeyBinding: Sendable {
    var keys: [InputEvent]
    /// As shown in help.
    var name: SafeText
    var command: Command
    var action: SafeText
    /// Nil on all screens.
    var screens: Set<ScreenKind>?

    init(_ keys: [InputEvent], _ name: SafeText, _ command: Command, _ action: SafeText, on screens: Set<ScreenKind>? = nil) {
        self.keys = keys
        self.name = name
        self.command = command
        self.action = action
        self.screens = screens
    }
}

enum KeyMap {
    static let sections: [(title: SafeText, bindings: [KeyBinding])] = [
        (
            "Screens",
            ScreenKind.allCases.map { KeyBinding([character($0.key)], SafeText(String($0.key)), .show($0), $0.title) }
        ),
        (
            "Move",
            [
                KeyBinding([character("j"), .key(.down)], "j, Down", .down, "next line"),
                KeyBinding([character("k"), .key(.up)], "k, Up", .up, "previous line"),
                KeyBinding([.key(.pageDown), control("f"), control("d")], "PgDn", .pageDown, "a page down"),
                KeyBinding([.key(.pageUp), control("b"), control("u")], "PgUp", .pageUp, "a page up"),
                KeyBinding([character("g"), .key(.home)], "g, Home", .first, "first line"),
                KeyBinding([character("G"), .key(.end)], "G, End", .last, "last line"),
                KeyBinding([.key(.enter), .key(.right)], "Enter", .open, "open the selected host, alert or line"),
                KeyBinding([.key(.escape), .key(.left), .key(.backspace)], "Esc", .back, "close, clear the filter, or go back"),
            ]
        ),
        (
            "Show",
            [
                KeyBinding([character("/")], "/", .filter, "filter what is shown"),
                KeyBinding([character("t")], "t", .nextRange, "time range: 15m, 1h, 6h, 24h, 7d"),
                KeyBinding([character("T")], "T", .zone, "UTC or local time"),
                KeyBinding([character("p")], "p", .pause, "pause and go on"),
                KeyBinding([character("r")], "r", .refresh, "refresh now"),
                KeyBinding([character("l")], "l", .logsOfSelection, "logs of the selected host or alert", on: [.overview, .alerts, .host]),
            ]
        ),
        (
            "Logs",
            [
                KeyBinding([character("s"), character("i")], "s", .query, #"search: error "refused" instance:web1 last 1h, or LogQL"#, on: [.logs]),
                KeyBinding([character("f")], "f", .follow, "follow new lines", on: [.logs]),
                KeyBinding([character("e")], "e", .nextError, "next error or warning", on: [.logs]),
                KeyBinding([character("E")], "E", .previousError, "previous error or warning", on: [.logs]),
            ]
        ),
        (
            "Nightjar",
            [
                KeyBinding([character("?"), .key(.function(1))], "?", .help, "this help"),
                KeyBinding([character(":")], ":", .command, "command: the name of a screen, logs QUERY, host NAME, quit"),
                KeyBinding([.key(.function(6))], "F6", .mouse, "mouse for scrolling, or for selecting text"),
                KeyBinding([character("q"), control("c")], "q, Ctrl-C", .quit, "quit"),
            ]
        ),
    ]

    static func command(for event: InputEvent, on screen: ScreenKind) -> Command? {
        for section in sections {
            for binding in section.bindings where binding.screens?.contains(screen) ?? true {
                if binding.keys.contains(event) { return binding.command }
            }
        }
        return nil
    }

    static let help: [HelpOverlay.Section] = sections.map { section in
        HelpOverlay.Section(section.title, section.bindings.map { ($0.name, $0.action) })
    }

    private static func character(_ character: Character) -> InputEvent { .key(.character(character)) }
    private static func control(_ character: Character) -> InputEvent { .key(.character(character), .control) }
}
