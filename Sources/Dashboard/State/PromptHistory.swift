import Foundations
import Glibc

/// The lines that were typed at prompts, kept across runs in a file of the user's own: a line each, its kind before a tab.
///
/// Comments and reasons aren't kept: they are about people and stand in the collector's own log.
struct PromptHistory: Sendable {
    let path: String

    private static let words: [(kind: Prompt.Kind, word: String)] = [(.command, "command"), (.logQuery, "query"), (.logFilter, "filter"), (.find, "find"), (.time, "time")]

    /// Whether lines of a kind are kept.
    static func keeps(_ kind: Prompt.Kind) -> Bool { words.contains { $0.kind == kind } }

    /// The lines by kind, newest last. None where there is no file yet; what isn't of this form is left out.
    func read() throws(FileError) -> [Prompt.Kind: [String]] {
        guard access(path, F_OK) == 0 else { return [:] }
        let bytes = try RealFileSystem().readAll(path, bytesMax: Limits.historyBytes)
        var lines: [Prompt.Kind: [String]] = [:]
        for line in bytes.split(separator: 0x0A) {
            let parts = String(decoding: line, as: UTF8.self).split(separator: "\t", maxSplits: 1).map(String.init)
            guard parts.count == 2, let kind = Self.words.first(where: { $0.word == parts[0] })?.kind else { continue }
            Self.add(parts[1], to: &lines[kind, default: []])
        }
        return lines
    }

    /// Adds a line to what the file has by now, which another dashboard may have written.
    func add(_ text: String, _ kind: Prompt.Kind) throws(FileError) {
        guard Self.keeps(kind), !text.isEmpty else { return }
        var lines = try read()
        Self.add(text, to: &lines[kind, default: []])
        let file = Self.words.flatMap { entry in (lines[entry.kind] ?? []).map { "\(entry.word)\t\(SafeText($0).string)\n" } }.joined()
        try write(Array(file.utf8))
    }

    /// A line stands once, at its newest place.
    static func add(_ text: String, to lines: inout [String]) {
        lines.removeAll { $0 == text }
        lines.append(text)
        if lines.count > Limits.historyLines { lines.removeFirst(lines.count - Limits.historyLines) }
    }

    /// Replaces the file, which its owner alone can read.
    private func write(_ bytes: [UInt8]) throws(FileError) {
        try makeFolder(Paths.directory(of: path))
        let temporary = "\(path).\(getpid())"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileError(operation: "write", path: temporary, code: errno) }
        let written = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        let code = errno
        close(file)
        guard written == bytes.count, rename(temporary, path) == 0 else {
            let reason = written == bytes.count ? errno : code
            unlink(temporary)
            throw FileError(operation: "write", path: path, code: reason)
        }
    }

    private func makeFolder(_ folder: String) throws(FileError) {
        if access(folder, F_OK) == 0 { return }
        let above = Paths.directory(of: folder)
        if above != folder, !above.isEmpty { try makeFolder(above) }
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw FileError(operation: "create", path: folder, code: errno) }
    }
}
