import Foundations
import Glibc
import Settings

/// The dashboard files there are: named by globs, looked at again so that a file that is saved is shown at once.
public struct BoardLibrary: Sendable {
    /// Where files are looked for where no glob is named.
    public static let standardGlobs = ["Dashboards/*.yml", "Dashboards/*.yaml", "Dashboards/*.json"]

    public struct Entry: Hashable, Sendable {
        public var path: String
        public var title: String
        /// What links call it by; empty where the file has none.
        public var identifier: String
        public var tags: [String]
        /// Why it can't be read.
        public var problem: String?
    }

    public let globs: [String]
    public private(set) var entries: [Entry] = []
    private var boards: [String: (modified: NanoTimestamp, sizeBytes: Int, board: Result<Board, SettingsProblems>)] = [:]

    public init(globs: [String] = Self.standardGlobs) {
        self.globs = globs
        _ = refresh()
    }

    /// Looks at the files again; returns the paths of those that are new, changed or gone.
    public mutating func refresh(files: any FileSystem = RealFileSystem()) -> Set<String> {
        var changed: Set<String> = []
        let paths = Self.paths(globs)
        for path in Set(boards.keys).subtracting(paths) {
            boards[path] = nil
            changed.insert(path)
        }
        for path in paths {
            let information = try? files.information(path)
            let modified = information?.modified ?? NanoTimestamp(nanoseconds: 0), size = information?.sizeBytes ?? -1
            if let known = boards[path], known.modified == modified, known.sizeBytes == size { continue }
            let board: Result<Board, SettingsProblems>
            do throws(SettingsProblems) { board = .success(try BoardFile.load(path, files: files)) } catch { board = .failure(error) }
            boards[path] = (modified, size, board)
            changed.insert(path)
        }
        if !changed.isEmpty { entries = paths.map(entry).sorted { ($0.title.lowercased(), $0.path) < ($1.title.lowercased(), $1.path) } }
        return changed
    }

    /// The board of a file that is listed.
    public func board(_ path: String) throws(SettingsProblems) -> Board {
        guard let known = boards[path] else { throw SettingsProblems([SettingsProblem(path: path, reason: "it isn't among the dashboards")]) }
        return try known.board.get()
    }

    private func entry(_ path: String) -> Entry {
        switch boards[path]?.board {
        case .success(let board): Entry(path: path, title: board.title, identifier: board.identifier, tags: board.tags, problem: nil)
        case .failure(let problems): Entry(path: path, title: Paths.name(of: path), identifier: "", tags: [], problem: problems.problems.first?.description ?? "it can't be read")
        case nil: Entry(path: path, title: Paths.name(of: path), identifier: "", tags: [], problem: "it can't be read")
        }
    }

    static func paths(_ globs: [String]) -> [String] {
        var paths: Set<String> = []
        for pattern in globs {
            var found = glob_t()
            defer { globfree(&found) }
            guard glob(pattern, 0, nil, &found) == 0 else { continue }
            for index in 0..<Int(found.gl_pathc) where paths.count < Limits.files { if let path = found.gl_pathv[index] { paths.insert(String(cString: path)) } }
        }
        return paths.sorted()
    }
}
