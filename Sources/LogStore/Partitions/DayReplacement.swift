import Foundations

/// Gives a whole file a day's place, whatever stands there: at any moment, a crash leaves what was there or the new file, each whole.
///
/// The file gets a name of its own first, which decides: from then on it is the day. Its forerunner's write-ahead log and index go next,
/// so that they never meet the new file, and then it takes the day's name. What a crash left of that is done by whoever opens the folder.
struct DayReplacement {
    /// In the name of a file that is the day, though another one may still have its place.
    static let mark = ".replacing"

    let name: PartitionName
    let directory: String
    let fileSystem: any FileSystem

    private var target: String { Paths.join(directory, name.file) }

    /// The day for which a file of a folder has been chosen; nil for any other name.
    static func day(ofFile file: String) -> PartitionName? {
        file.hasSuffix(mark) ? PartitionName(file: String(file.dropLast(mark.count))) : nil
    }

    /// Whether a file was chosen that hasn't got the day's name yet.
    func isDecided() throws(FileError) -> Bool { try fileSystem.exists(target + Self.mark) }

    /// Makes a file of the same folder the day. Durable on return; `finish` is still to be called.
    func decide(_ path: String) throws(FileError) {
        let file = try fileSystem.open(path, .readWrite)
        defer { file.close() }
        try file.synchronize()
        try fileSystem.rename(path, to: target + Self.mark)
        try fileSystem.synchronizeDirectory(directory)
    }

    /// Gives the chosen file its name. After an error it can be called again.
    func finish() throws(FileError) {
        for suffix in PartitionName.suffixes.dropFirst() { try remove(target + suffix) }
        for suffix in PartitionName.suffixes { try remove(Paths.join(directory, name.indexFile) + suffix) }
        try fileSystem.synchronizeDirectory(directory)
        try fileSystem.rename(target + Self.mark, to: target)
        try fileSystem.synchronizeDirectory(directory)
    }

    private func remove(_ path: String) throws(FileError) {
        if try fileSystem.exists(path) { try fileSystem.remove(path) }
    }
}
