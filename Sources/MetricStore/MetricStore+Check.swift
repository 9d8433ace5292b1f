import Foundations

extension MetricStore {
    /// Looks through all files of a store without changing or opening it: every checksum, every series, every record.
    /// Returns a sentence for each damaged place; empty where all is sound. A running store may add or remove files meanwhile.
    public static func check(directory: String, fileSystem: any FileSystem = RealFileSystem()) throws(MetricStoreError) -> [String] {
        let layout = Store.Layout(directory: directory)
        return try converting { () throws(FileError) in
            var problems: [String] = []
            if try fileSystem.exists(layout.manifest), Manifest.decode(try fileSystem.readAll(layout.manifest, bytesMax: Limits.manifestBytesMax)) == nil {
                problems.append("\(layout.manifest) is damaged")
            }
            for name in try names(layout.blocks, fileSystem) where NumberedName.number(name, ending: ".block") != nil {
                let path = Paths.join(layout.blocks, name)
                if let damage = damage(inBlock: try fileSystem.map(path)) { problems.append("\(path) is damaged at byte \(damage.offset): \(damage.reason)") }
            }
            for name in try names(layout.checkpoints, fileSystem) where NumberedName.number(name, ending: ".checkpoint") != nil {
                problems += recordProblems(try fileSystem.map(Paths.join(layout.checkpoints, name)), isTailAllowed: false)
            }
            let segments = try names(layout.log, fileSystem).filter { NumberedName.number($0, ending: ".log") != nil }
            for name in segments {
                // The last one may end with a record that is being written.
                problems += recordProblems(try fileSystem.map(Paths.join(layout.log, name)), isTailAllowed: name == segments.last)
            }
            return problems
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
