import Foundations
import GRDB
import GRDBSQLite

/// When and why a reader stops before it is done. Shared by the thread that reads and those that may stop it.
final class ReadControl: Sendable {
    private enum State {
        case running, abandoned, closed
    }

    private let clock: any WallClock
    private let deadline: Int64?
    private let state = Locked(State.running)

    init(clock: any WallClock, deadlineMonotonicNanoseconds: Int64?) {
        self.clock = clock
        deadline = deadlineMonotonicNanoseconds
    }

    /// Nobody wants the rest.
    func abandon() { state.withLock { if $0 == .running { $0 = .abandoned } } }
    /// The store is being closed.
    func close() { state.withLock { $0 = .closed } }

    var isAbandoned: Bool { state.withLock { $0 == .abandoned } }
    var mustStop: Bool { state.withLock { $0 != .running } || isPastDeadline }
    private var isPastDeadline: Bool { deadline.map { clock.monotonicNanoseconds() >= $0 } ?? false }

    /// Throws where the reader must stop.
    func check() throws {
        let state = state.withLock { $0 }
        switch state {
        case .abandoned: throw CancellationError()
        case .closed: throw LogQueryStop.closed
        case .running: if isPastDeadline { throw LogQueryStop.deadline }
        }
    }

    /// Runs `body` with a progress handler on the connection that ends a statement when the reader must stop.
    func withProgressHandler<Result>(_ database: Database, _ body: () throws -> Result) throws -> Result {
        let connection = database.sqliteConnection
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_progress_handler(connection, Limits.progressSteps, { Unmanaged<ReadControl>.fromOpaque($0!).takeUnretainedValue().mustStop ? 1 : 0 }, context)
        defer { sqlite3_progress_handler(connection, 0, nil, nil) }
        do {
            return try body()
        } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
            try check()
            throw error
        }
    }
}

/// Why a read ended early, before it is worded for the caller.
enum LogQueryStop: Error {
    case deadline, closed
}
