import CPlatform
import Foundations
import Glibc

/// Reads the kernel's files into one buffer that is used again and again.
final class HostFiles {
    /// `/` on the host, another folder in tests; ends in a slash.
    let root: String
    private var buffer: UnsafeMutableRawBufferPointer

    init(root: String) {
        self.root = root.hasSuffix("/") ? root : root + "/"
        buffer = .allocate(byteCount: HostLimits.pieceBytes, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// Whether something stands at a path below the root.
    func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

    /// The whole file below the root; the bytes live until the next read.
    func read(_ path: String) throws(HostMetricsError) -> Bytes { try readAbsolute(root + path) }

    /// The file where it can be read; nil where it isn't there or the driver refuses to answer, as some of /sys do.
    func readIfPresent(_ path: String) -> Bytes? { try? read(path) }

    func readAbsolute(_ path: String) throws(HostMetricsError) -> Bytes {
        let descriptor = try open(path)
        defer { close(descriptor) }
        var count = 0
        while true {
            if count == buffer.count { try grow(path) }
            let got = Glibc.read(descriptor, buffer.baseAddress! + count, buffer.count - count)
            if got < 0 {
                if errno == EINTR { continue }
                throw .file(FileError(operation: "read", path: path, code: errno))
            }
            if got == 0 { return Bytes(rebasing: Bytes(buffer)[..<count]) }
            count += got
        }
    }

    /// Visits the lines of a table that may be long, reading it in pieces. The lines live only during the call.
    func forEachLine(_ path: String, _ body: (Bytes) -> Void) throws(HostMetricsError) {
        let descriptor = try open(root + path)
        defer { close(descriptor) }
        var kept = 0
        var total = 0
        while total < HostLimits.tableBytesMax {
            if kept == buffer.count { try grow(path) }
            let got = Glibc.read(descriptor, buffer.baseAddress! + kept, buffer.count - kept)
            if got < 0 {
                if errno == EINTR { continue }
                throw .file(FileError(operation: "read", path: path, code: errno))
            }
            if got == 0 { break }
            total += got
            kept = visitLines(kept + got, body)
        }
        if kept > 0 { body(Bytes(rebasing: Bytes(buffer)[..<kept])) }
    }

    /// Visits the whole lines of the buffer's first `count` bytes, and moves what is left to the front.
    private func visitLines(_ count: Int, _ body: (Bytes) -> Void) -> Int {
        let bytes = Bytes(rebasing: Bytes(buffer)[..<count])
        var start = 0
        for index in 0..<count where bytes[index] == 0x0A {
            body(Bytes(rebasing: bytes[start..<index]))
            start = index + 1
        }
        memmove(buffer.baseAddress!, buffer.baseAddress! + start, count - start)
        return count - start
    }

    /// The names in a folder below the root, unsorted; none where there is no such folder.
    func names(in directory: String) -> [String] {
        var names: [String] = []
        forEachName(in: directory) { names.append($0.text) }
        return names
    }

    func forEachName(in directory: String, _ body: (Bytes) -> Void) {
        guard let stream = opendir(root + directory) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            withUnsafeBytes(of: &entry.pointee.d_name) { name in
                let name = Bytes(rebasing: name.prefix { $0 != 0 })
                if name.first != UInt8(ascii: ".") { body(name) }
            }
        }
    }

    private func open(_ path: String) throws(HostMetricsError) -> Int32 {
        let descriptor = nj_open(path, O_RDONLY | O_CLOEXEC, 0)
        if descriptor >= 0 { return descriptor }
        if descriptor == -ENOENT || descriptor == -ENOTDIR { throw .absent(path: path) }
        throw .file(FileError(operation: "open", path: path, code: -descriptor))
    }

    private func grow(_ path: String) throws(HostMetricsError) {
        guard buffer.count < HostLimits.fileBytesMax else { throw .file(FileError(operation: "read all of", path: path, code: EFBIG)) }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
        larger.copyMemory(from: Bytes(buffer))
        buffer.deallocate()
        buffer = larger
    }
}
