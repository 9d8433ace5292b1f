import Foundations
import Glibc
import TestSupport
import Testing

@Suite struct RealFileSystemTests {
    let folder = TemporaryDirectory("files")
    let disk = RealFileSystem()

    @Test func writtenBytesAreReadAgainInEveryWay() throws {
        let path = folder.path("a")
        let file = try disk.open(path, .create)
        try file.write([1, 2, 3, 4], at: 2)
        try file.synchronize()
        #expect(try file.readBytes(10, at: 0) == [0, 0, 1, 2, 3, 4])
        #expect(try disk.readAll(path, bytesMax: 6) == [0, 0, 1, 2, 3, 4])
        let mapped = try disk.map(path)
        #expect(withExtendedLifetime(mapped) { Array(mapped.bytes) } == [0, 0, 1, 2, 3, 4])
        try file.truncate(to: 3)
        #expect(try file.sizeBytes() == 3)
        #expect(try disk.information(path)?.sizeBytes == 3)
    }

    @Test func anEmptyFileIsMappedAsNoBytes() throws {
        _ = try disk.open(folder.path("a"), .create)
        #expect(try disk.map(folder.path("a")).bytes.isEmpty)
    }

    @Test func aFileLongerThanAllowedIsAnError() throws {
        try disk.replace(folder.path("a"), with: [1, 2, 3])
        #expect(throws: FileError(operation: "read all of", path: folder.path("a"), code: EFBIG)) {
            try disk.readAll(folder.path("a"), bytesMax: 2)
        }
    }

    @Test func errorsSayWhatWhereAndWhy() throws {
        let path = folder.path("missing")
        let error = #expect(throws: FileError.self) { try disk.open(path, .read) }
        #expect(error?.description == "can't open \(path): No such file or directory")
        #expect(error?.isNotFound == true)
        #expect(try disk.information(path) == nil)
        _ = try disk.open(path, .create)
        #expect(throws: FileError(operation: "open", path: path, code: EEXIST)) { try disk.open(path, .create) }
        #expect(throws: FileError(operation: "create the folder", path: path, code: EEXIST)) { try disk.createDirectory(path) }
    }

    @Test func aLockIsHeldOnceAndEndsWithItsObject() throws {
        let path = folder.path("lock")
        var lock: (any FileLock)? = try disk.lock(path)
        let error = #expect(throws: FileError.self) { try disk.lock(path) }
        #expect(error?.isLocked == true)
        withExtendedLifetime(lock) {}
        lock = nil
        _ = try disk.lock(path)
    }

    @Test func foldersAreMadeWithTheirParentsAndRemovedWithAllInThem() throws {
        let path = folder.path("a/b/c")
        try disk.createDirectory(path)
        try disk.createDirectory(path)
        try disk.replace(path + "/z", with: [1])
        try disk.replace(path + "/y", with: [1])
        #expect(try disk.list(path) == ["y", "z"])
        try disk.link(path + "/y", to: path + "/x")
        #expect(try disk.information(path + "/x")?.inode == disk.information(path + "/y")?.inode)
        try disk.removeTree(folder.path("a"))
        try disk.removeTree(folder.path("a"))
        #expect(try disk.list(folder.path) == [])
    }

    @Test func aClosedFileRefusesAndDoesNotTouchAnothersDescriptor() throws {
        let file = try disk.open(folder.path("a"), .create)
        file.close()
        file.close()
        #expect(throws: FileError(operation: "write", path: folder.path("a"), code: EBADF)) { try file.write([1], at: 0) }
    }

    @Test func spaceIsThatOfTheFileSystem() throws {
        let space = try disk.space(folder.path)
        #expect(space.totalBytes > 0 && space.freeBytes >= 0 && space.freeBytes <= space.totalBytes)
    }

    @Test func aFullDeviceIsKnownAsSuch() throws {
        let full = try disk.open("/dev/full", .readWrite)
        let error = #expect(throws: FileError.self) { try full.write([1], at: 0) }
        #expect(error?.isDiskFull == true)
    }
}

@Test(arguments: [
    ("a/b", "a", "b"), ("/b", "/", "b"), ("b", ".", "b"), ("/a/b/c.log", "/a/b", "c.log"),
])
func pathsAreTakenApart(path: String, directory: String, name: String) {
    #expect(Paths.directory(of: path) == directory)
    #expect(Paths.name(of: path) == name)
    #expect(directory == "." || Paths.join(directory, name) == path)
}

@Test func joiningToNothingIsTheName() {
    #expect(Paths.join("", "a") == "a")
    #expect(Paths.join("/", "a") == "/a")
}
