import Foundations
import Terminal

/// Which key does what. Help and hints are made from it, so that they can't be wrong.
struct KeyMap: Sendable {
    var sections: [(title: SafeText, bindings: [KeyBinding])]

    static let standard = KeyMap(sections: [
        ("Screens", ScreenKind.allCases.map { KeyBinding($0.word, String($0.key), .show($0), $0.title) }),
        ("Move", move), ("Show", show), ("Time", time), ("Alerts", alerts), ("Incidents and on call", duty), ("Dashboards", boards), ("Logs", logs), ("Nightjar", program),
    ])

    private static let move = [
        KeyBinding("down", "j down", .down, "next line"), KeyBinding("up", "k up", .up, "previous line"), KeyBinding("page-down", "pgdn ctrl-f ctrl-d", .pageDown, "a page down"),
        KeyBinding("page-up", "pgup ctrl-b ctrl-u", .pageUp, "a page up"), KeyBinding("first", "g home", .first, "first line"), KeyBinding("last", "G end", .last, "last line"),
        KeyBinding("open", "enter right", .open, "open what is selected"), KeyBinding("back", "esc left backspace", .back, "close, clear the filter, or go back"),
        KeyBinding("history-back", "[", .historyBack, "the screen before"), KeyBinding("history-forward", "]", .forward, "the screen after"),
        KeyBinding("next-tab", "tab", .nextTab, "next part of a host (CPU, memory, disks, network, processes, logs), or panel", on: [.hosts, .dashboards]),
        KeyBinding("previous-tab", "shift-tab", .previousTab, "previous part or panel", on: [.hosts, .dashboards]),
    ]

    private static let show = [
        KeyBinding("filter", "/", .filter, "filter what is shown: words, name=value, !word leaves out", on: [.alerts, .incidents, .hosts, .dashboards, .agents]),
        KeyBinding("copy", "y", .copy, "copy the selection to the clipboard (OSC 52)"), KeyBinding("pause", "p", .pause, "pause and go on"),
        KeyBinding("refresh", "ctrl-r f5", .refresh, "refresh now"), KeyBinding("zone", "T", .zone, "UTC or local time"),
        KeyBinding("mouse", "f6", .mouse, "the mouse for the dashboard, or for selecting text"),
    ]

    private static let time = [
        KeyBinding("time", "t", .time, "time range or moment: 15m, 03:00 to 04:00, at 03:00, now"), KeyBinding("zoom-in", "+ =", .zoomIn, "a shorter range"),
        KeyBinding("zoom-out", "-", .zoomOut, "a longer range"), KeyBinding("earlier", "<", .earlier, "rewind everything by a quarter of the range"),
        KeyBinding("later", ">", .later, "forward by a quarter of the range"), KeyBinding("play", "P", .play, "play forward from there, and stop"),
        KeyBinding("live", ".", .live, "back to now"),
    ]

    private static let alerts = [
        KeyBinding("acknowledge", "a", .acknowledge, "acknowledge the marked or selected alerts", on: [.alerts]),
        KeyBinding("acknowledge-with-comment", "A", .acknowledgeWithComment, "acknowledge with a comment", on: [.alerts]),
        KeyBinding("silence", "s", .silence, "silence, with a preview", on: [.alerts]), KeyBinding("escalate", "x", .escalate, "escalate", on: [.alerts]),
        KeyBinding("comment", "c", .comment, "comment", on: [.alerts]), KeyBinding("runbook", "r", .runbook, "runbook", on: [.alerts, .incidents]),
        KeyBinding("dashboard", "o", .dashboard, "dashboard of the selection", on: [.alerts, .hosts]),
        KeyBinding("logs-of", "l", .logs, "logs within 5 minutes of the alert, or of the host", on: [.alerts, .hosts, .incidents]),
        KeyBinding("undo", "u", .undo, "take the last action back"), KeyBinding("mark", "space", .mark, "mark several", on: [.alerts]),
    ]

    private static let duty = [
        KeyBinding("note", "n", .note, "note on the incident's timeline", on: [.incidents]), KeyBinding("resolve", "R", .resolve, "resolve the incident", on: [.incidents]),
        KeyBinding("export", "e", .export, "export the incident as Markdown", on: [.incidents]), KeyBinding("hand-over", "n", .handOver, "hand over with a note", on: [.onCall]),
    ]

    private static let boards = [
        KeyBinding("variables", "v", .variables, "choose the dashboard's variables", on: [.dashboards]),
        KeyBinding("links", "o", .links, "links of the panel and of the dashboard", on: [.dashboards]),
        KeyBinding("marks", "m", .marks, "what happened: the marks of the dashboard, newest first", on: [.dashboards]),
    ]

    private static let logs = [
        KeyBinding("search", "s", .query, #"search: error "refused" instance:web1, or LogQL"#, on: [.logs]), KeyBinding("follow", "f", .follow, "follow new lines", on: [.logs]),
        KeyBinding("context", "c", .context, "lines around this one", on: [.logs]), KeyBinding("filter-lines", "i", .logFilter, "filter in, or out with !", on: [.logs]),
        KeyBinding("clear-filters", "I", .clearLogFilters, "all lines again", on: [.logs]), KeyBinding("histogram", "h", .histogram, "histogram", on: [.logs]),
        KeyBinding("whole-lines", "r", .wholeLines, "lines as they came, or their message and fields without what the columns say", on: [.logs]),
        KeyBinding("bookmark", "m", .bookmark, "bookmark", on: [.logs]), KeyBinding("next-bookmark", "M", .nextBookmark, "next bookmark", on: [.logs]),
        KeyBinding("next-error", "e", .nextError, "next error", on: [.logs]), KeyBinding("previous-error", "E", .previousError, "previous error", on: [.logs]),
        KeyBinding("next-warning", "w", .nextWarning, "next warning", on: [.logs]), KeyBinding("previous-warning", "W", .previousWarning, "previous warning", on: [.logs]),
        KeyBinding("find", "/", .filter, "find in the lines", on: [.logs]), KeyBinding("next-match", "n", .nextMatch, "next match", on: [.logs]),
        KeyBinding("previous-match", "N", .previousMatch, "previous match", on: [.logs]),
    ]

    private static let program = [
        KeyBinding("help", "? f1", .help, "this help"), KeyBinding("command", ":", .command, "command palette: a screen, host NAME, logs QUERY, time RANGE, any action"),
        KeyBinding("quit", "q ctrl-c", .quit, "quit"),
    ]

    var bindings: [KeyBinding] { sections.flatMap(\.bindings) }

    func command(for event: InputEvent, on screen: ScreenKind) -> Command? {
        for section in sections {
            for binding in section.bindings where binding.screens?.contains(screen) ?? true {
                if binding.keys.contains(where: { $0.event == event }) { return binding.command }
            }
        }
        return nil
    }

    /// The first key of a command on a screen, for hints.
    func key(of command: Command, on screen: ScreenKind) -> String? {
        bindings.first { $0.command == command && $0.screens?.contains(screen) ?? true }?.keys.first?.title
    }

    /// The lines of help whose words are in a filter.
    func help(matching filter: String) -> [HelpOverlay.Section] {
        let words = FilterWord.all(in: filter)
        return sections.compactMap { section in
            let keys = section.bindings.compactMap { binding -> (key: SafeText, action: SafeText)? in
                let key = binding.keys.map(\.title).joined(separator: ", ")
                let screens = binding.screens.map { $0.map(\.title.string).sorted().joined(separator: ", ") } ?? ""
                let text = "\(section.title.string) \(key) \(binding.name) \(binding.action.string) \(screens)"
                return words.allSatisfy { $0.takes(text) } ? (SafeText(key), binding.action) : nil
            }
            return keys.isEmpty ? nil : HelpOverlay.Section(section.title, keys)
        }
    }

    /// The same with other keys for some actions. A key that another action had on the same screens is taken from it.
    func with(_ keys: [KeyName], for name: String) -> KeyMap {
        var map = self
        guard let chosen = bindings.first(where: { $0.name == name }) else { return self }
        let taken = Set(keys.map(\.event))
        for section in map.sections.indices {
            for index in map.sections[section].bindings.indices {
                let binding = map.sections[section].bindings[index]
                if binding.name == name {
                    map.sections[section].bindings[index].keys = keys
                } else if binding.screens == nil || chosen.screens == nil || !binding.screens!.isDisjoint(with: chosen.screens!) {
                    map.sections[section].bindings[index].keys.removeAll { taken.contains($0.event) }
                }
            }
        }
        return map
    }
}
