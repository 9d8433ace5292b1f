import GRDB

/// The tables of a partition (Docs/Formats/log-partition.md).
enum PartitionSchema {
    static let version = 1
    /// `NJLG`, in the file's header.
    static let applicationID = 0x4E4A_4C47

    static let statements = [
        // What is indexed: the greatest id whose terms are in the index, all below included.
        "CREATE TABLE progress(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
        "INSERT INTO progress VALUES('indexed', 0)",
        "CREATE TABLE marks(agent TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE streams(id INTEGER PRIMARY KEY, labels BLOB NOT NULL UNIQUE, oldest INTEGER NOT NULL, newest INTEGER NOT NULL)",
        "CREATE TABLE blocks(id INTEGER PRIMARY KEY, oldest INTEGER NOT NULL, newest INTEGER NOT NULL, levels INTEGER NOT NULL)",
        "CREATE TABLE heads(id INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, stream INTEGER NOT NULL, level INTEGER NOT NULL)",
        "CREATE TABLE lines(id INTEGER PRIMARY KEY, body BLOB NOT NULL, fields BLOB)",
        "CREATE VIRTUAL TABLE terms USING fts5(text, content='', columnsize=0, detail=none, tokenize=\"\(Terms.tokenizer)\")",
        "INSERT INTO terms(terms, rank) VALUES('pgsz', 4050)",
        "INSERT INTO terms(terms, rank) VALUES('automerge', 8)",
        "INSERT INTO terms(terms, rank) VALUES('hashsize', \(Limits.indexHashBytes))",
        "PRAGMA application_id = \(applicationID)",
        "PRAGMA user_version = \(version)",
    ]

    /// Makes the tables of a new file, or checks that they are ours.
    static func prepare(_ database: Database, file: String) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let application = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        if found == version && application == applicationID { return try check(database, file: file) }
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        guard found == 0, tables == 0 else {
            throw LogStoreError.damaged(file: file, reason: "it is no partition of version \(version) (application \(application), version \(found), \(tables) tables)")
        }
        for statement in statements { try database.execute(sql: statement) }
    }

    /// Looks whether a file of ours still has its tables. Damage there shows as unknown names later, which would pass for faults of the program.
    static func check(_ database: Database, file: String) throws {
        let found = try String.fetchAll(database, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND substr(name, 1, 6) <> 'terms_'")
        let expected = statements.filter { $0.hasPrefix("CREATE") }
        guard found.sorted() == expected.sorted() else { throw LogStoreError.damaged(file: file, reason: "its tables aren't those of version \(version)") }
        do {
            _ = try Int64.fetchOne(database, sql: "SELECT rowid FROM terms WHERE terms MATCH '\"a\"' LIMIT 1")
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            throw LogStoreError.damaged(file: file, reason: "the full-text index can't be opened: \(error.message ?? "no reason given")")
        }
    }
}
