import GRDB

/// The tables of a partition and of its index (Docs/Formats/log-partition.md).
enum PartitionSchema {
    static let version = 3
    /// The same tables with chunks of an older form, which is read all the same, and an index with other terms.
    static let olderChunksVersion = 2
    /// Rows of lines with an index over each: what earlier programs wrote.
    static let rowVersion = 1
    /// `NJLG`, in the file's header.
    static let applicationID = 0x4E4A_4C47

    static let statements = [
        // `rows`, `chunks`: the greatest numbers ever given. `generation`: counts the removals of chunks.
        "CREATE TABLE progress(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE marks(agent TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE streams(id INTEGER PRIMARY KEY, labels BLOB NOT NULL UNIQUE, oldest INTEGER NOT NULL, newest INTEGER NOT NULL)",
        """
        CREATE TABLE recent(id INTEGER PRIMARY KEY, oldest INTEGER NOT NULL, newest INTEGER NOT NULL, rows INTEGER NOT NULL, levels INTEGER NOT NULL, \
        bytes INTEGER NOT NULL, stored INTEGER NOT NULL, body BLOB NOT NULL)
        """,
        """
        CREATE TABLE chunks(id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, oldest INTEGER NOT NULL, newest INTEGER NOT NULL, rows INTEGER NOT NULL, \
        levels INTEGER NOT NULL, bytes INTEGER NOT NULL, invalid INTEGER NOT NULL)
        """,
        "CREATE TABLE heads(id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
        "CREATE TABLE texts(id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
        "CREATE TABLE fields(id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
        "CREATE TABLE rollups(id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
        "CREATE TABLE templates(id INTEGER PRIMARY KEY, text BLOB NOT NULL)",
        // Blocks of recent rows that couldn't be read, as they were.
        "CREATE TABLE damaged(id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
        "PRAGMA application_id = \(applicationID)",
        "PRAGMA user_version = \(version)",
    ]

    static let indexStatements = [
        "CREATE TABLE progress(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE VIRTUAL TABLE terms USING fts5(text, content='', columnsize=0, detail=none, tokenize=\"\(Terms.tokenizer)\")",
        "INSERT INTO terms(terms, rank) VALUES('pgsz', 4050)",
        // Sixteen trees of a size are merged into one when there are as many, and never before.
        "INSERT INTO terms(terms, rank) VALUES('automerge', 0)",
        "INSERT INTO terms(terms, rank) VALUES('hashsize', \(Limits.indexHashBytes))",
        "PRAGMA application_id = \(applicationID)",
        "PRAGMA user_version = \(version)",
    ]

    /// What stands in a file.
    enum Content {
        case empty, current
        /// Of the version whose chunks had older forms.
        case olderChunks
        /// Of the version that kept rows.
        case rows
    }

    /// Looks what a file holds; throws where it is none of ours.
    static func content(_ database: Database, file: String) throws -> Content {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let application = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        if application == applicationID, found == version { return .current }
        if application == applicationID, found == olderChunksVersion { return .olderChunks }
        if application == applicationID, found == rowVersion { return .rows }
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        guard found == 0, tables == 0 else {
            throw LogStoreError.damaged(file: file, reason: "it is no partition of version \(version) (application \(application), version \(found), \(tables) tables)")
        }
        return .empty
    }

    static func make(_ statements: [String], _ database: Database) throws {
        for statement in statements { try database.execute(sql: statement) }
    }

    /// Looks whether a file of ours still has its tables. Damage there shows as unknown names later, which would pass for faults of the program.
    static func check(_ statements: [String], _ database: Database, file: String) throws {
        let found = try String.fetchAll(database, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND substr(name, 1, 6) <> 'terms_'")
        let expected = statements.filter { $0.hasPrefix("CREATE") }
        guard found.sorted() == expected.sorted() else { throw LogStoreError.damaged(file: file, reason: "its tables aren't those of version \(version)") }
    }
}
