import Foundations

/// By what records are counted apart.
public enum LogGrouping: Hashable, Sendable {
    case stream
    case level
    case template
    /// A field's value; a field that is missing counts as empty.
    case field(String)
}

/// Records of one step of time and one group.
public struct LogTally: Hashable, Sendable {
    /// The cell's beginning.
    public var start: NanoTimestamp
    /// Nil where streams aren't counted apart; so are level and template.
    public var stream: Labels?
    public var level: LogLevel?
    public var template: LogTemplate?
    /// By name, for each field that is counted apart.
    public var fields: [String: String]
    public var count: Int
    /// Of the lines.
    public var bytes: Int

    public init(
        start: NanoTimestamp, stream: Labels? = nil, level: LogLevel? = nil, template: LogTemplate? = nil, fields: [String: String] = [:], count: Int, bytes: Int
    ) {
        self.start = start
        self.stream = stream
        self.level = level
        self.template = template
        self.fields = fields
        self.count = count
        self.bytes = bytes
    }
}

/// How often lines of one kind came, step by step.
public struct LogPattern: Hashable, Sendable {
    public struct Step: Hashable, Sendable {
        public var start: NanoTimestamp
        public var count: Int

        public init(start: NanoTimestamp, count: Int) {
            self.start = start
            self.count = count
        }
    }

    public var template: LogTemplate
    public var level: LogLevel
    /// Ascending; steps without such lines are left out.
    public var steps: [Step]
    public var count: Int { steps.reduce(0) { $0 + $1.count } }

    public init(template: LogTemplate, level: LogLevel, steps: [Step]) {
        self.template = template
        self.level = level
        self.steps = steps
    }
}

/// How much of a stream lies in a range.
public struct LogVolume: Hashable, Sendable {
    public var stream: Labels
    /// Pieces in which the store holds it; 1 where it has none.
    public var chunks: Int
    public var entries: Int
    /// Of the lines.
    public var bytes: Int

    public init(stream: Labels, chunks: Int, entries: Int, bytes: Int) {
        self.stream = stream
        self.chunks = chunks
        self.entries = entries
        self.bytes = bytes
    }
}

/// Adds records up to tallies.
public struct LogTallies {
    /// Groups of one answer. More come from grouping by what is nearly unique, which nobody can read and no memory hold.
    public static let groupsMax = 200_000

    public static var tooManyGroups: LogQueryError {
        LogQueryError("the query makes more than \(groupsMax) groups; group by what has fewer values, or by longer steps")
    }

    public struct Group: Hashable {
        /// The number of the cell.
        public var step: Int64
        public var stream: Labels?
        public var level: LogLevel?
        public var template: LogTemplate?
        /// In order of the fields' names.
        public var values: [String] = []

        public init(step: Int64, stream: Labels? = nil, level: LogLevel? = nil, template: LogTemplate? = nil, values: [String] = []) {
            self.step = step
            self.stream = stream
            self.level = level
            self.template = template
            self.values = values
        }
    }

    public let cells: LogCells
    private let grouping: Set<LogGrouping>
    /// Names of the fields that are counted apart, sorted.
    public let fieldNames: [String]
    private var sums: [Group: (count: Int, bytes: Int)] = [:]

    public init(_ cells: LogCells, by grouping: Set<LogGrouping>) {
        self.cells = cells
        self.grouping = grouping
        fieldNames = grouping.compactMap { if case .field(let name) = $0 { name } else { nil } }.sorted()
    }

    public mutating func add(_ record: LogRecord) throws(LogQueryError) {
        let group = Group(
            step: cells.number(of: record.timestamp.nanoseconds), stream: grouping.contains(.stream) ? record.stream : nil,
            level: grouping.contains(.level) ? record.level : nil, template: grouping.contains(.template) ? LogTemplate(record.body) : nil,
            values: fieldNames.map { name in record.fields.first { $0.name.utf8.elementsEqual(name.utf8) }?.value.description ?? "" })
        try add(group, count: 1, bytes: record.body.utf8.count)
    }

    /// Adds records of a group, whose parts are those that are counted apart.
    public mutating func add(_ group: Group, count: Int, bytes: Int) throws(LogQueryError) {
        Self.add(count, bytes, to: &sums[group, default: (0, 0)])
        if sums.count > Self.groupsMax {
            throw Self.tooManyGroups
        }
    }

    /// One look-up for both.
    @inline(__always) private static func add(_ count: Int, _ bytes: Int, to sum: inout (count: Int, bytes: Int)) {
        sum.count += count
        sum.bytes += bytes
    }

    /// Ascending by start, then by stream, level, template and fields.
    public func tallies() -> [LogTally] {
        sums.map { group, sum in
            LogTally(
                start: NanoTimestamp(nanoseconds: cells.start(group.step)), stream: group.stream, level: group.level, template: group.template,
                fields: fieldNames.isEmpty ? [:] : Dictionary(uniqueKeysWithValues: zip(fieldNames, group.values)), count: sum.count, bytes: sum.bytes)
        }.sorted { precedes($0, $1) }
    }

    private func precedes(_ left: LogTally, _ right: LogTally) -> Bool {
        if left.start != right.start { return left.start < right.start }
        if let one = left.stream, let other = right.stream, one != other { return one < other }
        if let one = left.level, let other = right.level, one != other { return one < other }
        if let one = left.template, let other = right.template, one != other { return one.text.utf8.lexicographicallyPrecedes(other.text.utf8) }
        for name in fieldNames {
            let one = left.fields[name] ?? "", other = right.fields[name] ?? ""
            if one != other { return one.utf8.lexicographicallyPrecedes(other.utf8) }
        }
        return false
    }
}
