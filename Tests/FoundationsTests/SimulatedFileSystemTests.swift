import Foundations
import Glibc
import TestSupport
import Testing

@Suite struct SimulatedFileSystemTests {
    private func file(_ disk: SimulatedFileSystem, _ path: String) throws -> [UInt8] { try disk.readAll(path, bytesMax: 1 << 20) }

    @Test func synchronizedBytesUnderASynchronizedNameSurvive() throws {
        for seed in 0..<20 as Range<UInt64> {
            let disk = SimulatedFileSystem(seed: seed)
            let file = try disk.open("a", .create)
            try file.write([UInt8](repeating: 7, count: 3000), at: 0)
            try file.synchronize()
            try disk.synchronizeDirectory("/")
            disk.crash()
            disk.restart()
            #expect(try self.file(disk, "a") == [UInt8](repeating: 7, count: 3000))
        }
    }

    @Test func aNewNameIsDurableOnlyWithItsFolder() throws {
        let survivors = try (0..<40 as Range<UInt64>).filter { seed in
            let disk = SimulatedFileSystem(seed: seed)
            let file = try disk.open("a", .create)
            try file.write([1, 2, 3], at: 0)
            try file.synchronize()
            disk.crash()
            disk.restart()
            let exists = try disk.exists("a")
            if exists { #expect(try self.file(disk, "a") == [1, 2, 3]) }
            return exists
        }
        #expect(survivors.count > 5 && survivors.count < 35)
    }

    @Test func aRenameWithinAFolderIsKeptAsAWholeOrNotAtAll() throws {
        var outcomes: Set<[UInt8]> = []
        for seed in 0..<40 as Range<UInt64> {
            let disk = SimulatedFileSystem(seed: seed)
            for (name, byte) in [("old", UInt8(1)), ("new", 2)] {
                let file = try disk.open(name, .create)
                try file.write([byte], at: 0)
                try file.synchronize()
            }
            try disk.synchronizeDirectory("/")
            try disk.rename("new", to: "old")
            disk.crash()
            disk.restart()
            let names = try disk.list("/")
            let content = try file(disk, "old")
            #expect(names == (content == [1] ? ["new", "old"] : ["old"]))
            outcomes.insert(content)
        }
        #expect(outcomes == [[1], [2]])
    }

    @Test func unsynchronizedSectorsAreLostOrKeptOneByOne() throws {
        var torn = 0
        for seed in 0..<40 as Range<UInt64> {
            let disk = SimulatedFileSystem(seed: seed)
            let file = try disk.open("a", .create)
            try file.write([UInt8](repeating: 1, count: 2048), at: 0)
            try file.synchronize()
            try disk.synchronizeDirectory("/")
            try file.write([UInt8](repeating: 2, count: 2048), at: 0)
            disk.crash()
            disk.restart()
            let bytes = try self.file(disk, "a")
            #expect(bytes.count == 2048)
            for sector in 0..<4 { #expect(Set(bytes[sector * 512..<(sector + 1) * 512]).count == 1) }
            if Set(bytes).count == 2 { torn += 1 }
        }
        #expect(torn > 20)
    }

    @Test func anUnsynchronizedSizeMayBeAnyThatWasSeen() throws {
        var sizes: Set<Int> = []
        for seed in 0..<80 as Range<UInt64> {
            let disk = SimulatedFileSystem(seed: seed)
            let file = try disk.open("a", .create)
            try disk.synchronizeDirectory("/")
            try file.write([1], at: 0)
            try file.write([1], at: 999)
            try file.truncate(to: 500)
            disk.crash()
            disk.restart()
            sizes.insert(try disk.information("a")!.sizeBytes)
        }
        #expect(sizes == [0, 1, 1000, 500])
    }

    @Test func fromTheCrashOnEverythingFailsUntilTheRestart() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let file = try disk.open("a", .create)
        try disk.synchronizeDirectory("/")
        disk.crash(atOperation: disk.operationCount + 2)
        try file.write([1], at: 0)
        #expect(throws: FileError.self) { try file.synchronize() }
        #expect(disk.isCrashed)
        #expect(throws: FileError.self) { try disk.list("/") }
        #expect(throws: FileError.self) { try file.readBytes(1, at: 0) }
        disk.restart()
        #expect(try disk.list("/") == ["a"])
        #expect(throws: FileError(operation: "read", path: "a", code: EBADF)) { try file.readBytes(1, at: 0) }
    }

    @Test func theDeathOfAProcessKeepsWhatWasWrittenAndFreesLocks() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let lock = try disk.lock("lock")
        try disk.open("a", .create).write([1, 2], at: 0)
        #expect(throws: FileError(operation: "lock", path: "lock", code: EWOULDBLOCK)) { try disk.lock("lock") }
        disk.restart(after: .processDeath)
        #expect(try file(disk, "a") == [1, 2])
        _ = try disk.lock("lock")
        withExtendedLifetime(lock) {}
    }

    @Test func plannedFaultsHitTheirOperationAlone() throws {
        let disk = SimulatedFileSystem(seed: 1)
        let file = try disk.open("a", .create)
        disk.failOperation(2, code: ENOSPC, writtenBytes: 2)
        #expect(throws: FileError(operation: "write", path: "a", code: ENOSPC)) { try file.write([1, 2, 3], at: 0) }
        #expect(try file.sizeBytes() == 2)
        disk.failOperation(3, code: EIO)
        #expect(throws: FileError(operation: "synchronize", path: "a", code: EIO)) { try file.synchronize() }
        try file.write([9], at: 2)
        #expect(try file.readBytes(10, at: 0) == [1, 2, 9])
    }

    @Test func afterAFailedSynchronizeALaterOneDoesNotSaveWhatWasDropped() throws {
        var lost = 0
        for seed in 0..<20 as Range<UInt64> {
            let disk = SimulatedFileSystem(seed: seed)
            let file = try disk.open("a", .create)
            try disk.synchronizeDirectory("/")
            try file.write([UInt8](repeating: 5, count: 512), at: 0)
            disk.failOperation(disk.operationCount + 1, code: EIO)
            #expect(throws: FileError.self) { try file.synchronize() }
            try file.synchronize()
            #expect(try file.readBytes(1, at: 0) == [5])
            disk.crash()
            disk.restart()
            if try self.file(disk, "a").first == 0 { lost += 1 }
        }
        #expect(lost > 3)
    }

    @Test func aFullDiskTakesWhatFits() throws {
        let disk = SimulatedFileSystem(seed: 1, capacityBytes: 10)
        let file = try disk.open("a", .create)
        try file.write([UInt8](repeating: 1, count: 8), at: 0)
        #expect(throws: FileError(operation: "write", path: "a", code: ENOSPC)) { try file.write([1, 1, 1], at: 8) }
        #expect(try file.sizeBytes() == 10)
        #expect(try disk.space("/").freeBytes == 0)
        disk.setCapacity(bytes: 20)
        try file.write([1, 1, 1], at: 10)
    }

    @Test func theSameSeedLosesTheSame() throws {
        func run() throws -> [UInt8] {
            let disk = SimulatedFileSystem(seed: 99)
            let file = try disk.open("a", .create)
            try disk.synchronizeDirectory("/")
            for index in 0..<30 { try file.write([UInt8](repeating: UInt8(index), count: 700), at: index * 700) }
            disk.crash()
            disk.restart()
            return try self.file(disk, "a")
        }
        #expect(try run() == run())
    }

    @Test func replaceIsOldOrNewAtEveryPointOfPowerLoss() throws {
        var outcomes: Set<UInt8> = []
        for operation in 1...12 {
            for seed in 0..<10 as Range<UInt64> {
                let disk = SimulatedFileSystem(seed: seed)
                try disk.createDirectory("d")
                try disk.synchronizeDirectory("/")
                try disk.replace("d/f", with: [UInt8](repeating: 1, count: 1500))
                disk.crash(atOperation: disk.operationCount + operation)
                let isDone = (try? disk.replace("d/f", with: [UInt8](repeating: 2, count: 1600))) != nil
                disk.crash()
                disk.restart()
                let bytes = try file(disk, "d/f")
                #expect(bytes == [UInt8](repeating: 1, count: 1500) || bytes == [UInt8](repeating: 2, count: 1600))
                if isDone { #expect(bytes.first == 2) }
                outcomes.insert(bytes[0])
            }
        }
        #expect(outcomes == [1, 2])
    }

    @Test func freedInodeNumbersAreUsedAgain() throws {
        let disk = SimulatedFileSystem(seed: 1)
        _ = try disk.open("a", .create)
        let number = try disk.information("a")!.inode
        try disk.remove("a")
        try disk.synchronizeDirectory("/")
        _ = try disk.open("b", .create)
        #expect(try disk.information("b")!.inode == number)
    }
}

/// Both disks answer the same to the same calls.
@Test(arguments: 0..<30 as Range<UInt64>) func simulatedAndRealFileSystemsAgree(seed: UInt64) throws {
    let folder = TemporaryDirectory()
    let disks: [(any FileSystem, String)] = [(RealFileSystem(), folder.path), (SimulatedFileSystem(seed: seed), "/work")]
    try disks[1].0.createDirectory("/work")
    var outcomes: [[String]] = []
    for (disk, root) in disks {
        var generator = SeededGenerator(seed: seed)
        var outcome: [String] = []
        for _ in 0..<120 {
            do throws(FileError) {
                outcome.append(try step(disk, root, &generator))
            } catch {
                // Of several reasons to refuse a rename, systems differ in which they name.
                outcome.append(error.operation == "rename" ? "no rename" : "\(error.operation) \(error.code)")
            }
        }
        outcomes.append(outcome)
    }
    for (index, (real, simulated)) in zip(outcomes[0], outcomes[1]).enumerated() {
        try #require(real == simulated, "call \(index)")
    }
}

private func step(_ disk: any FileSystem, _ root: String, _ generator: inout SeededGenerator) throws(FileError) -> String {
    func path() -> String { root + "/" + ["a", "b", "d", "d/a", "d/e", "d/e/f"].randomElement(using: &generator)! }
    switch Int.random(in: 0..<10, using: &generator) {
    case 0:
        try disk.createDirectory(path())
        return "made"
    case 1:
        try disk.rename(path(), to: path())
        return "renamed"
    case 2:
        try disk.remove(path())
        return "removed"
    case 3:
        try disk.link(path(), to: path())
        return "linked"
    case 4: return try disk.list(path()).joined(separator: " ")
    case 5: return try disk.information(path()).map { $0.isDirectory ? "folder" : "\($0.sizeBytes)" } ?? "nothing"
    case 6: return try disk.readAll(path(), bytesMax: 4096).description
    case 7:
        try disk.open(path(), .readWrite).truncate(to: Int.random(in: 0..<9, using: &generator))
        return "truncated"
    default:
        let mode: OpenMode = Bool.random(using: &generator) ? .create : .readWrite
        try disk.open(path(), mode).write([1, 2, 3], at: Int.random(in: 0..<9, using: &generator))
        return "written"
    }
}
