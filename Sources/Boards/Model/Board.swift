import Foundations

/// A dashboard as it was read from a file: panels on a grid of 24 columns, with variables that its queries contain.
public struct Board: Sendable {
    /// What kind of file it came from.
    public enum Format: String, Sendable { case yaml, grafana }

    public var title: String
    public var identifier: String
    public var tags: [String]
    public var details: String
    public var format: Format
    /// The range of time it is made for.
    public var range: BoardRange
    /// Nil where it is refreshed by hand.
    public var refreshSeconds: Double?
    public var variables: [Variable]
    public var annotations: [BoardAnnotation] = []
    public var links: [BoardLink] = []
    public var panels: [Panel]
    /// What it asks for that isn't drawn, or is drawn in another way.
    public var notices: [BoardNotice]

    public init(title: String, format: Format = .yaml) {
        self.title = title
        self.format = format
        identifier = ""
        tags = []
        details = ""
        range = .last(milliseconds: 3_600_000)
        refreshSeconds = nil
        variables = []
        panels = []
        notices = []
    }

    /// Opens all rows that are closed at first.
    public mutating func openRows() {
        for index in panels.indices { panels[index].isCollapsed = false }
    }
}

/// A range of time that all panels of a board are shown for.
public enum BoardRange: Hashable, Sendable {
    /// Up to now.
    case last(milliseconds: Int64)
    case absolute(from: Timestamp, to: Timestamp)

    public var milliseconds: Int64 {
        switch self {
        case .last(let milliseconds): max(1, milliseconds)
        case .absolute(let from, let to): max(1, to.milliseconds - from.milliseconds)
        }
    }

    public func bounds(now: Timestamp) -> (from: Timestamp, to: Timestamp) {
        switch self {
        case .last(let milliseconds): (now.advanced(byMilliseconds: -milliseconds), now)
        case .absolute(let from, let to): (from, to)
        }
    }

    /// `1h`, or both ends.
    public var title: String {
        switch self {
        case .last(let milliseconds): DurationText.format(milliseconds: milliseconds)
        case .absolute(let from, let to): "\(TimestampText.rfc3339(from).prefix(16)) – \(TimestampText.rfc3339(to).prefix(16))"
        }
    }
}

/// Something of a file that isn't supported as it is, and where.
public struct BoardNotice: Hashable, Sendable, CustomStringConvertible {
    public enum Severity: String, Sendable {
        /// The panel is a placeholder that names what is missing.
        case placeholder
        /// It is drawn, but not all of what it asks for.
        case partial
    }

    public var severity: Severity
    /// Nil where the board itself is meant.
    public var panel: String?
    public var line: Int
    public var reason: String

    public init(_ severity: Severity, panel: String?, line: Int, reason: String) {
        self.severity = severity
        self.panel = panel
        self.line = line
        self.reason = reason
    }

    public var description: String { (panel.map { "panel \"\($0)\": " } ?? "") + reason }
}
