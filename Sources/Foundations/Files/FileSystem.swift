/// The disk, as a parameter of whatever must survive its faults: `RealFileSystem` in production, `SimulatedFileSystem` in tests.
///
/// Paths are absolute or relative to the working directory. Creating, renaming or removing a name is durable only after
/// `synchronizeDirectory` of the folder it stands in; written bytes only after `File.synchronize`.
public protocol FileSystem: Sendable {
    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File
    /// Creates a folder and its missing parents (mode 0750). Existing ones are left as they are.
    func createDirectory(_ path: String) throws(FileError)
    /// The names in a folder, without `.` and `..`, sorted by bytes.
    func list(_ directory: String) throws(FileError) -> [String]
    /// What stands at `path`, links followed; nil where nothing does.
    func information(_ path: String) throws(FileError) -> FileInformation?
    /// Moves a name atomically over whatever stood at `destination`.
    func rename(_ path: String, to destination: String) throws(FileError)
    /// Removes a file or an empty folder.
    func remove(_ path: String) throws(FileError)
    /// A second name for the same file (hard link).
    func link(_ path: String, to destination: String) throws(FileError)
    /// Makes the names in a folder durable.
    func synchronizeDirectory(_ path: String) throws(FileError)
    /// The whole file, read-only, mapped where the system can.
    func map(_ path: String) throws(FileError) -> MappedFile
    /// Takes an exclusive lock on a file (made where it is missing) that ends with the returned object, or with the process.
    /// Throws with `isLocked` where another process holds it.
    func lock(_ path: String) throws(FileError) -> any FileLock
    /// Bytes that an unprivileged process may still write on the file system of `path`, and its size.
    func space(_ path: String) throws(FileError) -> (freeBytes: Int64, totalBytes: Int64)
}

public enum OpenMode: Sendable {
    /// An existing file, for reading.
    case read
    /// For reading and writing, made where it is missing (mode 0640), kept as it is where it isn't.
    case readWrite
    /// A new file for reading and writing; an error (EEXIST) where there is one.
    case create
}

public struct FileInformation: Equatable, Sendable {
    public var sizeBytes: Int
    public var device: UInt64
    public var inode: UInt64
    public var isDirectory: Bool
    public var modified: NanoTimestamp

    public init(sizeBytes: Int, device: UInt64, inode: UInt64, isDirectory: Bool, modified: NanoTimestamp) {
        self.sizeBytes = sizeBytes
        self.device = device
        self.inode = inode
        self.isDirectory = isDirectory
        self.modified = modified
    }
}

/// An open file. Closed by `close` or when its last reference goes. Calls from several threads are safe; they don't order one another.
public protocol File: AnyObject, Sendable {
    var path: String { get }
    func information() throws(FileError) -> FileInformation
    /// Reads at `offset` until the buffer is full or the file ends; returns the bytes read.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int
    /// Writes all of `bytes` at `offset`. After an error any part of them may have been written.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError)
    func truncate(to sizeBytes: Int) throws(FileError)
    /// Makes the written bytes, and the size, durable (fdatasync).
    func synchronize() throws(FileError)
    func close()
}

/// Held for as long as the object lives.
public protocol FileLock: AnyObject, Sendable {}

extension File {
    public func sizeBytes() throws(FileError) -> Int { try information().sizeBytes }

    public func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(FileError) in try self.write(buffer, at: offset) }
        }
        try result.get()
    }

    /// Up to `count` bytes from `offset`; fewer where the file ends.
    public func readBytes(_ count: Int, at offset: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(FileError) in try self.read(into: buffer, at: offset) }
        }
        bytes.removeLast(count - (try result.get()))
        return bytes
    }
}

extension FileSystem {
    public func exists(_ path: String) throws(FileError) -> Bool { try information(path) != nil }

    /// The whole file. Throws EFBIG where it is longer than `bytesMax`.
    public func readAll(_ path: String, bytesMax: Int) throws(FileError) -> [UInt8] {
        let file = try open(path, .read)
        defer { file.close() }
        let bytes = try file.readBytes(min(bytesMax + 1, max(4096, try file.sizeBytes() + 1)), at: 0)
        if bytes.count > bytesMax { throw FileError(operation: "read all of", path: path, code: 27 /* EFBIG */) }
        return bytes
    }

    /// Replaces a file as a whole: written beside it, synchronized, renamed over it, the folder synchronized.
    public func replace(_ path: String, with bytes: [UInt8]) throws(FileError) {
        let temporary = path + ".tmp"
        if try exists(temporary) { try remove(temporary) }
        let file = try open(temporary, .create)
        defer { file.close() }
        try file.write(bytes, at: 0)
        try file.synchronize()
        try rename(temporary, to: path)
        try synchronizeDirectory(Paths.directory(of: path))
    }

    /// Removes a file, or a folder with all that is in it. Nothing there is fine.
    public func removeTree(_ path: String) throws(FileError) {
        guard let information = try information(path) else { return }
        if information.isDirectory {
            for name in try list(path) { try removeTree(Paths.join(path, name)) }
        }
        try remove(path)
    }
}
