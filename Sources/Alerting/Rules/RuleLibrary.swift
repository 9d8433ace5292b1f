import Foundations
import Glibc

/// The rule files that the globs name, as they were last read without fault.
struct RuleLibrary: Sendable {
    private struct Entry: Sendable {
        var sizeBytes: Int
        var inode: UInt64
        var modified: NanoTimestamp
        /// Nil where the file was never without fault.
        var file: RuleFile?
        var problems: [RuleProblem]
    }

    private let globs: [String]
    private let evaluator: any ExpressionEvaluator
    private var entries: [String: Entry] = [:]
    private var globProblems: [RuleProblem] = []

    init(globs: [String], evaluator: any ExpressionEvaluator) {
        self.globs = globs
        self.evaluator = evaluator
    }

    /// All groups in force, in order of file and place.
    var groups: [RuleGroup] { entries.sorted { $0.key < $1.key }.flatMap { $0.value.file?.groups ?? [] } }

    /// What is wrong now.
    var problems: [RuleProblem] { globProblems + entries.sorted { $0.key < $1.key }.flatMap(\.value.problems) }

    /// Files with faults: nothing is known of the rules that should be in them.
    var faultyFiles: Set<String> { Set(entries.filter { !$0.value.problems.isEmpty }.keys) }

    /// Reads files that are new or changed (all of them where `isForced`), each as a whole or not at all. Returns whether anything changed.
    mutating func update(isForced: Bool) -> Bool {
        let paths = expand()
        var hasChanged = false
        for path in entries.keys where !paths.contains(path) {
            entries[path] = nil
            hasChanged = true
        }
        for path in paths where update(path, isForced: isForced) { hasChanged = true }
        return hasChanged
    }

    private mutating func expand() -> [String] {
        var paths: Set<String> = []
        globProblems = []
        for pattern in globs {
            let found = RuleGlob.paths(pattern)
            if found.isEmpty, !RuleGlob.isPattern(pattern) {
                globProblems.append(RuleProblem(path: pattern, reason: "there is no such rule file", remedy: "correct the path in `rules`"))
            }
            paths.formUnion(found)
        }
        if paths.count > Limits.ruleFilesMax {
            globProblems.append(
                RuleProblem(
                    path: globs.joined(separator: ", "), reason: "\(paths.count) rule files are more than \(Limits.ruleFilesMax); the rest is left out",
                    remedy: "narrow the pattern"))
        }
        return Array(paths.sorted().prefix(Limits.ruleFilesMax))
    }

    private mutating func update(_ path: String, isForced: Bool) -> Bool {
        let known = entries[path]
        do {
            guard let information = try RealFileSystem().information(path) else { return false }
            if !isForced, let known, known.sizeBytes == information.sizeBytes, known.inode == information.inode, known.modified == information.modified {
                return false
            }
            var entry = Entry(
                sizeBytes: information.sizeBytes, inode: information.inode, modified: information.modified, file: known?.file, problems: [])
            do throws(RuleFileError) {
                entry.file = try Self.read(path, evaluator)
            } catch {
                entry.problems = error.problems
            }
            entries[path] = entry
            return known == nil || known?.file != entry.file || known?.problems != entry.problems
        } catch {
            let problem = RuleProblem(path: path, reason: error.description, remedy: "let this program read it")
            let entry = Entry(sizeBytes: -1, inode: 0, modified: .distantPast, file: known?.file, problems: [problem])
            entries[path] = entry
            return known?.problems != entry.problems
        }
    }

    /// Reads one file.
    static func read(_ path: String, _ evaluator: any ExpressionEvaluator) throws(RuleFileError) -> RuleFile {
        let bytes: [UInt8]
        do {
            bytes = try RealFileSystem().readAll(path, bytesMax: Limits.ruleFileBytesMax)
        } catch {
            throw RuleFileError(problems: [RuleProblem(path: path, reason: error.description, remedy: "let this program read it")])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RuleFileError(problems: [RuleProblem(path: path, reason: "the file is no UTF-8 text", remedy: "save it as UTF-8")])
        }
        return try RuleFile.parse(text, path: path) { evaluator.syntaxProblem(in: $0) }
    }
}

/// The shell's patterns for files.
enum RuleGlob {
    static func isPattern(_ path: String) -> Bool { path.contains { "*?[".contains($0) } }

    /// Regular files that match, sorted; a file name without a pattern is itself where it exists.
    static func paths(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, GLOB_NOSORT, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in
            guard let path = found.gl_pathv[index].map({ String(cString: $0) }) else { return nil }
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? path : nil
        }.sorted()
    }
}
