import Foundations
import Logging
import Model

/// Finding files: at start, where they were left; then new, renamed and removed ones.
extension Tailer {
    private struct Found {
        var path: String
        var job: String
        var information: FileInformation
    }

    private func found() -> [FileKey: Found] {
        var result: [FileKey: Found] = [:]
        for source in options.sources {
            for (path, information) in source.glob.find(in: files, excluding: source.isOwn ? [] : options.excludedDirectories) where result.count < Limits.filesMax {
                let key = FileKey(information)
                if result[key] == nil { result[key] = Found(path: path, job: source.job, information: information) }
            }
        }
        return result
    }

    /// Takes up the files of the last run, also those that were rotated since; then the others.
    func start(_ positions: SourcePositions, into batch: inout LogBatch) {
        let found = found()
        let globs = options.sources.filter { !$0.isOwn }.map(\.glob.pattern)
        if !globs.isEmpty && !found.values.contains(where: { $0.job != TailOptions.ownJob }) {
            logger.warning("no log file matches, so none is read until one appears", metadata: ["logs": "\(globs.joined(separator: " "))"])
        }
        for position in positions.byKey.values {
            let place = found[position.key].map { ($0.path, $0.job, TailedFile.State.attached) } ?? rotatedSibling(position).map { ($0, job(of: position.path), .detached) }
            guard let (path, job, state) = place, resume(position, path, job, state) else {
                batch.set(gone(position), monotonicNanoseconds: clock.monotonicNanoseconds())
                continue
            }
        }
        for (key, file) in found.sorted(by: { $0.value.path < $1.value.path }) where tailed[key] == nil { adopt(key, file, isFirstScan: true) }
        counters.withLock { $0.possibleLosses += orphans.count }
        orphans = []
    }

    /// Looks for files that appeared, were renamed or are gone.
    func scan() {
        let found = found()
        for (key, file) in found.sorted(by: { $0.value.path < $1.value.path }) {
            if let known = tailed[key] {
                known.currentPath = file.path
                if known.state == .detached { known.state = .attached }
            } else if !skipped.contains(key) {
                adopt(key, file, isFirstScan: false)
            }
        }
        for (key, file) in tailed where found[key] == nil && (file.state != .detached || file.file == nil) { detach(file) }
        skipped = skipped.filter { found[$0] != nil }
    }

    private func gone(_ position: SourcePosition) -> SourcePosition {
        var position = position
        position.isGone = true
        return position
    }

    private func job(of path: String) -> String {
        let name = Array(Paths.name(of: path).utf8)
        let source = options.sources.first { Glob.matches(Array(Paths.name(of: $0.glob.pattern).utf8), name) }
        return source?.job ?? options.sources.first?.job ?? "files"
    }

    /// Where a file of the last run stands now: rotation keeps it in its folder under another name.
    private func rotatedSibling(_ position: SourcePosition) -> String? { sibling(position.key, of: position.path) }

    private func sibling(_ key: FileKey, of path: String) -> String? {
        let folder = Paths.directory(of: path)
        // A folder that is gone holds no siblings.
        for name in (try? files.list(folder)) ?? [] {
            let candidate = Paths.join(folder, name)
            if let information = try? files.information(candidate), FileKey(information) == key { return candidate }
        }
        return nil
    }

    /// Goes on in a file of the last run where it still begins and goes on as it did; one that doesn't is another file in its place.
    private func resume(_ position: SourcePosition, _ path: String, _ job: String, _ state: TailedFile.State) -> Bool {
        do throws(FileError) {
            let handle = try files.open(path, .read)
            defer { handle.close() }
            let marks = try fingerprints(of: handle, offset: position.offset)
            let isSame = marks.map { CRC32C.checksum($0.head) == position.headChecksum && CRC32C.checksum($0.tail) == position.tailChecksum } ?? false
            guard isSame, let marks else {
                orphans.append(position)
                return false
            }
            let file = TailedFile(
                key: position.key, path: position.path, currentPath: path, stream: options.stream(job: job, path: position.path), state: state,
                monotonicNanoseconds: clock.monotonicNanoseconds())
            file.jump(to: position.offset, head: marks.head, tail: marks.tail)
            file.isInsideCutLine = position.isInsideCutLine
            if state == .detached { file.file = try files.open(path, .read) }
            tailed[position.key] = file
            return true
        } catch {
            logger.warning("a log file of the last run can't be read", metadata: ["file": "\(SafeText(path))", "error": "\(error)"])
            return false
        }
    }

    /// Starts with a file that wasn't known.
    private func adopt(_ key: FileKey, _ found: Found, isFirstScan: Bool) {
        guard tailed.count < Limits.filesMax else { return skip(key, found.path, "more than \(Limits.filesMax) files match") }
        do throws(FileError) {
            let handle = try files.open(found.path, .read)
            defer { handle.close() }
            guard try FileKey(handle.information()) == key else { return }
            let start = try handle.readBytes(512, at: 0)
            if let kind = Self.binaryKind(start) { return skip(key, found.path, kind) }
            let file = TailedFile(
                key: key, path: found.path, currentPath: found.path, stream: options.stream(job: found.job, path: found.path), state: .attached,
                monotonicNanoseconds: clock.monotonicNanoseconds())
            let size = found.information.sizeBytes
            if isFirstScan && options.isFirstStart && size > Limits.firstReadBytes {
                let offset = size - Limits.firstReadBytes
                if let marks = try fingerprints(of: handle, offset: offset) { file.jump(to: offset, head: marks.head, tail: marks.tail) }
                file.isInsideCutLine = true
                file.hasUnsavedPosition = true
            } else if let (index, marks) = try orphanOfCopy(handle) {
                file.jump(to: orphans.remove(at: index).offset, head: marks.head, tail: marks.tail)
                file.hasUnsavedPosition = true
            } else if let original = try originalOfCopy(handle, in: Paths.directory(of: found.path)) {
                file.state = .copy(original: original.key)
                file.jump(to: original.offset, head: original.head, tail: original.tail)
            }
            tailed[key] = file
        } catch {
            if error.isNotFound { return }
            skip(key, found.path, error.isPermission ? "no permission to read it" : error.description)
        }
    }

    /// The file that this one was copied from, as copytruncate does before it truncates.
    private func originalOfCopy(_ handle: any File, in folder: String) throws(FileError) -> TailedFile? {
        let size = try handle.sizeBytes()
        for known in tailed.values where known.offset >= 32 && known.offset <= size && Paths.directory(of: known.currentPath) == folder {
            if let marks = try fingerprints(of: handle, offset: known.offset), marks.head == known.head, marks.tail == known.tail { return known }
        }
        return nil
    }

    private func orphanOfCopy(_ handle: any File) throws(FileError) -> (index: Int, marks: (head: [UInt8], tail: [UInt8]))? {
        for (index, orphan) in orphans.enumerated() where orphan.offset >= 32 {
            if let marks = try fingerprints(of: handle, offset: orphan.offset), CRC32C.checksum(marks.head) == orphan.headChecksum,
                CRC32C.checksum(marks.tail) == orphan.tailChecksum
            {
                return (index, marks)
            }
        }
        return nil
    }

    private func skip(_ key: FileKey, _ path: String, _ reason: String) {
        skipped.insert(key)
        counters.withLock { $0.filesSkipped += 1 }
        logger.info("a file isn't read", metadata: ["file": "\(SafeText(path))", "reason": "\(reason)"])
    }

    /// The file no longer stands under a glob: read to its end through the open descriptor, or under its new name beside the old one.
    private func detach(_ file: TailedFile) {
        file.state = .detached
        file.lastGrowthNanoseconds = clock.monotonicNanoseconds()
        if file.file != nil { return }
        if let path = sibling(file.key, of: file.currentPath) {
            file.currentPath = path
            // The next round opens it; a failure there is said.
        } else {
            if file.seenSize > file.offset { counters.withLock { $0.possibleLosses += 1 } }
            tailed[file.key] = nil
            forgotten.append(file.position(isGone: true))
        }
    }

    /// What a file is that holds no lines of text, by its first bytes; nil for text.
    static func binaryKind(_ start: [UInt8]) -> String? {
        let kinds: [([UInt8], String)] = [
            ([0x1F, 0x8B], "it is compressed (gzip)"), ([0x28, 0xB5, 0x2F, 0xFD], "it is compressed (zstd)"),
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "it is compressed (xz)"), (Array("BZh".utf8), "it is compressed (bzip2)"),
            (Array("LPKSHHRH".utf8), "it is a journal of systemd"), (Array("PK\u{3}\u{4}".utf8), "it is compressed (zip)"),
        ]
        if let kind = kinds.first(where: { start.starts(with: $0.0) }) { return kind.1 }
        return start.drop { $0 == 0 }.contains(0) ? "it is binary" : nil
    }
}
