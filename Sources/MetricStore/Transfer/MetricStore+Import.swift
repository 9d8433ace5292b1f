import Foundations
import Model

extension MetricStore {
    /// Begins an import of samples of any time. Several may be under way; each is seen as a whole, or not at all.
    public func beginImport() throws(MetricStoreError) -> MetricImport {
        try MetricImport(store: store, maintenance: maintenance, committer: committer)
    }
}

extension Store {
    /// Removes what imports left that a crash ended.
    func removeUnfinishedImports() throws(FileError) { try fileSystem.removeTree(layout.imports) }

    /// Lists blocks that an import made, all of them with one change of the manifest. On the maintenance thread, while no block is merged.
    func install(_ imported: [ImportedBlock]) throws(FileError) {
        var placed: [ImportedBlock] = []
        for block in imported { placed.append(try withNewestNumber(block)) }
        // Without a manifest the files would speak for themselves, and a crash among the renames would show a part of the import.
        if try !fileSystem.exists(layout.manifest) { try fileSystem.replace(layout.manifest, with: catalog.withLock { $0.manifest }.encode()) }
        for block in placed { try fileSystem.rename(block.path, to: layout.block(block.number)) }
        try fileSystem.synchronizeDirectory(layout.blocks)
        var readers: [BlockReader] = []
        for block in placed { readers.append(try opened(layout.block(block.number))) }
        var manifest = catalog.withLock { $0.manifest }
        manifest.blocks = (manifest.blocks + placed.map(\.number)).sorted()
        try fileSystem.replace(layout.manifest, with: manifest.encode())
        let added = readers
        catalog.withLock { catalog in
            catalog.blocks = (catalog.blocks + added).sorted { $0.number < $1.number }
        }
        head.withLock { head in
            for block in added { head.noteNewest(block.end) }
        }
        if let earliest = added.map(\.start).min() { changes.withLock { $0.note(from: earliest) } }
    }

    private func opened(_ path: String) throws(FileError) -> BlockReader {
        switch try BlockReader.open(path, fileSystem: fileSystem) {
        case .success(let block): return block
        case .failure(let damage):
            noteDamage("\(path) was damaged when it was read back, at byte \(damage.offset): \(damage.reason)")
            throw FileError(operation: "read back", path: path, code: 5 /* EIO */)
        }
    }

    /// A block of the same content that wins against all that are listed: the block itself, unless older samples of its time were merged
    /// into a block with a higher number since.
    private func withNewestNumber(_ block: ImportedBlock) throws(FileError) -> ImportedBlock {
        let reader = try opened(block.path)
        let isOvertaken = catalog.withLock { catalog in
            catalog.blocks.contains { $0.number > block.number && $0.start <= reader.end && $0.end >= reader.start }
        }
        guard isOvertaken else { return block }
        let number = catalog.withLock { catalog in
            defer { catalog.nextBlock += 1 }
            return catalog.nextBlock
        }
        let copy = ImportedBlock(number: number, path: Paths.join(Paths.directory(of: block.path), NumberedName.text(number) + ".block"))
        let writer = try BlockWriter(fileSystem: fileSystem, path: copy.path, number: number)
        do throws(MergeFailure) {
            var merge = try BlockMerge([reader], [])
            while try merge.writeNext(to: writer) {}
        } catch {
            try writer.abandon()
            if case .file(let file) = error { throw file }
            throw FileError(operation: "read back", path: block.path, code: 5 /* EIO */)
        }
        try writer.finish()
        return copy
    }
}
