import Foundations

/// Writes a file from front to back and keeps a checksum of each page.
final class PagedWriter {
    private static let bufferBytes = 1 << 20

    private let file: any File
    private var buffer: [UInt8] = []
    private var flushedBytes = 0
    /// Of the pages that are complete.
    private var checksums: [UInt32] = []
    private var page: UInt32 = 0
    private var pageBytes = 0

    init(_ file: any File) { self.file = file }

    var offset: Int { flushedBytes + buffer.count }

    func append(_ bytes: [UInt8]) throws(FileError) {
        bytes.withUnsafeBytes { add($0) }
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    private func add(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            let taken = min(rest.count, Limits.blockPageBytes - pageBytes)
            page = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: rest[..<taken]), previous: page)
            pageBytes += taken
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            if pageBytes == Limits.blockPageBytes {
                checksums.append(page)
                page = 0
                pageBytes = 0
            }
        }
    }

    /// Of all pages, the last one as long as it is.
    var allChecksums: [UInt32] { pageBytes > 0 ? checksums + [page] : checksums }

    func flush() throws(FileError) {
        if buffer.isEmpty { return }
        try file.write(buffer, at: flushedBytes)
        flushedBytes += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }
}
