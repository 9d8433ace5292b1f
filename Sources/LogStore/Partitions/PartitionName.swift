import Foundations

/// What one file holds: a day's records of one retention class.
struct PartitionName: Hashable, Comparable, Sendable {
    let day: Day
    /// Empty for records that no class names.
    let retentionClass: String

    init(_ day: Day, _ retentionClass: String = "") {
        self.day = day
        self.retentionClass = retentionClass
    }

    private static let prefix = "logs-"
    private static let suffix = ".sqlite"

    /// `logs-2026-11-21.sqlite`, `logs-2026-11-21.audit.sqlite`.
    var file: String { Self.prefix + day.description + (retentionClass.isEmpty ? "" : "." + retentionClass) + Self.suffix }
    /// The full-text index of it: what can be made anew.
    var indexFile: String { String(file.dropLast(Self.suffix.count)) + ".terms" }

    /// Nil for any other name.
    init?(file: String) {
        guard file.hasPrefix(Self.prefix), file.hasSuffix(Self.suffix) else { return nil }
        let parts = file.dropFirst(Self.prefix.count).dropLast(Self.suffix.count).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let day = Day(parts[0]) else { return nil }
        if parts.count == 2, !LogRetentionClass.isName(parts[1]) { return nil }
        self.init(day, parts.count == 2 ? String(parts[1]) : "")
    }

    static func < (left: PartitionName, right: PartitionName) -> Bool {
        left.day != right.day ? left.day < right.day : left.retentionClass < right.retentionClass
    }

    /// In the name of a file that is to become a day.
    static let restoringMark = ".restoring"

    /// SQLite's files of a database: itself, its write-ahead log and the log's index.
    static let suffixes = ["", "-wal", "-shm"]
}
