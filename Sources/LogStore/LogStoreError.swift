import Foundations
import GRDB

/// Why the log store couldn't do what it was asked.
public enum LogStoreError: Error, CustomStringConvertible, Sendable {
    case diskFull(file: String)
    /// A write's fate is unknown since `fsync` failed; nothing more is acknowledged until the store is opened again.
    case notAcknowledging(reason: String)
    /// Too much waits for the disk already; nothing of the batch was stored. Try again later.
    case overloaded(queuedBytes: Int)
    case locked(directory: String)
    case noPermission(file: String, reason: String)
    /// A partition can't be read. The store renames it and goes on without that day.
    case damaged(file: String, reason: String)
    case file(FileError)
    /// Anything else that SQLite says, with its extended result code.
    case database(file: String, code: Int, reason: String)
    /// A backup or a folder holds no such day.
    case noSuchDay(directory: String, day: String?)
    /// A backup or a restoration would overwrite a file.
    case alreadyThere(file: String)
    case closed

    public var description: String {
        switch self {
        case .diskFull(let file): "the disk is full (\(file)); free some space, the store goes on by itself"
        case .notAcknowledging(let reason): "logs are refused because \(reason); check the disk and restart, reads go on until then"
        case .overloaded(let bytes): "\(bytes) bytes of logs wait for the disk already; send it again later"
        case .locked(let directory): "the log store in \(directory) is open in another process; stop that one or choose another folder"
        case .noPermission(let file, let reason): "no permission for \(file): \(reason); give this user the folder or choose another one"
        case .damaged(let file, let reason): "\(file) is damaged: \(reason)"
        case .file(let error): "\(error)"
        case .database(let file, let code, let reason): "SQLite failed on \(file) with code \(code): \(reason)"
        case .noSuchDay(let directory, let day): "there are no logs\(day.map { " of \($0)" } ?? "") in \(directory); name a folder with files such as logs-2026-11-21.sqlite"
        case .alreadyThere(let file): "\(file) is there already; remove it, or choose another folder"
        case .closed: "the log store is closed"
        }
    }

    var isDamage: Bool { if case .damaged = self { true } else { false } }

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
            // The write-ahead log's index couldn't grow, by a few KiB: that is how SQLite tells a full disk there.
            case .SQLITE_IOERR where failure.extendedResultCode == .SQLITE_IOERR_SHMSIZE: self = .diskFull(file: file)
            case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM: self = .noPermission(file: file, reason: reason)
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(file: file, reason: reason)
            default: self = .database(file: file, code: Int(failure.extendedResultCode.rawValue), reason: reason)
            }
        } else if let damage = error as? DamagedBytes {
            self = .damaged(file: file, reason: damage.description)
        } else {
            self = .database(file: file, code: -1, reason: "\(error)")
        }
    }
}

extension LogStoreError {
    /// What a failed `fsync` said, nil for any other error. The kernel may have dropped the pages then: what was written before is of unknown fate.
    static func failedSynchronization(_ error: any Error) -> String? {
        switch error {
        case let failure as DatabaseError where [.SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC].contains(failure.extendedResultCode):
            failure.message ?? "no reason given"
        case LogStoreError.database(_, let code, let reason) where [.SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC].contains(ResultCode(rawValue: CInt(code))):
            reason
        case let failure as FileError where failure.isFailedSynchronization: failure.description
        case LogStoreError.file(let failure) where failure.isFailedSynchronization: failure.description
        default: nil
        }
    }
}

extension FileError {
    /// Of a file or of a folder.
    fileprivate var isFailedSynchronization: Bool { operation.hasPrefix("synchronize") }
}
