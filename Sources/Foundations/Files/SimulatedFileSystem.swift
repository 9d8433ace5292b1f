import Glibc

/// A disk in memory that loses what a real one may lose, repeatably by seed, for tests of whatever must survive power loss.
///
/// Every operation that changes something is counted, from 1. `crash(atOperation:)` cuts the power at one of them: it and all
/// calls after it throw until `restart`. What a restart finds:
/// - bytes and sizes that `File.synchronize` made durable, and names that `synchronizeDirectory` made durable, always;
/// - of later writes any subset of the 512-byte sectors, each in any of its last versions; of later sizes any one; of later
///   creations, renames and removals any subset, a rename within one folder as a whole or not at all.
/// So a new file whose folder wasn't synchronized can be gone, and a file can be longer than what was written into it (zeros).
///
/// A `synchronize` that was made to fail drops some of the sectors for good, though they are still read, as Linux does.
/// Paths start at one root, whether absolute or not; the root exists. Inode numbers are used again, lowest first.
public final class SimulatedFileSystem: FileSystem {
    /// What a disk writes whole or not at all.
    public static let sectorBytes = 512

    /// What ended the processes that used the disk.
    public enum Ending: Sendable {
        /// What wasn't synchronized may be lost.
        case powerLoss
        /// kill -9: open files and locks are gone, all that was written is kept.
        case processDeath
    }

    let disk: Locked<SimulatedDisk>

    /// `capacityBytes`: writes beyond it fail with ENOSPC, after what still fitted was written.
    /// `clock` gives the time of changes; without one it is the number of operations in nanoseconds.
    public init(seed: UInt64, capacityBytes: Int = 1 << 40, clock: (any WallClock)? = nil) {
        disk = Locked(SimulatedDisk(seed: seed, capacityBytes: capacityBytes, clock: clock))
    }

    // MARK: Faults

    /// Operations that changed something, or tried to, since the disk was made.
    public var operationCount: Int { disk.withLock { $0.operationCount } }
    /// Whether the power is off.
    public var isCrashed: Bool { disk.withLock { $0.isCrashed } }

    /// Cuts the power during operation `number`, counted from 1 since the disk was made (the next one where it is past already).
    public func crash(atOperation number: Int) { disk.withLock { $0.crashOperation = number } }

    /// Cuts the power now.
    public func crash() { disk.withLock { $0.isCrashed = true } }

    /// Makes operation `number` fail with an errno. A write stores its first `writtenBytes` all the same.
    public func failOperation(_ number: Int, code: Int32, writtenBytes: Int = 0) {
        disk.withLock { $0.faults[number] = (code, writtenBytes) }
    }

    /// Starts again on what survived. Files and locks from before are dead; planned crashes and faults are forgotten.
    public func restart(after ending: Ending = .powerLoss) { disk.withLock { $0.restart(after: ending) } }

    /// Fails every `space` and every write beyond as a disk of this size would; for a disk that fills up or is emptied later.
    public func setCapacity(bytes: Int) { disk.withLock { $0.capacityBytes = bytes } }

    // MARK: FileSystem

    public func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File {
        try disk.withLock { disk throws(FileError) in
            let inode: SimulatedInode
            if let found = try disk.find(path, "open") {
                if mode == .create { throw FileError(operation: "open", path: path, code: EEXIST) }
                if found.entries != nil && mode != .read { throw FileError(operation: "open", path: path, code: EISDIR) }
                inode = found
            } else {
                if mode == .read { throw FileError(operation: "open", path: path, code: ENOENT) }
                inode = try disk.makeFile(path, "open")
            }
            return SimulatedFile(self.disk, inode, path: path, generation: disk.generation, isWritable: mode != .read)
        }
    }

    public func createDirectory(_ path: String) throws(FileError) {
        try disk.withLock { disk throws(FileError) in try disk.makeDirectory(path) }
    }

    public func list(_ directory: String) throws(FileError) -> [String] {
        try disk.withLock { disk throws(FileError) in
            try disk.directory(directory, "list").entries!.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }

    public func information(_ path: String) throws(FileError) -> FileInformation? {
        try disk.withLock { disk throws(FileError) -> FileInformation? in
            do throws(FileError) {
                return try disk.find(path, "look at")?.information
            } catch {
                if error.code == ENOTDIR { return nil }
                throw error
            }
        }
    }

    public func rename(_ path: String, to destination: String) throws(FileError) {
        try disk.withLock { disk throws(FileError) in try disk.rename(path, to: destination) }
    }

    public func remove(_ path: String) throws(FileError) {
        try disk.withLock { disk throws(FileError) in try disk.remove(path) }
    }

    public func link(_ path: String, to destination: String) throws(FileError) {
        try disk.withLock { disk throws(FileError) in try disk.link(path, to: destination) }
    }

    public func synchronizeDirectory(_ path: String) throws(FileError) {
        try disk.withLock { disk throws(FileError) in try disk.synchronizeDirectory(path) }
    }

    public func map(_ path: String) throws(FileError) -> MappedFile {
        try disk.withLock { disk throws(FileError) in
            guard let inode = try disk.find(path, "map") else { throw FileError(operation: "map", path: path, code: ENOENT) }
            return MappedFile(path: path, copying: inode.content)
        }
    }

    public func lock(_ path: String) throws(FileError) -> any FileLock {
        try disk.withLock { disk throws(FileError) in
            let found = try disk.find(path, "lock")
            let inode = if let found { found } else { try disk.makeFile(path, "lock") }
            guard disk.lockedInodes.insert(inode.number).inserted else { throw FileError(operation: "lock", path: path, code: EWOULDBLOCK) }
            return SimulatedLock(self.disk, inode, generation: disk.generation)
        }
    }

    public func space(_ path: String) throws(FileError) -> (freeBytes: Int64, totalBytes: Int64) {
        try disk.withLock { disk throws(FileError) in
            _ = try disk.find(path, "measure the file system of")
            return (Int64(max(0, disk.capacityBytes - disk.usedBytes)), Int64(disk.capacityBytes))
        }
    }
}

private final class SimulatedLock: FileLock {
    private let disk: Locked<SimulatedDisk>
    private let inode: SimulatedInode
    private let generation: Int

    init(_ disk: Locked<SimulatedDisk>, _ inode: SimulatedInode, generation: Int) {
        self.disk = disk
        self.inode = inode
        self.generation = generation
    }

    deinit {
        disk.withLock { disk in
            if disk.generation == generation { disk.lockedInodes.remove(inode.number) }
        }
    }
}
