import Foundations
import Terminal

/// Lines that are searched for, and when.
struct LogSearch: Hashable, Sendable {
    var query: String
    var span: TimeSpan
    /// Nil for now.
    var at: Timestamp?
}

/// Lines around a hit, oldest first.
struct LogContext: Hashable, Sendable {
    var lines: [LogItem]
    /// Which of the lines the hit is.
    var hit: Int
}

/// Keeps lines that have a word or a field, or those that haven't.
struct LogFilter: Hashable, Sendable {
    var text: String
    var isExcluding: Bool

    /// `word`, `field=value`, and either with `!` in front.
    init?(_ entry: String) {
        let trimmed = entry.drop { $0 == " " }
        isExcluding = trimmed.hasPrefix("!")
        text = String(isExcluding ? trimmed.dropFirst() : trimmed[...]).lowercased()
        if text.isEmpty { return nil }
    }

    var title: String { (isExcluding ? "!" : "") + text }

    func takes(_ item: LogItem) -> Bool {
        let isFound = item.line.string.lowercased().contains(text) || (item.stream + item.fields).contains { "\($0.name)=\($0.value)".lowercased().contains(text) }
        return isFound != isExcluding
    }
}

/// The screen of logs.
struct LogsModel: Hashable, Sendable {
    enum Phase: Hashable, Sendable { case idle, loading, loaded, failed(String) }

    var query = ""
    /// Newest first.
    private(set) var items: [LogItem] = []
    /// Those that the filters keep.
    private(set) var visible: [LogItem] = []
    var filters: [LogFilter] = [] { didSet { narrow() } }
    var phase = Phase.idle
    var isFollowing = false
    /// Lines that were left out of the tail.
    var skipped = 0
    var showsDetail = false
    var showsHistogram = true
    /// Lines as they came, with the time and the level that most of them begin with.
    var showsWholeLines = false
    /// What `n` and `N` jump to, in lower case.
    var find = ""
    var bookmarks: Set<LogItem> = []
    var context: LogContext?
    /// Names of labels with values, for completion.
    var labels: [String: [String]] = [:]

    mutating func replace(_ items: [LogItem]) {
        self.items = items
        narrow()
    }

    /// Puts new lines on top, newest first; returns how many of them are visible.
    mutating func prepend(_ newest: [LogItem]) -> Int {
        let shown = newest.filter { line in filters.allSatisfy { $0.takes(line) } }
        items.insert(contentsOf: newest, at: 0)
        visible.insert(contentsOf: shown, at: 0)
        if items.count > Limits.logLinesKept { items.removeLast(items.count - Limits.logLinesKept) }
        if visible.count > Limits.logLinesKept { visible.removeLast(visible.count - Limits.logLinesKept) }
        return shown.count
    }

    private mutating func narrow() { visible = filters.isEmpty ? items : items.filter { line in filters.allSatisfy { $0.takes(line) } } }

    func isMatch(_ item: LogItem) -> Bool { !find.isEmpty && item.line.string.lowercased().contains(find) }
}
