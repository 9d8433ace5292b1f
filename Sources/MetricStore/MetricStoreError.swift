import Foundations

/// Why the metric store refused something.
public enum MetricStoreError: Error, Equatable, CustomStringConvertible, Sendable {
    /// No room for the write-ahead log; nothing of the batch was stored. Appends work again as soon as there is room.
    case diskFull(FileError)
    /// A write can't be promised to be durable any more; reads go on. Only a restart ends it.
    case notAcknowledging(reason: String)
    /// Another process has the folder.
    case locked(directory: String)
    case noPermission(FileError)
    /// The file system refused something else.
    case file(FileError)
    /// A file that can't be read around its damage.
    case corrupt(file: String, offset: Int, reason: String)
    /// Too much waits for the disk already; try again later.
    case overloaded(queuedBytes: Int)
    /// One batch is longer than a record of the log may be.
    case batchTooLarge(bytes: Int, limit: Int)
    /// A batch of an agent that isn't known yet, where no more can be.
    case tooManyAgents(limit: Int)
    /// More deletions than are kept at once.
    case tooManyDeletions(limit: Int)
    /// A deletion without a matcher, with too many, or with its end before its start.
    case badDeletion(reason: String)
    /// The destination of a snapshot isn't empty.
    case snapshotExists(directory: String)
    /// What is to be restored has no manifest.
    case noSnapshot(directory: String)
    case snapshotDamaged(directory: String, first: String, count: Int)
    /// A snapshot is to be restored where something is.
    case targetNotEmpty(directory: String)
    case notRestored(reason: String)
    /// An import that holds more than one may.
    case importTooLarge(reason: String)
    /// Deletions can't be cleaned out of a block.
    case notCleaned(reason: String)
    case closed

    /// The case that fits what the file system said.
    init(_ error: FileError) {
        self = error.isDiskFull ? .diskFull(error) : error.isPermission ? .noPermission(error) : .file(error)
    }

    public var description: String {
        switch self {
        case .diskFull(let error): "the disk is full (\(error)); free some space, the store goes on by itself"
        case .notAcknowledging(let reason): "writes are refused because \(reason); check the disk and restart, reads go on until then"
        case .locked(let directory): "the metric store in \(directory) is open in another process; stop that one or choose another folder"
        case .noPermission(let error): "no permission: \(error); give this user the folder or choose another one"
        case .file(let error): "\(error)"
        case .corrupt(let file, let offset, let reason): "\(file) is damaged at byte \(offset): \(reason)"
        case .overloaded(let bytes): "\(bytes) bytes of metrics wait for the disk already; send it again later"
        case .batchTooLarge(let bytes, let limit): "the batch takes \(bytes) bytes and one may take \(limit); send it in parts"
        case .tooManyAgents(let limit): "batches of \(limit) agents are known, and no more can be; check for agents that change their id"
        case .tooManyDeletions(let limit): "\(limit) deletions still cover blocks; wait for the blocks to pass their retention"
        case .badDeletion(let reason): "nothing was deleted: \(reason)"
        case .snapshotExists(let directory): "\(directory) isn't empty; choose a new folder for the snapshot"
        case .noSnapshot(let directory): "\(directory) is no snapshot of a metric store: it has no manifest; name the folder that `nightjar metrics snapshot` made"
        case .snapshotDamaged(let directory, let first, let count):
            "nothing was restored: \(directory) has \(count) damaged \(count == 1 ? "place" : "places"), the first: \(first); take another snapshot"
        case .targetNotEmpty(let directory): "nothing was restored: \(directory) isn't empty; name another folder, or replace what is there with --force"
        case .notRestored(let reason): "nothing was restored: \(reason)"
        case .importTooLarge(let reason): "the import is too large: \(reason); import it in parts"
        case .notCleaned(let reason): "deleted samples stay hidden and on the disk: \(reason)"
        case .closed: "the metric store is closed"
        }
    }
}
