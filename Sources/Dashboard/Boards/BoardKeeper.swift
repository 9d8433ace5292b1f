import Boards
import Foundations
import Settings

/// Reads the files of dashboards and runs the questions of the one that is open, one of a kind at a time.
final class BoardKeeper: Sendable {
    private enum Kind: Hashable { case variables, evaluation, completion, annotations }

    private let runner: BoardRunner
    private let globs: [String]
    private let post: @Sendable (BoardNews) -> Void
    private let library = Locked<BoardLibrary?>(nil)
    private let tasks = Locked<[Kind: Task<Void, Never>]>([:])

    init(client: APIClient, globs: [String], clock: any WallClock, post: @escaping @Sendable (BoardNews) -> Void) {
        runner = BoardRunner(source: CollectorBoards(client: client), clock: clock)
        self.globs = globs
        self.post = post
    }

    func run(_ effect: BoardEffect) {
        switch effect {
        case .loadVariables(let question): start(.variables) { [runner, post] in post(.answered(await runner.variables(question))) }
        case .annotate(let question): start(.annotations) { [runner, post] in await runner.watchMarks(question) { post(.answered($0)) } }
        case .open, .look, .copy: break
        case .complete(let label, let question): start(.completion) { [runner, post] in post(.answered(await runner.completions(label, question))) }
        case .evaluate(let question): start(.evaluation) { [runner, post] in await runner.watch(question) { post(.answered($0)) } }
        }
    }

    func stop() {
        tasks.withLock { tasks in
            for task in tasks.values { task.cancel() }
            tasks = [:]
        }
    }

    private func start(_ kind: Kind, _ body: @escaping @Sendable () async -> Void) {
        tasks.withLock { tasks in
            tasks[kind]?.cancel()
            tasks[kind] = Task { await body() }
        }
    }

    /// Lists the files, and again whenever one of them changes, until the task is cancelled; the open one is read again then.
    func watchFiles(open path: String?) async {
        var isFirst = true
        while !Task.isCancelled {
            let (entries, changed) = refreshed()
            if isFirst || !changed.isEmpty { post(.listed(entries)) }
            if let path, changed.contains(path) { read(path) }
            isFirst = false
            do { try await Task.sleep(for: .seconds(Limits.boardFilesSeconds)) } catch { return }
        }
    }

    /// The files as they are, and those that differ from the last look.
    private func refreshed() -> (entries: [BoardLibrary.Entry], changed: Set<String>) {
        library.withLock { known in
            if var library = known {
                let changed = library.refresh()
                known = library
                return (library.entries, changed)
            }
            let library = BoardLibrary(globs: globs)
            known = library
            return (library.entries, [])
        }
    }

    func read(_ path: String) {
        _ = refreshed()
        do throws(SettingsProblems) {
            guard let library = library.withLock({ $0 }) else { return }
            post(.opened(path: path, try library.board(path)))
        } catch {
            post(.failed(path: path, reason: "\(error)"))
        }
    }

    /// Opens the dashboard of a name: its title, or its file's name without the ending.
    func read(named name: String) {
        let entry = refreshed().entries.first { entry in
            entry.title == name || entry.path == name || Paths.name(of: entry.path).split(separator: ".").first.map(String.init) == name
        }
        if let entry { read(entry.path) } else { post(.failed(path: name, reason: "there is no dashboard \(name)")) }
    }
}
