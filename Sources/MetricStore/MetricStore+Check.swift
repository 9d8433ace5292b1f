import Foundations

extension MetricStore {
    /// Looks through all files of a store without changing or opening it: every checksum, every series, every record, and whether what
    /// the manifest names is there. Returns a sentence for each damaged place, and for each file that damage had put aside; empty where
    /// all is sound. A running store may add or remove files meanwhile.
    public static func check(directory: String, fileSystem: any FileSystem = RealFileSystem()) throws(MetricStoreError) -> [String] {
        let layout = Store.Layout(directory: directory)
        return try converting { () throws(FileError) in
            var problems = try manifestProblems(layout, fileSystem)
            for name in try names(layout.blocks, fileSystem) where NumberedName.number(name, ending: ".block") != nil {
                let path = Paths.join(layout.blocks, name)
                guard let map = try mapped(path, fileSystem) else { continue }
                if let damage = damage(inBlock: map) { problems.append("\(path) is damaged at byte \(damage.offset): \(damage.reason)") }
            }
            for name in try names(layout.checkpoints, fileSystem) where NumberedName.number(name, ending: ".checkpoint") != nil {
                if let map = try mapped(Paths.join(layout.checkpoints, name), fileSystem) { problems += recordProblems(map, isTailAllowed: false) }
            }
            let segments = try names(layout.log, fileSystem).filter { NumberedName.number($0, ending: ".log") != nil }
            for name in segments {
                // The last one may end with a record that is being written.
                if let map = try mapped(Paths.join(layout.log, name), fileSystem) { problems += recordProblems(map, isTailAllowed: name == segments.last) }
            }
            for name in try names(layout.quarantine, fileSystem) {
                problems.append("\(Paths.join(layout.quarantine, name)) was put aside because of damage; what could be read of it is in the store: look at it, then remove it")
            }
            return problems
        }
    }

    /// What is wrong with the manifest, and files that it names and that aren't there.
    private static func manifestProblems(_ layout: Store.Layout, _ fileSystem: any FileSystem) throws(FileError) -> [String] {
        guard try fileSystem.exists(layout.manifest) else { return [] }
        guard let manifest = Manifest.decode(try fileSystem.readAll(layout.manifest, bytesMax: Limits.manifestBytesMax)) else { return ["\(layout.manifest) is damaged"] }
        var missing: [String] = []
        for path in manifest.blocks.map(layout.block) + (manifest.checkpoint == 0 ? [] : [layout.checkpoint(manifest.checkpoint)]) {
            if try !fileSystem.exists(path) { missing.append(path) }
        }
        // A running store replaces the manifest before it removes what the old one named.
        if missing.isEmpty { return [] }
        let now = try fileSystem.readAll(layout.manifest, bytesMax: Limits.manifestBytesMax)
        if Manifest.decode(now) != manifest { return [] }
        return missing.map { "\($0) is missing, though the manifest names it: what it held is lost; take it from a snapshot" }
    }

    /// Nil where the file has gone since the folder was listed.
    private static func mapped(_ path: String, _ fileSystem: any FileSystem) throws(FileError) -> MappedFile? {
        do throws(FileError) { return try fileSystem.map(path) } catch {
            if try !fileSystem.exists(path) { return nil }
            throw error
        }
    }

    private static func names(_ folder: String, _ fileSystem: any FileSystem) throws(FileError) -> [String] {
        try fileSystem.exists(folder) ? fileSystem.list(folder) : []
    }

    private static func damage(inBlock map: MappedFile) -> DamagedBytes? {
        do {
            try BlockReader(map).verify()
            return nil
        } catch { return error }
    }

    private static func recordProblems(_ map: MappedFile, isTailAllowed: Bool) -> [String] {
        let scan = RecordFile.scan(map.bytes) { _ in }
        var problems = scan.damaged.map { "\(map.path) is damaged from byte \($0.lowerBound) to \($0.upperBound)" }
        if scan.header == nil { problems.append("the header of \(map.path) is damaged") }
        if scan.end < map.bytes.count, !isTailAllowed { problems.append("\(map.path) ends with \(map.bytes.count - scan.end) unreadable bytes") }
        return problems
    }
}
