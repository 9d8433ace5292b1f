import Foundations

/// Appends records to the write-ahead log. Used by one thread at a time.
final class LogWriter {
    /// What a write came to.
    enum Failure: Error {
        /// Nothing of it is in the log; the next write may succeed.
        case refused(FileError)
        /// Whether it is durable can't be known; no further write may be promised.
        case uncertain(FileError)
    }

    private let fileSystem: any FileSystem
    private let directory: String
    private var file: (any File)?
    /// The current segment, or the last one where none is open.
    private(set) var segment: UInt64
    private var endBytes = 0
    /// Something may stand behind `endBytes` that a failed write left.
    private var hasLeftovers = false
    private(set) var nextSequence: UInt64

    init(fileSystem: any FileSystem, directory: String, lastSegment: UInt64, nextSequence: UInt64) {
        self.fileSystem = fileSystem
        self.directory = directory
        segment = lastSegment
        self.nextSequence = nextSequence
    }

    var segmentBytes: Int { file == nil ? 0 : endBytes }
    var isOpen: Bool { file != nil }

    /// Closes the current segment and begins the next one; durable on return.
    func rotate() throws(Failure) {
        let path = LogWriter.path(directory, segment + 1)
        do throws(FileError) {
            let header = RecordFile.encode(.init(kind: .log, number: segment + 1, start: nextSequence))
            if try fileSystem.exists(path) { try fileSystem.remove(path) }
            let next = try fileSystem.open(path, .create)
            try next.write(header, at: 0)
            try next.synchronize()
            try fileSystem.synchronizeDirectory(directory)
            file?.close()
            file = next
            segment += 1
            endBytes = header.count
            hasLeftovers = false
        } catch {
            // The half-made file is replaced by the next attempt, and holds no record.
            throw .refused(error)
        }
    }

    /// Writes a finished record (its header filled in with `nextSequence`) and makes it durable.
    func append(_ record: [UInt8]) throws(Failure) {
        guard let file else { preconditionFailure("a record was written before the first segment") }
        do throws(FileError) {
            if hasLeftovers {
                try file.truncate(to: endBytes)
                hasLeftovers = false
            }
            hasLeftovers = true
            try file.write(record, at: endBytes)
        } catch {
            discardLeftovers(of: file)
            throw .refused(error)
        }
        do { try file.synchronize() } catch { throw .uncertain(error) }
        hasLeftovers = false
        endBytes += record.count
        nextSequence += 1
    }

    /// Cuts what a failed write left. Where that fails too, the next write tries again first.
    private func discardLeftovers(of file: any File) {
        do {
            try file.truncate(to: endBytes)
            hasLeftovers = false
        } catch {
            hasLeftovers = true
        }
    }

    func close() {
        file?.close()
        file = nil
    }

    static func path(_ directory: String, _ segment: UInt64) -> String { Paths.join(directory, NumberedName.text(segment) + ".log") }
}

/// Names of files that are numbers: 16 hexadecimal digits, so that names sort as the numbers do.
enum NumberedName {
    static func text(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The number of a name with this ending; nil where it is another one.
    static func number(_ name: String, ending: String) -> UInt64? {
        guard name.hasSuffix(ending), name.utf8.count == 16 + ending.utf8.count else { return nil }
        return UInt64(name.dropLast(ending.count), radix: 16)
    }
}
