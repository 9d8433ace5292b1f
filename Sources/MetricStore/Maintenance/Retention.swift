import Foundations

extension Store {
    /// Drops blocks that are too old, or too many for the size that is allowed, and deletions that no block needs any more.
    func applyRetention() throws(FileError) {
        let now = now
        let (dropped, earliest) = catalog.withLock { catalog -> (Int, Int64?) in
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
            let keptNumbers = Set(kept.map(\.number))
            let earliest = catalog.blocks.filter { !keptNumbers.contains($0.number) }.map(\.start).min()
            catalog.blocks = kept
            // No block is being made meanwhile: sealing and merging run on the same thread.
            catalog.dropTombstones()
            return (dropped, earliest)
        }
        if let earliest { changes.withLock { $0.note(from: earliest) } }
        guard dropped > 0 else { return }
        counters.withLock { $0.blocksRetired += dropped }
        try fileSystem.replace(layout.manifest, with: catalog.withLock { $0.manifest }.encode())
        try removeUnused()
    }

    /// Writes every block anew that a deletion hides something of, without what it hides. On the maintenance thread.
    ///
    /// Blocks that can't be read stay as they are, hidden samples and all, and are named in the error once the others are done.
    func cleanBlocks(between: () throws(MetricStoreError) -> Void) throws(MetricStoreError) {
        var failed: [UInt64: String] = [:]
        while let plan = CleaningPlan.next(catalog.withLock { $0 }, options: options, excluded: Set(failed.keys)) {
            guard try converting({ () throws(FileError) in try hasRoom(for: plan) }) else {
                throw .notCleaned(reason: "\(2 * plan.bytes + Limits.mergeFreeBytes) bytes must be free to write blocks anew; free some space")
            }
            do throws(MergeFailure) {
                try merge(plan, between: between)
            } catch {
                switch error {
                case .file(let file): throw MetricStoreError(file)
                case .interrupted(let reason): throw reason
                case .damaged(let block, let damage):
                    noteDamage("\(block.path) is damaged at byte \(damage.offset): \(damage.reason)")
                    for input in plan.inputs { failed[input.number] = "\(block.path) is damaged at byte \(damage.offset)" }
                case .tooLarge(let reason): for input in plan.inputs { failed[input.number] = reason }
                }
            }
            try between()
        }
        catalog.withLock { $0.dropTombstones() }
        if let reason = failed.sorted(by: { $0.key < $1.key }).first?.value { throw .notCleaned(reason: reason) }
    }
}

/// Which blocks are written anew together, so that what a deletion hides leaves the disk.
enum CleaningPlan {
    /// The next block that a deletion hides something of, with all that share its range of time; nil where there is none.
    static func next(_ catalog: Catalog, options: MetricStoreOptions, excluded: Set<UInt64>) -> MergePlan? {
        for block in catalog.blocks where !excluded.contains(block.number) && isTouched(block, catalog.tombstones) {
            if block.holdsStepsAlone {
                let range = range(around: block, among: [block], options)
                return MergePlan(range: range, inputs: [block], resolutions: block.footer.contents.resolutions, keepsSamples: false)
            }
            let blocks = catalog.blocks.filter { !$0.holdsStepsAlone }
            let range = range(around: block, among: blocks, options)
            let inputs = blocks.filter { range.holds($0.start, $0.end) }
            if inputs.contains(where: { excluded.contains($0.number) }) { continue }
            return MergePlan(
                range: range, inputs: inputs.sorted { $0.number < $1.number }, resolutions: options.resolutions(ofWidth: range.widthMilliseconds))
        }
        return nil
    }

    private static func isTouched(_ block: BlockReader, _ tombstones: [Tombstone]) -> Bool {
        tombstones.contains { $0.hides(block.number, from: block.start, through: block.end) }
    }

    /// The widest range of a block that shares time with this one. Ranges of merged blocks are nested, so that every block that shares
    /// time with one in it lies in it as well.
    private static func range(around block: BlockReader, among blocks: [BlockReader], _ options: MetricStoreOptions) -> BlockFormat.MergedRange {
        func own(_ block: BlockReader) -> BlockFormat.MergedRange {
            block.footer.merged ?? .init(start: blockStart(of: block.start, options.blockMilliseconds), widthMilliseconds: options.blockMilliseconds)
        }
        let around = blocks.filter { own($0).holds(block.start, block.end) }.map(own)
        return around.max { $0.widthMilliseconds < $1.widthMilliseconds } ?? own(block)
    }
}

extension Catalog {
    /// Forgets deletions that no block needs any more.
    mutating func dropTombstones() {
        tombstones.removeAll { stone in !blocks.contains { stone.hides($0.number, from: $0.start, through: $0.end) } }
    }
}
