import Foundations

/// Keeps what the screen needs fresh, each need in one task, and does what people asked for; posts what comes back.
final class Fetcher: Sendable {
    private let client: APIClient
    private let clock: any WallClock
    private let post: @Sendable (Action) -> Void
    private let boards: BoardKeeper
    private let history: Locked<PromptHistory>?
    private let tasks = Locked<[Need: Task<Void, Never>]>([:])

    init(client: APIClient, clock: any WallClock = SystemClock(), boardGlobs: [String] = [], historyFile: String? = nil, post: @escaping @Sendable (Action) -> Void) {
        boards = BoardKeeper(client: client, globs: boardGlobs, clock: clock) { post(.boards($0)) }
        history = historyFile.map { Locked(PromptHistory(path: $0)) }
        self.client = client
        self.clock = clock
        self.post = post
    }

    func run(_ effect: Effect) {
        switch effect {
        case .need(let needs): keep(needs)
        case .refresh:
            let needs = Set(tasks.withLock { $0.keys.map { $0 } })
            keep([])
            keep(needs)
        case .perform(let deed): Task { await perform(deed) }
        case .exportIncident(let id, let path): Task { await export(id, to: path) }
        case .findContext(let item): Task { await findContext(item) }
        case .board(let work): boards.run(work.effect)
        case .stopBoard: boards.stop()
        case .remember(let text, let kind): Task { remember(text, kind) }
        case .openBoard(let path): Task { boards.read(path) }
        case .openBoardNamed(let name): Task { boards.read(named: name) }
        case .quit, .suspend, .captureMouse, .copy: break
        }
    }

    func stopAll() {
        keep([])
        boards.stop()
    }

    /// Starts what is new and ends what isn't needed any more.
    private func keep(_ needs: Set<Need>) {
        tasks.withLock { tasks in
            for (need, task) in tasks where !needs.contains(need) {
                task.cancel()
                tasks[need] = nil
            }
            for need in needs where tasks[need] == nil { tasks[need] = Task { await self.serve(need) } }
        }
    }

    private func serve(_ need: Need) async {
        switch need {
        case .status: await watchStatus()
        case .board: await watchBoard()
        case .boardAt(let moment): await once(need) { () throws(DashboardError) in .board(try await self.client.board(at: moment), of: moment) }
        case .rules: await every(Limits.hostIntervalSeconds, need) { () throws(DashboardError) in .rules(try await self.client.ruleTroubles()) }
        case .hosts(let at):
            await repeating(Limits.hostIntervalSeconds, at, need) { now throws(DashboardError) in .hosts(try await self.client.hostMeasures(at: now)) }
        case .trends(let hosts, let span, let at):
            await repeating(Limits.hostIntervalSeconds, at, need) { now throws(DashboardError) in .trends(try await self.client.hostTrends(hosts, TimeWindow(span, at: now))) }
        case .host(let host, let tab, let span, let at):
            await repeating(Limits.hostIntervalSeconds, at, need) { now throws(DashboardError) in .host(try await self.client.hostDetail(host, tab, TimeWindow(span, at: now))) }
        case .incidents: await every(Limits.dutyIntervalSeconds, need) { () throws(DashboardError) in .incidents(try await self.client.incidents()) }
        case .timeline(let id, _):
            await every(Limits.dutyIntervalSeconds, need) { () throws(DashboardError) in .timeline(id: id, try await self.client.timeline(id)) }
        case .onCall(let at, _): await every(Limits.dutyIntervalSeconds, need) { () throws(DashboardError) in .onCall(try await self.client.onCall(at: at)) }
        case .objectives(let at):
            await repeating(Limits.hostIntervalSeconds, at, need) { now throws(DashboardError) in .objectives(try await self.client.objectives(at: now)) }
        case .losses(let at):
            await repeating(Limits.hostIntervalSeconds, at, need) { now throws(DashboardError) in .losses(try await self.client.agentLosses(at: now)) }
        case .story(let fingerprint, _): await once(need) { () throws(DashboardError) in .story(try await self.client.story(of: fingerprint)) }
        case .logs(let search): await once(need) { () throws(DashboardError) in try await self.search(search) }
        case .logLabels: await once(need) { () throws(DashboardError) in .logLabels(try await self.client.logLabels()) }
        case .tail(let query): await follow(query)
        case .boardFiles(let path): await boards.watchFiles(open: path)
        }
    }

    /// Posts what `body` brings, or why it brought nothing. False once the task is cancelled: what it brings then isn't asked for any more.
    private func attempt(_ need: Need, _ body: () async throws(DashboardError) -> Action) async -> Bool {
        let action: Action
        do throws(DashboardError) {
            action = try await body()
        } catch {
            action = .needFailed(need, error)
        }
        if Task.isCancelled { return false }
        post(action)
        return true
    }

    private func once(_ need: Need, _ body: () async throws(DashboardError) -> Action) async { _ = await attempt(need, body) }

    /// Calls `body` at once and then every `seconds`, until the task is cancelled.
    private func every(_ seconds: Double, _ need: Need, _ body: () async throws(DashboardError) -> Action) async {
        while await attempt(need, body) {
            do { try await Task.sleep(for: .seconds(seconds)) } catch { return }
        }
    }

    /// Once for a moment of the past, again and again for now.
    private func repeating(_ seconds: Double, _ at: Timestamp?, _ need: Need, _ body: (Timestamp) async throws(DashboardError) -> Action) async {
        if let at {
            await once(need) { () throws(DashboardError) in try await body(at) }
        } else {
            await every(seconds, need) { () throws(DashboardError) in try await body(self.clock.nowMilliseconds()) }
        }
    }

    private func watchStatus() async {
        while !Task.isCancelled {
            let action: Action
            do throws(DashboardError) {
                action = .status(try await client.status(), at: clock.nowMilliseconds())
            } catch {
                action = .failed(error, at: clock.nowMilliseconds())
            }
            if Task.isCancelled { return }
            post(action)
            do { try await Task.sleep(for: .seconds(Limits.statusIntervalSeconds)) } catch { return }
        }
    }

    /// The alerts, and again as soon as the collector says that something changed.
    private func watchBoard() async {
        while !Task.isCancelled {
            do throws(DashboardError) {
                let board = try await client.board()
                if Task.isCancelled { return }
                post(.board(board, of: nil))
                var mark = board.mark
                while mark == board.mark { mark = try await client.changes(since: board.mark, waitSeconds: Limits.changeWaitSeconds) }
            } catch {
                if Task.isCancelled { return }
                post(.needFailed(.board, error))
                // A collector that can't be asked for changes, or can't be reached, is asked again in a moment.
                do { try await Task.sleep(for: .seconds(Limits.alertIntervalSeconds)) } catch { return }
            }
        }
    }

    private func search(_ search: LogSearch) async throws(DashboardError) -> Action {
        let moment = search.at ?? clock.nowMilliseconds()
        // A little ahead: clocks of hosts differ.
        let ahead: Int64 = search.at == nil && search.span == .last(seconds: search.span.seconds) ? 60_000 : 0
        return .logs(search, try await client.logs(search.query, start: search.span.start(at: moment), end: search.span.end(at: moment).advanced(byMilliseconds: ahead)))
    }

    private func follow(_ query: String) async {
        while !Task.isCancelled {
            do throws(DashboardError) {
                let post = post
                try await client.tail(query) { post(.tail(query: query, $0)) }
            } catch {
                if Task.isCancelled { return }
                post(.tailFailed(query: query, error))
            }
            do { try await Task.sleep(for: .seconds(Limits.tailRetrySeconds)) } catch { return }
        }
    }

    // Once

    /// Posts what was typed at prompts in earlier runs.
    func recall() {
        guard let history else { return }
        Task {
            do throws(FileError) {
                post(.histories(try history.withLock { history throws(FileError) in try history.read() }))
            } catch {
                post(.saved(path: "what was typed before", problem: "it can't be read: \(error)"))
            }
        }
    }

    /// One at a time, as each reads what the one before wrote.
    private func remember(_ text: String, _ kind: Prompt.Kind) {
        guard let history else { return }
        do throws(FileError) {
            try history.withLock { history throws(FileError) in try history.add(text, kind) }
        } catch {
            post(.saved(path: "the history of prompts", problem: "\(error)"))
        }
    }

    private func perform(_ deed: Deed) async {
        do throws(DashboardError) {
            post(.done(deed, silenceID: try await client.perform(deed)))
        } catch {
            post(.deedFailed(deed, error))
        }
    }

    private func export(_ id: Int64, to path: String) async {
        do throws(DashboardError) {
            let text = try await client.exportedIncident(id)
            do throws(FileError) {
                try RealFileSystem().replace(path, with: Array(text.utf8))
                post(.saved(path: path, problem: nil))
            } catch {
                post(.saved(path: path, problem: "\(error)"))
            }
        } catch {
            post(.saved(path: path, problem: "\(error)"))
        }
    }

    private func findContext(_ item: LogItem) async {
        do throws(DashboardError) {
            post(.logContext(try await client.context(of: item)))
        } catch {
            post(.needFailed(.logs(LogSearch(query: "", span: .standard)), error))
        }
    }
}
