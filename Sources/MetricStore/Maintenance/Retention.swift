import Foundations

extension Store {
    /// Drops blocks that are too old, or too many for the size that is allowed, and deletions that no block needs any more.
    func applyRetention() throws(FileError) {
        let now = now
        let dropped = catalog.withLock { catalog -> Int in
            var kept = catalog.blocks
            kept.removeAll { !$0.isKept(options, now: now) }
            if let bytesMax = options.retentionBytes {
                var bytes = kept.reduce(Int64(0)) { $0 + Int64($1.sizeBytes) }
                for block in kept.sorted(by: { $0.end < $1.end }) where bytes > bytesMax {
                    bytes -= Int64(block.sizeBytes)
                    kept.removeAll { $0.number == block.number }
                }
            }
            let dropped = catalog.blocks.count - kept.count
            catalog.blocks = kept
            // No block is being made meanwhile: sealing and merging run on the same thread.
            catalog.dropTombstones()
            return dropped
        }
        guard dropped > 0 else { return }
        counters.withLock { $0.blocksRetired += dropped }
        try fileSystem.replace(layout.manifest, with: catalog.withLock { $0.manifest }.encode())
        try removeUnused()
    }
}

extension Catalog {
    /// Forgets deletions that no block needs any more.
    mutating func dropTombstones() {
        tombstones.removeAll { stone in !blocks.contains { stone.hides($0.number, from: $0.start, through: $0.end) } }
    }
}
