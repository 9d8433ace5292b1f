import Foundations
import GRDB

/// How the module opens SQLite's files.
enum DatabaseFile {
    static func configuration(label: String) -> Configuration {
        var configuration = Configuration()
        configuration.label = label
        configuration.maximumReaderCount = Limits.readerThreads + 2
        configuration.busyMode = .timeout(10)
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { database in
            // Of a new file; connections that only read may not say it.
            if !database.configuration.readonly { try database.execute(sql: "PRAGMA page_size = \(Limits.pageBytes); PRAGMA auto_vacuum = INCREMENTAL") }
            try database.execute(
                sql: """
                    PRAGMA cache_size = -\(Limits.pageCacheKibibytes);
                    PRAGMA temp_store = MEMORY;
                    PRAGMA cell_size_check = ON
                    """)
        }
        return configuration
    }

    /// A file alone, as it stands: nothing beside it is made or looked at.
    static func frozen(_ path: String) throws -> DatabaseQueue {
        var configuration = configuration(label: "logs, frozen")
        configuration.readonly = true
        var address = "file:"
        for byte in path.utf8 {
            let isPlain = byte == UInt8(ascii: "/") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || UnicodeScalar(byte).properties.isAlphabetic
                && byte < 128 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
            address += isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return try DatabaseQueue(path: address + "?immutable=1", configuration: configuration)
    }
}
