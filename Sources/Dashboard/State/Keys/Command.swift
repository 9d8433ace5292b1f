import Foundations

/// What a key does.
enum Command: Hashable, Sendable {
    case show(ScreenKind)
    case quit, help, command, back, forward, historyBack
    case down, up, pageDown, pageUp, first, last, open, nextTab, previousTab
    case filter, mark, refresh, copy, mouse, pause, zone
    case time, zoomIn, zoomOut, earlier, later, play, live
    case acknowledge, acknowledgeWithComment, silence, escalate, comment, runbook, dashboard, logs, undo
    case note, resolve, export, handOver
    case variables, links, marks
    case query, follow, context, logFilter, clearLogFilters, histogram, wholeLines, bookmark, nextBookmark
    case nextError, previousError, nextWarning, previousWarning, nextMatch, previousMatch

    /// Changes something at the collector: not on a wall.
    var isDeed: Bool {
        switch self {
        case .acknowledge, .acknowledgeWithComment, .silence, .escalate, .comment, .undo, .note, .resolve, .handOver: true
        default: false
        }
    }
}

/// Keys that do the same, with the name that settings know them by.
struct KeyBinding: Sendable {
    /// As in the settings: `acknowledge`.
    var name: String
    var keys: [KeyName]
    var command: Command
    /// For help.
    var action: SafeText
    /// Nil on all screens.
    var screens: Set<ScreenKind>?

    init(_ name: String, _ keys: String, _ command: Command, _ action: SafeText, on screens: Set<ScreenKind>? = nil) {
        self.name = name
        self.keys = keys.split(separator: " ").map { key in
            guard let key = KeyName(String(key)) else { preconditionFailure("\(key) is no key") }
            return key
        }
        self.command = command
        self.action = action
        self.screens = screens
    }
}
