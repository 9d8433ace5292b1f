import Foundations
import Model

extension Store {
    /// Writes the head and makes it what the next open starts from. The log before `segment` is not needed any more then.
    ///
    /// `segment` is one that began before this call, when everything in older ones was visible.
    func writeCheckpoint(from segment: UInt64) throws(FileError) {
        let number = catalog.withLock { catalog in
            defer { catalog.nextCheckpoint += 1 }
            return catalog.nextCheckpoint
        }
        let path = layout.checkpoint(number)
        let temporary = path + ".tmp"
        if try fileSystem.exists(temporary) { try fileSystem.remove(temporary) }
        let file = try fileSystem.open(temporary, .create)
        defer { file.close() }
        var bytes = RecordFile.encode(.init(kind: .checkpoint, number: number, start: segment))
        var offset = 0
        var sequence: UInt64 = 0
        var seriesCount = 0
        func finish(_ start: Int, _ type: RecordFile.RecordType) throws(FileError) {
            sequence += 1
            RecordFile.finishRecord(&bytes, start: start, type: type, sequence: sequence)
            try file.write(bytes, at: offset)
            offset += bytes.count
            bytes.removeAll(keepingCapacity: true)
        }
        var state = head.withLock { CheckpointCode.State(newest: $0.newest, marks: $0.marks, metadata: $0.metadata) }
        state.tombstones = catalog.withLock { $0.tombstones }
        var start = RecordFile.beginRecord(&bytes)
        CheckpointCode.encode(state, into: &bytes)
        try finish(start, .checkpointState)
        // Series are renumbered by the maintenance thread alone, which is the one that runs this.
        var next = 0
        start = RecordFile.beginRecord(&bytes)
        while true {
            let views = head.withLock { head in
                var views: [HeadSeriesView] = []
                for number in min(next, head.seriesCount)..<min(next + Limits.seriesPerHold, head.seriesCount) where head.hasData(UInt32(number)) {
                    views.append(head.view(UInt32(number)))
                }
                return views
            }
            let isLast = head.withLock { next + Limits.seriesPerHold >= $0.seriesCount }
            next += Limits.seriesPerHold
            for view in views {
                CheckpointCode.encode(view, blockMilliseconds: options.blockMilliseconds, into: &bytes)
                seriesCount += 1
                if bytes.count >= Limits.checkpointRecordBytes {
                    try finish(start, .checkpointSeries)
                    start = RecordFile.beginRecord(&bytes)
                }
            }
            if isLast { break }
        }
        try finish(start, .checkpointSeries)
        start = RecordFile.beginRecord(&bytes)
        bytes.append(varint: UInt64(seriesCount))
        try finish(start, .checkpointEnd)
        try file.synchronize()
        try fileSystem.rename(temporary, to: path)
        try fileSystem.synchronizeDirectory(layout.checkpoints)
        try adopt(checkpoint: number, bytes: offset, logStart: segment)
    }

    /// Puts a new checkpoint, and all blocks there are, into the manifest; then removes what it replaces.
    private func adopt(checkpoint: UInt64, bytes: Int, logStart: UInt64) throws(FileError) {
        var manifest = catalog.withLock { $0.manifest }
        manifest.checkpoint = checkpoint
        manifest.logStart = logStart
        try fileSystem.replace(layout.manifest, with: manifest.encode())
        catalog.withLock {
            $0.checkpoint = checkpoint
            $0.checkpointBytes = bytes
            $0.logStart = logStart
        }
        try removeUnused()
        let closed = try logSegments().filter { $0 >= logStart }
        var closedBytes = 0
        let open = counters.withLock { $0.openSegment }
        for segment in closed where segment != open { closedBytes += try fileSystem.information(layout.segment(segment))?.sizeBytes ?? 0 }
        let total = closedBytes
        catalog.withLock { $0.closedLogBytes = total }
    }

    /// Numbers of the log segments on disk.
    func logSegments() throws(FileError) -> [UInt64] {
        try fileSystem.list(layout.log).compactMap { NumberedName.number($0, ending: ".log") }
    }

    /// Removes files that the manifest no longer names, and what an interrupted write left. Damaged ones are put aside.
    func removeUnused() throws(FileError) {
        let (manifest, damaged, merging) = catalog.withLock { ($0.manifest, $0.damagedSegments, $0.merging) }
        for segment in try logSegments() where segment < manifest.logStart {
            if damaged.contains(segment) { try quarantine(layout.segment(segment)) } else { try fileSystem.remove(layout.segment(segment)) }
        }
        for name in try fileSystem.list(layout.checkpoints) where NumberedName.number(name, ending: ".checkpoint") != manifest.checkpoint {
            try fileSystem.remove(Paths.join(layout.checkpoints, name))
        }
        let kept = Set(manifest.blocks)
        for name in try fileSystem.list(layout.blocks) {
            if let number = NumberedName.number(name, ending: ".block"), kept.contains(number) { continue }
            if let merging, NumberedName.number(name, ending: ".block.tmp") == merging { continue }
            try fileSystem.remove(Paths.join(layout.blocks, name))
        }
    }

    /// Moves a damaged file to the folder `quarantine`, for a person to look at.
    func quarantine(_ path: String) throws(FileError) {
        try fileSystem.createDirectory(layout.quarantine)
        try fileSystem.synchronizeDirectory(layout.directory)
        let kept = try fileSystem.list(layout.quarantine)
        if kept.count >= Limits.quarantineFilesMax, let oldest = kept.first { try fileSystem.remove(Paths.join(layout.quarantine, oldest)) }
        let destination = Paths.join(layout.quarantine, Paths.name(of: path))
        try fileSystem.rename(path, to: destination)
        try fileSystem.synchronizeDirectory(layout.quarantine)
        try fileSystem.synchronizeDirectory(Paths.directory(of: path))
        counters.withLock { $0.quarantined.append(destination) }
    }
}
