import Foundations

extension Store {
    /// Makes one block of a plan's blocks and lists it in their place; deletions are applied. Readers that hold the old ones go on.
    ///
    /// `between` is called every few series, without locks; what it throws ends the merge. After a failure everything is as before,
    /// but for a file that the next change of the manifest removes.
    func merge(_ plan: MergePlan, between: () throws(MetricStoreError) -> Void) throws(MergeFailure) {
        // A deletion is either in what is applied here, or hides the new block as well.
        let (number, tombstones) = deletionGate.withLock { _ in
            catalog.withLock { catalog in
                catalog.merging = catalog.nextBlock
                catalog.nextBlock += 1
                return (catalog.nextBlock - 1, catalog.tombstones)
            }
        }
        defer { catalog.withLock { $0.merging = nil } }
        let merged = try writeMerged(plan, number, tombstones, between)
        let replaced = Set(plan.inputs.map(\.number))
        do throws(FileError) {
            var manifest = catalog.withLock { $0.manifest }
            manifest.blocks.removeAll { replaced.contains($0) }
            if merged != nil { manifest.blocks.append(number) }
            manifest.blocks.sort()
            try fileSystem.replace(layout.manifest, with: manifest.encode())
            catalog.withLock { catalog in
                catalog.blocks.removeAll { replaced.contains($0.number) }
                if let merged { catalog.blocks.append(merged) }
                catalog.blocks.sort { $0.number < $1.number }
                catalog.dropTombstones()
            }
            // Answers about that time are others now.
            if !plan.keepsSamples, let start = plan.inputs.map(\.start).min() { changes.withLock { $0.note(from: start) } }
            counters.withLock {
                $0.merges += 1
                $0.blocksMerged += plan.inputs.count
                $0.mergedBytes += merged?.sizeBytes ?? 0
            }
            try removeUnused()
        } catch { throw .file(error) }
    }

    /// Writes the merged block; nil where deletions left nothing of it.
    private func writeMerged(
        _ plan: MergePlan, _ number: UInt64, _ tombstones: [Tombstone], _ between: () throws(MetricStoreError) -> Void
    ) throws(MergeFailure) -> BlockReader? {
        let path = layout.block(number)
        let writer: BlockWriter
        do { writer = try BlockWriter(fileSystem: fileSystem, path: path, number: number, merged: plan.range) } catch { throw .file(error) }
        do throws(MergeFailure) {
            var merge = try BlockMerge(plan.inputs, tombstones, resolutions: plan.resolutions, keepsSamples: plan.keepsSamples)
            var count = 0
            while try merge.writeNext(to: writer) {
                count += 1
                if count % Limits.seriesPerMergeStep == 0 {
                    do { try between() } catch { throw .interrupted(error) }
                }
            }
            do throws(FileError) {
                if writer.isEmpty {
                    try writer.abandon()
                    return nil
                }
                try writer.finish()
            } catch { throw .file(error) }
        } catch {
            // The first error says more; a leftover is removed with the next checkpoint.
            do { try writer.abandon() } catch let second { noteDamage("\(second)") }
            throw error
        }
        let opened: Result<BlockReader, DamagedBytes>
        do { opened = try BlockReader.open(path, fileSystem: fileSystem) } catch { throw .file(error) }
        switch opened {
        case .success(let block): return block
        case .failure(let damage):
            noteDamage("\(path) was damaged when it was read back, at byte \(damage.offset): \(damage.reason)")
            throw .file(FileError(operation: "read back", path: path, code: 5 /* EIO */))
        }
    }

    /// Whether the disk has room for a merge without coming near what the log needs.
    func hasRoom(for plan: MergePlan) throws(FileError) -> Bool {
        try fileSystem.space(layout.blocks).freeBytes >= 2 * plan.bytes + Limits.mergeFreeBytes
    }
}
