import Foundations
import LogQL
import LogStore
import Model

/// The requests of one tenant to erase log lines: kept in a file until they are done, carried out one after the other, a day at a time.
///
/// What a stop or a crash cut off goes on at the next start, with the day that was under way.
actor LogDeletions {
    /// Requests that wait; more are refused.
    static let waitingMax = 100
    /// Requests that are remembered; the oldest that are over go first.
    static let rememberedMax = 500
    /// Bytes of a query: all that are remembered stay well below the file's bound, however they are escaped.
    static let queryBytesMax = 4096
    private static let fileBytesMax = 16 << 20
    private static let retryMilliseconds = 1000

    private let path: String
    private let store: LogStore
    private let clock: any WallClock
    private let fileSystem: any FileSystem
    private let log: @Sendable (LogDeletion) -> Void
    private var requests: [LogDeletion] = []
    private var running: Task<Void, Never>?
    private var isRead = false

    /// `log` is told of each request that ends or begins.
    init(tenant: Tenant, clock: any WallClock, fileSystem: any FileSystem, log: @escaping @Sendable (LogDeletion) -> Void) {
        path = Paths.join(tenant.directory, "log-deletions.json")
        store = tenant.logs
        self.clock = clock
        self.fileSystem = fileSystem
        self.log = log
    }

    /// All that are remembered, the oldest first.
    func all() throws(Refusal) -> [LogDeletion] {
        try read()
        return requests
    }

    /// Takes a request; it is written down on return.
    func add(query: String, start: NanoTimestamp, end: NanoTimestamp, actor: String) throws(Refusal) -> LogDeletion {
        try read()
        guard query.utf8.count <= Self.queryBytesMax else { throw .badParameter("the query is longer than \(Self.queryBytesMax) bytes; erase by several requests") }
        guard requests.count(where: { !$0.state.isOver }) < Self.waitingMax else {
            throw .unavailable(.overload, "\(Self.waitingMax) deletions wait already; try again later", retryAfterSeconds: 60)
        }
        let number = String(UInt64.random(in: .min ... .max), radix: 16)
        var request = LogDeletion(
            id: String(repeating: "0", count: 16 - number.count) + number, query: query, start: start.nanoseconds, end: end.nanoseconds,
            createdAt: clock.now().nanoseconds, actor: actor)
        request.daysTotal = store.days(from: start, to: end).count
        requests.append(request)
        if requests.count > Self.rememberedMax, let oldest = requests.firstIndex(where: { $0.state.isOver }) { requests.remove(at: oldest) }
        do {
            try write()
        } catch {
            requests.removeAll { $0.id == request.id }
            throw error
        }
        log(request)
        resume()
        return request
    }

    /// Takes a request back; `force` also one that has begun, whose days so far stay as they are.
    func cancel(_ id: String, force: Bool) throws(Refusal) {
        try read()
        guard let index = requests.firstIndex(where: { $0.id == id }) else {
            throw Refusal(status: .notFound, errorType: "not_found", reason: .notFound, message: "could not find delete request with given id")
        }
        guard !requests[index].state.isOver, force || requests[index].state == .received else {
            throw .badParameter("deletion of request which is in process or already processed is not allowed")
        }
        let before = requests[index]
        requests[index].state = .cancelled
        do {
            try write()
        } catch {
            requests[index] = before
            throw error
        }
        log(requests[index])
    }

    /// Goes on with what was cut off.
    func resume() {
        guard running == nil else { return }
        running = Task { await run() }
    }

    func stop() async {
        running?.cancel()
        await running?.value
    }

    // MARK: Carrying out

    private func run() async {
        defer { running = nil }
        do throws(Refusal) { try read() } catch { return }
        while !Task.isCancelled, let request = requests.first(where: { !$0.state.isOver }) {
            guard await carryOut(request) else { return }
        }
    }

    /// False where the server stops: the request goes on at the next start.
    private func carryOut(_ request: LogDeletion) async -> Bool {
        let id = request.id
        change(id) { $0.state = .processing }
        let query: LogQuery
        do {
            query = try await LogEngine.erasure(request, in: store, clock: clock)
        } catch let error as LogQLError {
            end(id, .failed, error.description)
            return true
        } catch {
            // The store is closed, or can't be read just now.
            change(id) { $0.failure = "\(error)" }
            return await Self.pause()
        }
        // Days that were done before a stop are looked at again: they have nothing left.
        let days = store.days(from: query.start, to: query.end)
        change(id) { $0.daysTotal = days.count }
        for (done, day) in days.enumerated() {
            switch await erase(id, query, day, done: done + 1) {
            case .done: continue
            case .cancelled: return true
            case .stopped: return false
            }
        }
        end(id, .processed, nil)
        return true
    }

    private enum Erasure { case done, cancelled, stopped }

    private func erase(_ id: String, _ query: LogQuery, _ day: LogStore.DayFile, done: Int) async -> Erasure {
        var part = query
        (part.start, part.end) = (max(query.start, day.start), min(query.end, day.end))
        while !Task.isCancelled {
            guard let request = requests.first(where: { $0.id == id }), !request.state.isOver else { return .cancelled }
            do throws(LogStoreError) {
                let count = try await store.delete(part)
                change(id) { request in
                    request.daysDone = done
                    request.linesErased += count
                    request.failure = nil
                }
                return .done
            } catch {
                if case .closed = error { return .stopped }
                change(id) { $0.failure = "\(error)" }
            }
            guard await Self.pause() else { return .stopped }
        }
        return .stopped
    }

    /// False where the server stops meanwhile.
    private static func pause() async -> Bool {
        do {
            try await Task.sleep(for: .milliseconds(retryMilliseconds))
            return true
        } catch {
            return false
        }
    }

    private func end(_ id: String, _ state: LogDeletion.State, _ failure: String?) {
        change(id) { request in
            guard !request.state.isOver else { return }
            request.state = state
            request.failure = failure
        }
        if let request = requests.first(where: { $0.id == id }) { log(request) }
    }

    private func change(_ id: String, _ body: (inout LogDeletion) -> Void) {
        guard let index = requests.firstIndex(where: { $0.id == id }), !requests[index].state.isOver else { return }
        body(&requests[index])
        do throws(Refusal) {
            try write()
        } catch {
            // What is done is done; after a restart it is looked for again.
            requests[index].failure = error.message
        }
    }

    // MARK: The file

    private func read() throws(Refusal) {
        if isRead { return }
        do {
            if try fileSystem.exists(path) { requests = try LogDeletionFile.decode(try fileSystem.readAll(path, bytesMax: Self.fileBytesMax)) }
            isRead = true
        } catch {
            throw .internalError("\(SafeText(path).string) can't be read: \(error); remove it, and ask again for the deletions that it held")
        }
    }

    private func write() throws(Refusal) {
        do {
            try fileSystem.replace(path, with: try LogDeletionFile.encode(requests))
        } catch {
            throw .unavailable(.storeUnavailable, "the list of deletions can't be written: \(error)", retryAfterSeconds: 10)
        }
    }
}
