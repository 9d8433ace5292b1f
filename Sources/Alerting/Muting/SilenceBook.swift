import Foundations
import GRDB

/// The silences in force, with their patterns compiled: a mirror of the table, changed in the transactions that change it.
final class SilenceBook: Sendable {
    private let silences = Locked<[Silence]>([])

    /// Those that haven't ended.
    func all() -> [Silence] { silences.withLock { $0 } }

    func active(at moment: Timestamp) -> [Silence] { all().filter { $0.state(at: moment) == .active } }

    func load(_ db: Database, now: Timestamp) throws {
        let rows = try Row.fetchAll(db.cachedStatement(sql: "SELECT * FROM silences WHERE ends_at > ? ORDER BY starts_at, id"), arguments: [now.milliseconds])
        let loaded = try rows.map { try Silence($0) }
        silences.withLock { $0 = loaded }
    }
}
