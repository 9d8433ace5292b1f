import Glibc

/// A file or folder of the simulated disk, with what is written and what is durable. Guarded by the disk's lock.
final class SimulatedInode: @unchecked Sendable {
    /// The numbers in use, so that a freed one is used again as file systems do. A lock of its own, since inodes may go at any time.
    final class Numbers: Sendable {
        private let free = Locked<(next: UInt64, returned: Set<UInt64>)>((2, []))

        func take() -> UInt64 {
            free.withLock { state in
                if let lowest = state.returned.min() {
                    state.returned.remove(lowest)
                    return lowest
                }
                defer { state.next += 1 }
                return state.next
            }
        }
        func giveBack(_ number: UInt64) { free.withLock { _ = $0.returned.insert(number) } }
    }

    /// Versions of one sector that are remembered: any of them may be what the disk holds after power loss.
    static let sectorVersionsMax = 4

    let number: UInt64
    private let numbers: Numbers
    var modified: NanoTimestamp

    /// The names in a folder; nil for a file.
    var entries: [String: SimulatedInode]?
    var durableEntries: [String: SimulatedInode] = [:]

    private(set) var content: [UInt8] = []
    private var durableContent: [UInt8] = []
    /// By sector, the versions written since the last `synchronize`.
    private var unsynchronizedSectors: [Int: [[UInt8]]] = [:]
    private var unsynchronizedSizes: [Int] = []

    init(numbers: Numbers, isDirectory: Bool, modified: NanoTimestamp) {
        self.numbers = numbers
        number = numbers.take()
        entries = isDirectory ? [:] : nil
        self.modified = modified
    }

    deinit { numbers.giveBack(number) }

    var information: FileInformation {
        FileInformation(sizeBytes: content.count, device: 1, inode: number, isDirectory: entries != nil, modified: modified)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        if bytes.isEmpty { return }
        let end = offset + bytes.count
        if end > content.count { resize(to: end) }
        content.withUnsafeMutableBytes { UnsafeMutableRawBufferPointer(rebasing: $0[offset..<end]).copyMemory(from: bytes) }
        remember(offset..<end)
    }

    func truncate(to sizeBytes: Int) {
        let before = content.count
        resize(to: sizeBytes)
        if sizeBytes < before { remember(sizeBytes..<before) }
    }

    private func resize(to sizeBytes: Int) {
        if sizeBytes < content.count {
            content.removeLast(content.count - sizeBytes)
        } else {
            content += [UInt8](repeating: 0, count: sizeBytes - content.count)
        }
        unsynchronizedSizes.append(sizeBytes)
        if unsynchronizedSizes.count > 64 { unsynchronizedSizes.removeFirst(32) }
    }

    /// Notes the present bytes of the sectors that `range` touches as versions that the disk may come to hold.
    private func remember(_ range: Range<Int>) {
        let size = SimulatedFileSystem.sectorBytes
        for sector in range.lowerBound / size...(range.upperBound - 1) / size {
            var versions = unsynchronizedSectors[sector] ?? []
            if versions.count == Self.sectorVersionsMax { versions.removeFirst() }
            versions.append(sectorContent(sector))
            unsynchronizedSectors[sector] = versions
        }
    }

    private func sectorContent(_ sector: Int) -> [UInt8] {
        let size = SimulatedFileSystem.sectorBytes
        let start = min(sector * size, content.count)
        let end = min(start + size, content.count)
        return Array(content[start..<end]) + [UInt8](repeating: 0, count: size - (end - start))
    }

    func synchronize() {
        for sector in unsynchronizedSectors.keys { store(sectorContent(sector), sector: sector) }
        settle(size: content.count)
    }

    /// What a failed `synchronize` leaves: some sectors reached the disk, the others count as clean though they never will.
    func synchronizePartly(using generator: inout SeededGenerator) {
        for sector in unsynchronizedSectors.keys.sorted() where Bool.random(using: &generator) {
            store(sectorContent(sector), sector: sector)
        }
        settle(size: content.count)
    }

    /// What the disk holds when the power is back.
    func losePower(using generator: inout SeededGenerator) {
        for (sector, versions) in unsynchronizedSectors.sorted(by: { $0.key < $1.key }) {
            let chosen = Int.random(in: 0...versions.count, using: &generator)
            if chosen > 0 { store(versions[chosen - 1], sector: sector) }
        }
        let size = unsynchronizedSizes.isEmpty || Bool.random(using: &generator) ? nil : unsynchronizedSizes.randomElement(using: &generator)
        settle(size: size ?? durableSize)
        content = durableContent
    }

    private var durableSize = 0

    private func store(_ bytes: [UInt8], sector: Int) {
        let start = sector * SimulatedFileSystem.sectorBytes
        let missing = start + bytes.count - durableContent.count
        if missing > 0 { durableContent += [UInt8](repeating: 0, count: missing) }
        durableContent.withUnsafeMutableBytes { UnsafeMutableRawBufferPointer(rebasing: $0[start...]).copyBytes(from: bytes) }
    }

    private func settle(size: Int) {
        if size < durableContent.count {
            durableContent.removeLast(durableContent.count - size)
        } else {
            durableContent += [UInt8](repeating: 0, count: size - durableContent.count)
        }
        durableSize = size
        unsynchronizedSectors = [:]
        unsynchronizedSizes = []
    }
}

/// An open file of the simulated disk.
final class SimulatedFile: File {
    let path: String
    private let disk: Locked<SimulatedDisk>
    private let inode: SimulatedInode
    private let generation: Int
    private let isWritable: Bool
    private let isOpen = Locked(true)

    init(_ disk: Locked<SimulatedDisk>, _ inode: SimulatedInode, path: String, generation: Int, isWritable: Bool) {
        self.disk = disk
        self.inode = inode
        self.path = path
        self.generation = generation
        self.isWritable = isWritable
    }

    func close() { isOpen.withLock { $0 = false } }

    func information() throws(FileError) -> FileInformation {
        try withDisk("look at") { _ in inode.information }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
        try withDisk("read") { disk throws(FileError) in
            if inode.entries != nil { throw FileError(operation: "read", path: path, code: EISDIR) }
            let count = max(0, min(buffer.count, inode.content.count - offset))
            if count > 0 { inode.content.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) } }
            return count
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
        try withDisk("write", changes: true) { disk throws(FileError) in try disk.write(bytes, at: offset, to: inode, path: path) }
    }

    func truncate(to sizeBytes: Int) throws(FileError) {
        try withDisk("truncate", changes: true) { disk throws(FileError) in
            try disk.perform("truncate", path) { disk in
                inode.truncate(to: sizeBytes)
                inode.modified = disk.now
            }
        }
    }

    func synchronize() throws(FileError) {
        try withDisk("synchronize") { disk throws(FileError) in try disk.synchronize(inode, path: path) }
    }

    private func withDisk<Result>(
        _ operation: String, changes: Bool = false, _ body: (inout SimulatedDisk) throws(FileError) -> Result
    ) throws(FileError) -> Result {
        try disk.withLock { disk throws(FileError) in
            if disk.isCrashed { throw FileError(operation: operation, path: path, code: EIO) }
            guard disk.generation == generation, isOpen.withLock({ $0 }), isWritable || !changes else {
                throw FileError(operation: operation, path: path, code: EBADF)
            }
            return try body(&disk)
        }
    }
}
