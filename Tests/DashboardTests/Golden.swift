import Foundations
import Glibc
import Testing

/// Compares text with a file beside the tests; NIGHTJAR_UPDATE_GOLDENS=1 writes the file instead.
func expectGolden(_ text: String, _ name: String, folder: String = Paths.directory(of: #filePath) + "/Goldens") throws {
    let path = Paths.join(folder, name)
    if getenv("NIGHTJAR_UPDATE_GOLDENS") != nil {
        try RealFileSystem().createDirectory(Paths.directory(of: path))
        try RealFileSystem().replace(path, with: Array(text.utf8))
        return
    }
    let wanted = String(decoding: try RealFileSystem().readAll(path, bytesMax: 1 << 20), as: UTF8.self)
    #expect(text == wanted, "differs from \(path)")
}
