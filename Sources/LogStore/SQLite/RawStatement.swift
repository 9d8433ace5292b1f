import GRDB
import GRDBSQLite

/// A prepared statement driven through SQLite's own interface: no boxed arguments, no copies of columns.
///
/// Valid inside the database access that it was made in.
struct RawStatement {
    private let statement: Statement
    private let pointer: SQLiteStatement

    /// Taken from the connection's cache of statements.
    init(_ database: Database, _ sql: String) throws {
        statement = try database.cachedStatement(sql: sql)
        pointer = statement.sqliteStatement
        sqlite3_reset(pointer)
    }

    func bind(_ index: Int32, _ value: Int64) { check(sqlite3_bind_int64(pointer, index, value)) }

    /// The bytes must stay where they are until the statement is reset.
    func bind(_ index: Int32, blob bytes: UnsafeRawBufferPointer) {
        check(bytes.isEmpty ? sqlite3_bind_zeroblob(pointer, index, 0) : sqlite3_bind_blob64(pointer, index, bytes.baseAddress, UInt64(bytes.count), nil))
    }

    /// The same for text in UTF-8.
    func bind(_ index: Int32, text bytes: UnsafeRawBufferPointer) {
        check(sqlite3_bind_text64(pointer, index, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), UInt64(bytes.count), nil, UInt8(SQLITE_UTF8)))
    }

    func bindNull(_ index: Int32) { check(sqlite3_bind_null(pointer, index)) }

    // Binding fails for a wrong index or a statement in use: a fault of ours.
    private func check(_ code: Int32) { precondition(code == SQLITE_OK || code == SQLITE_TOOBIG, "can't bind: \(code)") }

    /// Moves to the next row; false after the last.
    func step() throws -> Bool {
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let connection = sqlite3_db_handle(pointer)
            let code = sqlite3_extended_errcode(connection)
            let message = String(cString: sqlite3_errmsg(connection))
            sqlite3_reset(pointer)
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
    }

    /// Runs a statement that has no rows, and resets it.
    func run() throws {
        while try step() {}
        reset()
    }

    func reset() { sqlite3_reset(pointer) }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

    /// A column's bytes, valid until the next step.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(pointer, column)
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(pointer, column)))
    }
}
