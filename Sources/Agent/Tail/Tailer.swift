import Foundations
import Glibc
import Logging
import Model

/// Follows log files through rotation by rename, removal and truncation, line by line. Used by one thread.
///
/// A line is taken once: its position moves when it is put in the batch, and is durable with it. After a restart reading goes on at the
/// durable positions. A file is known by device and inode, and by its first bytes and those before the position, since inodes are used again.
final class Tailer {
    let options: TailOptions
    let files: any FileSystem
    let clock: any WallClock
    let logger: Logger
    let counters: Locked<AgentCounters>
    var tailed: [FileKey: TailedFile] = [:]
    /// Files that are left alone; said once each.
    var skipped: Set<FileKey> = []
    /// Places of the last run whose file is another one now: a copy that rotation made may hold what was read there.
    var orphans: [SourcePosition] = []
    /// Files that vanished while they weren't open: their places are to be removed from the spool.
    var forgotten: [SourcePosition] = []
    private var lines: LineMaker
    private var uses = 0
    /// Order in which files are read, turned with each round so that none is always last.
    private var turn = 0

    init(options: TailOptions, files: any FileSystem, clock: any WallClock, logger: Logger, counters: Locked<AgentCounters>) {
        self.options = options
        self.files = files
        self.clock = clock
        self.logger = logger
        self.counters = counters
        lines = LineMaker(clock: clock, zoneOffsetSeconds: options.zoneOffsetSeconds, redaction: options.redaction)
    }

    // MARK: Reading

    /// Puts new lines of all files into `batch` until it is full; true where there may be more.
    func read(into batch: inout LogBatch) -> Bool {
        for position in forgotten where tailed[position.key] == nil { batch.set(position, monotonicNanoseconds: clock.monotonicNanoseconds()) }
        forgotten = []
        let order = tailed.values.sorted { ($0.key.device, $0.key.inode) < ($1.key.device, $1.key.inode) }
        var hasMore = false
        for index in order.indices {
            let file = order[(index + turn) % order.count]
            do throws(FileError) {
                if try advance(file, &batch) { hasMore = true }
            } catch {
                close(file)
                logger.warning("a log file can't be read now", metadata: ["file": "\(SafeText(file.currentPath))", "error": "\(error)"])
            }
            if batch.isFull {
                turn = (index + turn + 1) % order.count
                return true
            }
        }
        return hasMore
    }

    /// One chunk of one file; true where the file has more.
    private func advance(_ file: TailedFile, _ batch: inout LogBatch) throws(FileError) -> Bool {
        if file.hasUnsavedPosition { save(file, &batch) }
        guard let handle = try open(file) else { return false }
        let information = try handle.information()
        if case .copy(let original) = file.state { return settleCopy(file, original, sizeBytes: information.sizeBytes) }
        let isUnchanged = information.sizeBytes == file.seenSize && information.modified == file.seenModified
        let releasesHeld = isUnchanged && file.isHolding && clock.monotonicNanoseconds() - file.lastGrowthNanoseconds >= Limits.recordHoldMilliseconds * 1_000_000
        if isUnchanged && !releasesHeld { return finishIfQuiet(file, handle, &batch) }
        if information.sizeBytes != file.seenSize { file.lastGrowthNanoseconds = clock.monotonicNanoseconds() }
        (file.seenSize, file.seenModified) = (information.sizeBytes, information.modified)
        if information.sizeBytes < file.offset {
            startOver(file, &batch)
            return true
        }
        let context = file.tail.count
        let bytes = try handle.readBytes(context + Limits.chunkBytes, at: file.offset - context)
        guard bytes.starts(with: file.tail) else {
            startOver(file, &batch)
            return true
        }
        let isMore = file.offset - context + bytes.count < information.sizeBytes
        let before = file.offset
        file.isHolding = false
        bytes.withUnsafeBytes { bytes in
            let new = UnsafeRawBufferPointer(rebasing: bytes[context...])
            split(new, file, &batch, takesRest: false, releasesHeld: releasesHeld)
            // A record that fills all that is read at a time is long enough.
            if isMore, file.offset == before, !batch.isFull { split(new, file, &batch, takesRest: false, releasesHeld: true) }
        }
        if file.offset != before { save(file, &batch) }
        if isMore || batch.isFull { file.seenSize = -1 }
        return isMore
    }

    /// Takes the whole records of `bytes`. The last one is held, since lines may come that continue it, unless `releasesHeld`; with `takesRest`
    /// also a line without a line feed is one.
    private func split(_ bytes: UnsafeRawBufferPointer, _ file: TailedFile, _ batch: inout LogBatch, takesRest: Bool, releasesHeld: Bool) {
        var start = 0
        while start < bytes.count, !batch.isFull {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
            let lineFeed = memchr(rest.baseAddress!, 0x0A, rest.count).map { $0 - UnsafeMutableRawPointer(mutating: rest.baseAddress!) }
            if file.isInsideCutLine {
                let end = lineFeed.map { $0 + 1 } ?? rest.count
                file.take(UnsafeRawBufferPointer(rebasing: rest[..<end]))
                file.isInsideCutLine = lineFeed == nil
                start += end
            } else if let length = lineFeed ?? (takesRest && rest.count <= Limits.lineBytesMax ? rest.count : nil), length <= Limits.lineBytesMax {
                guard let last = recordEnd(rest, firstLine: length, isLast: takesRest || releasesHeld) else {
                    file.isHolding = true
                    return
                }
                add(UnsafeRawBufferPointer(rebasing: rest[..<last]), isCut: false, file, &batch)
                let end = last == rest.count ? last : last + 1
                file.take(UnsafeRawBufferPointer(rebasing: rest[..<end]))
                start += end
            } else if rest.count >= Limits.lineBytesMax {
                let piece = UnsafeRawBufferPointer(rebasing: rest[..<Limits.lineBytesMax])
                add(piece, isCut: true, file, &batch)
                file.take(piece)
                file.isInsideCutLine = true
                start += piece.count
            } else {
                return
            }
        }
    }

    /// Where the record ends that begins with the line of `firstLine` bytes, its line feed left out; nil where it may go on behind the bytes.
    private func recordEnd(_ bytes: UnsafeRawBufferPointer, firstLine: Int, isLast: Bool) -> Int? {
        if case .off = options.multiline { return firstLine }
        var gatherer = RecordGatherer(first: UnsafeRawBufferPointer(rebasing: bytes[..<firstLine]), rules: options.multiline)
        var end = firstLine
        while end < bytes.count {
            let start = end + 1
            guard let lineFeed = start < bytes.count ? memchr(bytes.baseAddress! + start, 0x0A, bytes.count - start) : nil else { return isLast ? end : nil }
            let next = UnsafeRawPointer(lineFeed) - bytes.baseAddress!
            if next > Limits.lineBytesMax || !gatherer.takes(UnsafeRawBufferPointer(rebasing: bytes[start..<next])) { return end }
            end = next
        }
        return end
    }

    private func add(_ line: UnsafeRawBufferPointer, isCut: Bool, _ file: TailedFile, _ batch: inout LogBatch) {
        let redactedBefore = lines.redacted.total
        guard let record = lines.record(line, stream: file.stream, isCut: isCut) else { return }
        if lines.redacted.total != redactedBefore { counters.withLock { $0.redacted = lines.redacted } }
        batch.add(record, bytes: line.count, monotonicNanoseconds: clock.monotonicNanoseconds())
        counters.withLock {
            $0.logLinesRead += 1
            $0.logBytesRead += line.count
        }
    }

    private func save(_ file: TailedFile, _ batch: inout LogBatch) {
        batch.set(file.position(), monotonicNanoseconds: clock.monotonicNanoseconds())
        file.hasUnsavedPosition = false
    }

    /// The file was truncated, or replaced in place: it is read from its start. What was written in between may be lost, unless a copy has it.
    private func startOver(_ file: TailedFile, _ batch: inout LogBatch) {
        var hasCopy = false
        for copy in tailed.values where copy.state == .copy(original: file.key) {
            copy.state = .attached
            hasCopy = true
        }
        if !hasCopy {
            counters.withLock { $0.possibleLosses += 1 }
            logger.info("a log file was truncated", metadata: ["file": "\(SafeText(file.currentPath))", "readBytes": "\(file.offset)"])
        }
        file.jump(to: 0, head: [], tail: [])
        file.isInsideCutLine = false
        save(file, &batch)
    }

    /// A copy whose original has gone past its end holds nothing new; until then its place follows the original's.
    private func settleCopy(_ file: TailedFile, _ originalKey: FileKey, sizeBytes: Int) -> Bool {
        guard let original = tailed[originalKey] else {
            file.state = .attached
            return true
        }
        if original.offset <= sizeBytes, original.offset >= file.offset { file.jump(to: original.offset, head: original.head, tail: original.tail) }
        if original.offset >= sizeBytes && sizeBytes == file.offset {
            file.state = .attached
            file.hasUnsavedPosition = true
        }
        return false
    }

    /// A detached file that nobody has written to for a while is at its end: its last line counts though no line feed follows.
    private func finishIfQuiet(_ file: TailedFile, _ handle: any File, _ batch: inout LogBatch) -> Bool {
        let quiet = clock.monotonicNanoseconds() - file.lastGrowthNanoseconds
        guard file.state == .detached, quiet >= Limits.detachedQuietMilliseconds * 1_000_000 else { return false }
        if batch.isFull { return true }
        do throws(FileError) {
            let rest = try handle.readBytes(Limits.lineBytesMax, at: file.offset)
            rest.withUnsafeBytes { split($0, file, &batch, takesRest: true, releasesHeld: true) }
        } catch {
            counters.withLock { $0.possibleLosses += 1 }
            logger.warning("the end of a rotated log file can't be read", metadata: ["file": "\(SafeText(file.path))", "error": "\(error)"])
        }
        batch.set(file.position(isGone: true), monotonicNanoseconds: clock.monotonicNanoseconds())
        close(file)
        tailed[file.key] = nil
        return false
    }

    // MARK: Descriptors

    /// The open file; nil where it stands under no name any more and wasn't open.
    private func open(_ file: TailedFile) throws(FileError) -> (any File)? {
        uses += 1
        file.lastUse = uses
        if let handle = file.file { return handle }
        guard let information = try files.information(file.currentPath), FileKey(information) == file.key else { return nil }
        if information.sizeBytes == file.seenSize && information.modified == file.seenModified && file.state == .attached && !file.isHolding { return nil }
        let handle = try files.open(file.currentPath, .read)
        guard try FileKey(handle.information()) == file.key else { return nil }
        file.file = handle
        closeLeastUsed()
        return handle
    }

    private func closeLeastUsed() {
        let open = tailed.values.filter { $0.file != nil && $0.state == .attached }
        guard open.count > Limits.descriptorsMax else { return }
        for file in open.sorted(by: { $0.lastUse < $1.lastUse }).prefix(open.count - Limits.descriptorsMax) { close(file) }
    }

    func close(_ file: TailedFile) {
        file.file?.close()
        file.file = nil
    }
}

extension FileKey {
    init(_ information: FileInformation) { self.init(device: information.device, inode: information.inode) }
}
