import Foundations
import Glibc

/// A folder of its own for one test, removed with the object.
public final class TemporaryDirectory: Sendable {
    public let path: String

    public init(_ label: String = "test") {
        var template = Array("/tmp/nightjar-\(label)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("can't make a folder in /tmp: \(String(cString: strerror(errno)))") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? RealFileSystem().removeTree(path) }

    /// The path of something inside.
    public func path(_ name: String) -> String { Paths.join(path, name) }
}
