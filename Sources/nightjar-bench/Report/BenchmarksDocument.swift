import Foundations

/// `Docs/Benchmarks.md`: text that stays around parts that a run of a benchmark replaces.
struct BenchmarksDocument {
    static let pathDefault = "Docs/Benchmarks.md"
    private static let bytesMax = 4 << 20

    enum Part: String, CaseIterable {
        case servers, modules, alerting, logs, dashboard

        var begin: String { "<!-- \(rawValue): written by the benchmark -->\n" }
        var end: String { "<!-- end of \(rawValue) -->\n" }
    }

    let path: String

    /// Puts `text` in the place of a part. Throws where the document has no such place.
    func replace(_ part: Part, with text: String) throws {
        let files = RealFileSystem()
        let document = String(decoding: try files.readAll(path, bytesMax: Self.bytesMax), as: UTF8.self)
        guard let begin = document.firstRange(of: part.begin), let end = document.firstRange(of: part.end), begin.upperBound <= end.lowerBound else {
            throw BenchError("\(path) has no place for the part `\(part.rawValue)`: it stands between «\(part.begin.dropLast())» and «\(part.end.dropLast())»")
        }
        let whole = document[..<begin.upperBound] + "\n" + text + (text.hasSuffix("\n") ? "\n" : "\n\n") + document[end.lowerBound...]
        try files.replace(path, with: Array(whole.utf8))
    }
}
