import Foundations

extension Store {
    /// Makes a store of its own in `directory` that holds everything that was acknowledged before; files are hard links where they can be.
    ///
    /// `rotate` begins a new log segment and returns its number.
    func writeSnapshot(to directory: String, rotate: () throws(MetricStoreError) -> UInt64) throws(MetricStoreError) {
        let target = Layout(directory: directory)
        let isFree = try converting { () throws(FileError) in
            guard let information = try fileSystem.information(directory) else { return true }
            if !information.isDirectory { return false }
            return try fileSystem.list(directory).isEmpty
        }
        guard isFree else { throw .snapshotExists(directory: directory) }
        // The checkpoint is taken while batches come in and may hold halves of them: the log up to its end makes them whole.
        let segment = try rotate()
        try converting { () throws(FileError) in try writeCheckpoint(from: segment) }
        let end = try rotate()
        try converting { () throws(FileError) in
            do throws(FileError) {
                try fill(target, segments: segment..<end)
            } catch {
                try fileSystem.removeTree(directory)
                throw error
            }
        }
    }

    private func fill(_ target: Layout, segments: Range<UInt64>) throws(FileError) {
        for folder in [target.directory, target.log, target.blocks, target.checkpoints] { try fileSystem.createDirectory(folder) }
        let manifest = catalog.withLock { $0.manifest }
        for block in manifest.blocks { try fileSystem.share(layout.block(block), with: target.block(block)) }
        if manifest.checkpoint > 0 { try fileSystem.share(layout.checkpoint(manifest.checkpoint), with: target.checkpoint(manifest.checkpoint)) }
        for segment in segments where try fileSystem.exists(layout.segment(segment)) { try fileSystem.share(layout.segment(segment), with: target.segment(segment)) }
        for folder in [target.log, target.blocks, target.checkpoints] { try fileSystem.synchronizeDirectory(folder) }
        try fileSystem.replace(target.manifest, with: manifest.encode())
        try fileSystem.synchronizeDirectory(Paths.directory(of: target.directory))
    }
}

/// Runs `body`; what the file system refuses becomes the store's error.
func converting<Value>(_ body: () throws(FileError) -> Value) throws(MetricStoreError) -> Value {
    do { return try body() } catch { throw MetricStoreError(error) }
}
