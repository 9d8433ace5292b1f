import Foundations

/// Bodies that a collector refused for good, kept in files for a person to look at.
final class Quarantine: Sendable {
    private let directory: String
    private let files: any FileSystem

    init(directory: String, files: any FileSystem) {
        self.directory = directory
        self.files = files
    }

    /// Keeps a body as `KIND-SEQUENCE-STATUS`; false where the folder is at its bound.
    func keep(_ record: SpoolRecord, kind: SpoolKind, status: Int) throws(FileError) -> Bool {
        try files.createDirectory(directory)
        var bytes = record.payload.count
        for name in try files.list(directory) { bytes += try files.information(Paths.join(directory, name))?.sizeBytes ?? 0 }
        guard bytes <= Limits.quarantineBytesMax else { return false }
        let extensionName = kind == .metrics ? "rw2.snappy" : "otlp.zst"
        try files.replace(Paths.join(directory, "\(kind.name)-\(record.sequence)-\(status).\(extensionName)"), with: record.payload)
        return true
    }
}
