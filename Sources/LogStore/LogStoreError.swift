import Foundations
import GRDB

/// Why the log store couldn't do what it was asked.
public enum LogStoreError: Error, CustomStringConvertible, Sendable {
    case diskFull(file: String)
    /// A write's fate is unknown since `fsync` failed; nothing more is acknowledged until the store is opened again.
    case notAcknowledging(reason: String)
    case locked(directory: String)
    case noPermission(file: String, reason: String)
    /// A partition can't be read. The store renames it and goes on without that day.
    case damaged(file: String, reason: String)
    case file(FileError)
    /// Anything else that SQLite says, with its extended result code.
    case database(file: String, code: Int, reason: String)
    case closed

    public var description: String {
        switch self {
        case .diskFull(let file): "the disk is full (\(file)); free some space, the store goes on by itself"
        case .notAcknowledging(let reason): "logs are refused because \(reason); check the disk and restart, reads go on until then"
        case .locked(let directory): "the log store in \(directory) is open in another process; stop that one or choose another folder"
        case .noPermission(let file, let reason): "no permission for \(file): \(reason); give this user the folder or choose another one"
        case .damaged(let file, let reason): "\(file) is damaged: \(reason)"
        case .file(let error): "\(error)"
        case .database(let file, let code, let reason): "SQLite failed on \(file) with code \(code): \(reason)"
        case .closed: "the log store is closed"
        }
    }

    init(_ error: FileError) {
        if error.isDiskFull {
            self = .diskFull(file: error.path)
        } else if error.isPermission {
            self = .noPermission(file: error.path, reason: error.description)
        } else {
            self = .file(error)
        }
    }

    /// The case that fits what went wrong with a partition's file.
    init(_ error: any Error, file: String) {
        if let known = error as? LogStoreError {
            self = known
        } else if let failure = error as? FileError {
            self.init(failure)
        } else if let failure = error as? DatabaseError {
            let reason = failure.message ?? "no reason given"
            switch failure.resultCode {
            case .SQLITE_FULL: self = .diskFull(file: file)
            case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM: self = .noPermission(file: file, reason: reason)
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(file: file, reason: reason)
            default: self = .database(file: file, code: Int(failure.extendedResultCode.rawValue), reason: reason)
            }
        } else {
            self = .database(file: file, code: -1, reason: "\(error)")
        }
    }
}

extension DatabaseError {
    /// After a failed `fsync` the kernel may have dropped the pages: what was written before is of unknown fate.
    var isFailedSynchronization: Bool {
        extendedResultCode == .SQLITE_IOERR_FSYNC || extendedResultCode == .SQLITE_IOERR_DIR_FSYNC
    }
}
