import CSQLiteFaults
import Foundations

/// Makes SQLite's operations on a folder's files fail, from a chosen one on.
final class FaultyDisk: Sendable {
    struct Kinds: OptionSet, CustomStringConvertible {
        let rawValue: Int
        /// No room: for writes, and for the growth of the write-ahead log's index.
        static let full = Kinds(rawValue: SQLITE_FAULTS_FULL)
        /// Writes that end in the middle.
        static let write = Kinds(rawValue: SQLITE_FAULTS_WRITE)
        static let synchronize = Kinds(rawValue: SQLITE_FAULTS_SYNC)
        var description: String { self == .full ? "full" : self == .write ? "write" : "synchronize" }
    }

    private static let installed: Bool = sqlite_faults_install() == 0
    private let handle: Int32

    /// To be made before the folder's files are opened.
    init(_ folder: String) {
        precondition(Self.installed, "SQLite didn't take the layer")
        handle = sqlite_faults_watch(folder)
        precondition(handle >= 0, "too many folders at a time")
    }

    deinit { sqlite_faults_end(handle) }

    var operations: Int { sqlite_faults_operations(handle) }
    var failures: Int { sqlite_faults_failures(handle) }

    /// The operations of a kind that come next fail, all or a number of them.
    func fail(_ kinds: Kinds, count: Int = .max) { failAt(operations + 1, kinds, count: count) }
    /// The same, from the operation `first` on; counted from 1 since the start.
    func failAt(_ first: Int, _ kinds: Kinds, count: Int = .max) { sqlite_faults_arm(handle, Int32(kinds.rawValue), first, count) }
    func heal() { sqlite_faults_disarm(handle) }
}
