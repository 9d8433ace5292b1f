import Foundations

/// Runs the calls that effects ask for, each kind in one task at a time, and posts what comes back.
final class Fetcher: Sendable {
    private enum Kind: Hashable { case status, rules, hosts, host, logs, tail }

    private let client: APIClient
    private let clock: any WallClock
    private let post: @Sendable (Action) -> Void
    private let tasks = Locked<[Kind: Task<Void, Never>]>([:])

    init(client: APIClient, clock: any WallClock = SystemClock(), post: @escaping @Sendable (Action) -> Void) {
        self.client = client
        self.clock = clock
        self.post = post
    }

    func run(_ effect: Effect) {
        switch effect {
        case .watch(let range):
            start(.status) { await self.watchStatus() }
            start(.rules) { await self.watchRules() }
            start(.hosts) { await self.watchHosts(range) }
        case .watchHost(let instance, let range): start(.host) { await self.watchHost(instance, range) }
        case .leaveHost: stop(.host)
        case .searchLogs(let query, let range): start(.logs) { await self.searchLogs(query, range) }
        case .followLogs(let query): start(.tail) { await self.follow(query) }
        case .stopFollowing: stop(.tail)
        case .stopAll: stopAll()
        case .quit, .suspend, .captureMouse: break
        }
    }

    func stopAll() {
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

    private func stop(_ kind: Kind) { tasks.withLock { $0.removeValue(forKey: kind)?.cancel() } }

    /// Calls `body` at once and then every `seconds`, until the task is cancelled.
    private func every(_ seconds: Double, _ body: () async throws(DashboardError) -> Action, failed: (DashboardError) -> Action) async {
        while !Task.isCancelled {
            let action: Action
            do throws(DashboardError) {
                action = try await body()
            } catch {
                action = failed(error)
            }
            // What a cancelled task brings belongs to a question that isn't asked any more.
            if Task.isCancelled { return }
            post(action)
            do { try await Task.sleep(for: .seconds(seconds)) } catch { return }
        }
    }

    private func watchStatus() async {
        await every(Limits.statusIntervalSeconds) { () throws(DashboardError) in try await self.status() } failed: { .failed($0, at: clock.nowMilliseconds()) }
    }

    private func status() async throws(DashboardError) -> Action {
        let alerts = try await client.alerts()
        return .status(try await client.status(), alerts: alerts, at: clock.nowMilliseconds())
    }

    private func watchRules() async {
        await every(Limits.hostIntervalSeconds) { () throws(DashboardError) in .rules(try await self.client.ruleTroubles()) } failed: { error in
            .rules([CollectorStatus.RuleTrouble(place: "rules", reason: "\(error)")])
        }
    }

    private func watchHosts(_ range: TimeRange) async {
        await every(Limits.hostIntervalSeconds) { () throws(DashboardError) in
            let window = TimeWindow(rangeSeconds: range.seconds, now: self.clock.nowMilliseconds())
            return .measures(try await self.client.hostMeasures(window), at: self.clock.nowMilliseconds())
        } failed: { .measuresFailed($0) }
    }

    private func watchHost(_ instance: String, _ range: TimeRange) async {
        await every(Limits.hostIntervalSeconds) { () throws(DashboardError) in
            .detail(try await self.client.hostDetail(instance, TimeWindow(rangeSeconds: range.seconds, now: self.clock.nowMilliseconds())))
        } failed: { .detailFailed(instance: instance, $0) }
    }

    private func searchLogs(_ query: String, _ range: TimeRange) async {
        let now = clock.nowMilliseconds()
        do throws(DashboardError) {
            // A little ahead: clocks of hosts differ.
            let items = try await client.logs(
                query, start: now.advanced(byMilliseconds: -range.seconds * 1000), end: now.advanced(byMilliseconds: 60_000))
            if !Task.isCancelled { post(.logs(query: query, items)) }
        } catch {
            if !Task.isCancelled { post(.logsFailed(query: query, error)) }
        }
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
}
