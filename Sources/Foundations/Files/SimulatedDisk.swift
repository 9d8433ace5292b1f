import Glibc

/// The state of a simulated disk: a tree of inodes, the name changes that aren't durable yet, and the planned faults.
struct SimulatedDisk {
    /// One name set or removed in a folder.
    private struct NameChange {
        let directory: SimulatedInode
        let name: String
        let inode: SimulatedInode?
    }

    private let numbers = SimulatedInode.Numbers()
    private let root: SimulatedInode
    /// In order; the changes of one element survive power loss together or not at all.
    private var unsynchronizedNames: [[NameChange]] = []
    private var generator: SeededGenerator
    private let clock: (any WallClock)?

    var capacityBytes: Int
    var operationCount = 0
    var crashOperation: Int?
    var faults: [Int: (code: Int32, writtenBytes: Int)] = [:]
    var isCrashed = false
    /// Grows with each restart: files of an older one are dead.
    var generation = 0
    var lockedInodes: Set<UInt64> = []

    init(seed: UInt64, capacityBytes: Int, clock: (any WallClock)?) {
        generator = SeededGenerator(seed: seed)
        self.capacityBytes = capacityBytes
        self.clock = clock
        root = SimulatedInode(numbers: numbers, isDirectory: true, modified: NanoTimestamp(nanoseconds: 0))
    }

    var now: NanoTimestamp { clock?.now() ?? NanoTimestamp(nanoseconds: Int64(operationCount)) }

    // MARK: Operations and their faults

    /// Counts an operation, fails it where that was planned, and lets it take effect. When the power goes during it, it took
    /// effect too, so that any part of it may survive.
    mutating func perform(_ operation: String, _ path: String, effect: (inout SimulatedDisk) -> Void) throws(FileError) {
        operationCount += 1
        if let fault = faults.removeValue(forKey: operationCount) { throw FileError(operation: operation, path: path, code: fault.code) }
        effect(&self)
        try cutPowerIfPlanned(operation, path)
    }

    private mutating func cutPowerIfPlanned(_ operation: String, _ path: String) throws(FileError) {
        guard let crashOperation, operationCount >= crashOperation else { return }
        isCrashed = true
        throw FileError(operation: operation, path: path, code: EIO)
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int, to inode: SimulatedInode, path: String) throws(FileError) {
        operationCount += 1
        var fitting = bytes.count
        var code: Int32 = 0
        if let fault = faults.removeValue(forKey: operationCount) {
            (code, fitting) = (fault.code, min(fault.writtenBytes, bytes.count))
        } else {
            let growth = max(0, offset + bytes.count - inode.content.count)
            if growth > 0, capacityBytes < 1 << 40 {
                let missing = usedBytes + growth - capacityBytes
                if missing > 0 { (code, fitting) = (ENOSPC, max(0, bytes.count - missing)) }
            }
        }
        inode.write(UnsafeRawBufferPointer(rebasing: bytes[..<fitting]), at: offset)
        inode.modified = now
        if code != 0 { throw FileError(operation: "write", path: path, code: code) }
        try cutPowerIfPlanned("write", path)
    }

    mutating func synchronize(_ inode: SimulatedInode, path: String) throws(FileError) {
        operationCount += 1
        if let fault = faults.removeValue(forKey: operationCount) {
            inode.synchronizePartly(using: &generator)
            throw FileError(operation: "synchronize", path: path, code: fault.code)
        }
        try cutPowerIfPlanned("synchronize", path)
        inode.synchronize()
    }

    mutating func synchronizeDirectory(_ path: String) throws(FileError) {
        let folder = try directory(path, "synchronize the folder")
        operationCount += 1
        if let fault = faults.removeValue(forKey: operationCount) {
            throw FileError(operation: "synchronize the folder", path: path, code: fault.code)
        }
        try cutPowerIfPlanned("synchronize the folder", path)
        folder.durableEntries = folder.entries!
        unsynchronizedNames = unsynchronizedNames.compactMap { group in
            let rest = group.filter { $0.directory !== folder }
            return rest.isEmpty ? nil : rest
        }
    }

    mutating func restart(after ending: SimulatedFileSystem.Ending) {
        generation += 1
        lockedInodes = []
        isCrashed = false
        crashOperation = nil
        faults = [:]
        guard ending == .powerLoss else { return }
        for group in unsynchronizedNames where Bool.random(using: &generator) {
            for change in group { change.directory.durableEntries[change.name] = change.inode }
        }
        unsynchronizedNames = []
        var visited: Set<ObjectIdentifier> = []
        losePower(root, &visited)
    }

    private mutating func losePower(_ inode: SimulatedInode, _ visited: inout Set<ObjectIdentifier>) {
        guard visited.insert(ObjectIdentifier(inode)).inserted else { return }
        guard inode.entries != nil else { return inode.losePower(using: &generator) }
        inode.entries = inode.durableEntries
        for (_, child) in inode.durableEntries.sorted(by: { $0.key < $1.key }) { losePower(child, &visited) }
    }

    /// The sizes of all files that have a name.
    var usedBytes: Int {
        var visited: Set<ObjectIdentifier> = []
        func sum(_ inode: SimulatedInode) -> Int {
            guard visited.insert(ObjectIdentifier(inode)).inserted else { return 0 }
            return inode.entries.map { $0.values.reduce(0) { $0 + sum($1) } } ?? inode.content.count
        }
        return sum(root)
    }

    // MARK: Names

    private static func components(_ path: String) -> [String] {
        var result: [String] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = result.popLast() } else { result.append(String(part)) }
        }
        return result
    }

    /// What stands at `path`, or nil.
    func find(_ path: String, _ operation: String) throws(FileError) -> SimulatedInode? {
        if isCrashed { throw FileError(operation: operation, path: path, code: EIO) }
        var inode = root
        for name in Self.components(path) {
            guard let entries = inode.entries else { throw FileError(operation: operation, path: path, code: ENOTDIR) }
            guard let next = entries[name] else { return nil }
            inode = next
        }
        return inode
    }

    func directory(_ path: String, _ operation: String) throws(FileError) -> SimulatedInode {
        guard let inode = try find(path, operation) else { throw FileError(operation: operation, path: path, code: ENOENT) }
        if inode.entries == nil { throw FileError(operation: operation, path: path, code: ENOTDIR) }
        return inode
    }

    /// The folder that holds a path's last component, and that component.
    private func place(of path: String, _ operation: String) throws(FileError) -> (directory: SimulatedInode, name: String) {
        let parts = Self.components(path)
        guard let name = parts.last else { throw FileError(operation: operation, path: path, code: EBUSY) }
        return (try directory(parts.dropLast().joined(separator: "/"), operation), name)
    }

    private mutating func change(_ changes: NameChange...) {
        for change in changes {
            change.directory.entries![change.name] = change.inode
            change.directory.modified = now
        }
        unsynchronizedNames.append(changes)
    }

    mutating func makeFile(_ path: String, _ operation: String) throws(FileError) -> SimulatedInode {
        let place = try place(of: path, operation)
        let inode = SimulatedInode(numbers: numbers, isDirectory: false, modified: now)
        try perform(operation, path) { $0.change(NameChange(directory: place.directory, name: place.name, inode: inode)) }
        return inode
    }

    mutating func makeDirectory(_ path: String) throws(FileError) {
        let operation = "create the folder"
        var parent = root
        if isCrashed { throw FileError(operation: operation, path: path, code: EIO) }
        let parts = Self.components(path)
        for (index, name) in parts.enumerated() {
            if let next = parent.entries![name] {
                if next.entries == nil { throw FileError(operation: operation, path: path, code: index == parts.count - 1 ? EEXIST : ENOTDIR) }
                parent = next
            } else {
                let folder = SimulatedInode(numbers: numbers, isDirectory: true, modified: now)
                try perform(operation, path) { [parent] in $0.change(NameChange(directory: parent, name: name, inode: folder)) }
                parent = folder
            }
        }
    }

    mutating func rename(_ path: String, to destination: String) throws(FileError) {
        let names = "\(path) to \(destination)"
        guard let inode = try find(path, "rename") else { throw FileError(operation: "rename", path: names, code: ENOENT) }
        let (source, target) = (try place(of: path, "rename"), try place(of: destination, "rename"))
        if Self.components(destination).starts(with: Self.components(path)), source.name != target.name || source.directory !== target.directory {
            throw FileError(operation: "rename", path: names, code: EINVAL)
        }
        if let standing = target.directory.entries![target.name] {
            if standing === inode { return }
            if standing.entries?.isEmpty == false { throw FileError(operation: "rename", path: names, code: ENOTEMPTY) }
            if (standing.entries == nil) != (inode.entries == nil) {
                throw FileError(operation: "rename", path: names, code: inode.entries == nil ? EISDIR : ENOTDIR)
            }
        }
        try perform("rename", names) {
            $0.change(
                NameChange(directory: source.directory, name: source.name, inode: nil),
                NameChange(directory: target.directory, name: target.name, inode: inode))
        }
    }

    mutating func remove(_ path: String) throws(FileError) {
        guard let inode = try find(path, "remove") else { throw FileError(operation: "remove", path: path, code: ENOENT) }
        if inode.entries?.isEmpty == false { throw FileError(operation: "remove", path: path, code: ENOTEMPTY) }
        let place = try place(of: path, "remove")
        try perform("remove", path) { $0.change(NameChange(directory: place.directory, name: place.name, inode: nil)) }
    }

    mutating func link(_ path: String, to destination: String) throws(FileError) {
        let names = "\(path) to \(destination)"
        guard let inode = try find(path, "link") else { throw FileError(operation: "link", path: names, code: ENOENT) }
        let place = try place(of: destination, "link")
        if place.directory.entries![place.name] != nil { throw FileError(operation: "link", path: names, code: EEXIST) }
        if inode.entries != nil { throw FileError(operation: "link", path: names, code: EPERM) }
        try perform("link", names) { $0.change(NameChange(directory: place.directory, name: place.name, inode: inode)) }
    }
}
