import CPlatform
import Glibc

/// The machine's file system.
public struct RealFileSystem: FileSystem {
    static let fileMode: mode_t = 0o640
    static let directoryMode: mode_t = 0o750

    public init() {}

    public func open(_ path: String, _ mode: OpenMode) throws(FileError) -> any File {
        RealFile(descriptor: try openDescriptor(path, mode), path: path)
    }

    private func openDescriptor(_ path: String, _ mode: OpenMode) throws(FileError) -> Int32 {
        let flags: Int32 =
            switch mode {
            case .read: O_RDONLY
            case .readWrite: O_RDWR | O_CREAT
            case .create: O_RDWR | O_CREAT | O_EXCL
            }
        while true {
            let descriptor = nj_open(path, flags | O_CLOEXEC, Self.fileMode)
            if descriptor >= 0 { return descriptor }
            if descriptor != -EINTR { throw FileError(operation: "open", path: path, code: -descriptor) }
        }
    }

    public func createDirectory(_ path: String) throws(FileError) {
        if mkdir(path, Self.directoryMode) == 0 { return }
        let code = errno
        if code == ENOENT {
            let parent = Paths.directory(of: path)
            if parent != path {
                try createDirectory(parent)
                try check(mkdir(path, Self.directoryMode), "create the folder", path, tolerating: EEXIST)
                return
            }
        }
        if code == EEXIST, try information(path)?.isDirectory == true { return }
        throw FileError(operation: "create the folder", path: path, code: code)
    }

    public func list(_ directory: String) throws(FileError) -> [String] {
        guard let stream = opendir(directory) else { throw FileError(operation: "list", path: directory, code: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    public func information(_ path: String) throws(FileError) -> FileInformation? {
        var status = stat()
        if stat(path, &status) == 0 { return FileInformation(status) }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw FileError(operation: "look at", path: path, code: errno)
    }

    public func rename(_ path: String, to destination: String) throws(FileError) {
        try check(Glibc.rename(path, destination), "rename", "\(path) to \(destination)")
    }

    public func remove(_ path: String) throws(FileError) { try check(Glibc.remove(path), "remove", path) }

    public func link(_ path: String, to destination: String) throws(FileError) {
        try check(Glibc.link(path, destination), "link", "\(path) to \(destination)")
    }

    public func synchronizeDirectory(_ path: String) throws(FileError) {
        let descriptor = nj_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        if descriptor < 0 { throw FileError(operation: "open the folder", path: path, code: -descriptor) }
        defer { Glibc.close(descriptor) }
        try check(fsync(descriptor), "synchronize the folder", path)
    }

    public func map(_ path: String) throws(FileError) -> MappedFile {
        let descriptor = try openDescriptor(path, .read)
        defer { Glibc.close(descriptor) }
        var status = stat()
        try check(fstat(descriptor, &status), "look at", path)
        let size = Int(status.st_size)
        if size == 0 { return MappedFile(path: path, copying: []) }
        guard let address = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), address != MAP_FAILED else {
            throw FileError(operation: "map", path: path, code: errno)
        }
        return MappedFile(path: path, bytes: UnsafeRawBufferPointer(start: address, count: size)) {
            munmap(UnsafeMutableRawPointer(mutating: $0.baseAddress!), $0.count)
        }
    }

    public func lock(_ path: String) throws(FileError) -> any FileLock {
        let descriptor = try openDescriptor(path, .readWrite)
        let status = nj_lock_exclusive(descriptor)
        if status != 0 {
            Glibc.close(descriptor)
            throw FileError(operation: "lock", path: path, code: -status)
        }
        return RealFileLock(descriptor: descriptor)
    }

    public func space(_ path: String) throws(FileError) -> (freeBytes: Int64, totalBytes: Int64) {
        var status = statvfs()
        try check(statvfs(path, &status), "measure the file system of", path)
        let block = Int64(clamping: status.f_frsize)
        return (Int64(clamping: status.f_bavail) * block, Int64(clamping: status.f_blocks) * block)
    }

    private func check(_ status: Int32, _ operation: String, _ path: String, tolerating: Int32 = 0) throws(FileError) {
        if status != 0, errno != tolerating { throw FileError(operation: operation, path: path, code: errno) }
    }
}

extension FileInformation {
    init(_ status: stat) {
        self.init(
            sizeBytes: Int(status.st_size), device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
            isDirectory: status.st_mode & S_IFMT == S_IFDIR,
            modified: NanoTimestamp(nanoseconds: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)))
    }
}

private final class RealFileLock: FileLock {
    private let descriptor: Int32
    init(descriptor: Int32) { self.descriptor = descriptor }
    deinit { Glibc.close(descriptor) }
}

private final class RealFile: File {
    let path: String
    /// -1 once closed.
    private let descriptor: Locked<Int32>

    init(descriptor: Int32, path: String) {
        self.descriptor = Locked(descriptor)
        self.path = path
    }

    deinit { close() }

    func close() {
        let open = descriptor.withLock { current in
            defer { current = -1 }
            return current
        }
        if open >= 0 { Glibc.close(open) }
    }

    func information() throws(FileError) -> FileInformation {
        var status = stat()
        if fstat(current, &status) != 0 { throw error("look at") }
        return FileInformation(status)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(current, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw error("read")
            }
            done += count
        }
        return done
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(current, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            if count < 0 {
                if errno == EINTR { continue }
                throw error("write")
            }
            done += count
        }
    }

    func truncate(to sizeBytes: Int) throws(FileError) {
        while ftruncate(current, off_t(sizeBytes)) != 0 {
            if errno != EINTR { throw error("truncate") }
        }
    }

    func synchronize() throws(FileError) {
        if fdatasync(current) != 0 { throw error("synchronize") }
    }

    private var current: Int32 { descriptor.withLock { $0 } }
    private func error(_ operation: String) -> FileError { FileError(operation: operation, path: path, code: errno) }
}
