import FoundationEssentials
import Foundations
import Glibc
import Terminal

/// The terminal dashboard: full-screen, as one frame of text, as data, or as lines that are read aloud, all from the same model.
public enum Dashboard {
    /// Draws full-screen until the user quits, a signal comes or the task is cancelled. Returns the code for the process to exit with.
    ///
    /// Nothing else may write to the terminal meanwhile.
    public static func run(_ options: DashboardOptions) async throws(DashboardError) -> Int32 {
        let client = APIClient(transport: try CollectorTransport(options))
        let clock = SystemClock()
        let mailbox = Mailbox()
        let fetcher = Fetcher(client: client, clock: clock, boardGlobs: options.boardGlobs, historyFile: options.historyFile) { mailbox.post($0) }
        defer { fetcher.stopAll() }
        let result = await withTaskCancellationHandler {
            await onThread { drawUntilEnd(options, clock, mailbox, fetcher) }
        } onCancel: {
            mailbox.end()
        }
        do throws(TerminalError) {
            return try result.get()
        } catch {
            throw .terminal(error)
        }
    }

    /// One frame as lines of text, with colours where a depth is given, and the state as exit code: 0 ok, 1 warning, 2 critical,
    /// 3 unknown, stale or unreachable.
    public static func once(
        _ options: DashboardOptions, size: Size = Size(columns: 120, rows: 40), colours: ColourDepth = .none, screen: String? = nil, query: String? = nil
    ) async throws(DashboardError) -> (frame: String, exitCode: Int32) {
        var capabilities = Capabilities(environment: options.environment)
        capabilities.colours = colours
        options.settings.adjust(&capabilities)
        let kind = try screen.map { word throws(DashboardError) in try Self.screen(named: word) } ?? .overview
        let model = try await Snapshot(options).model(size: size, capabilities: capabilities, screen: kind, query: query)
        let frame = PlainFrame.text(of: Frame.render(model), colours: colours, showsUnicode: capabilities.showsUnicode)
        return (frame, model.state.exitCode)
    }

    /// The same as data: `"version": 1` with state, hosts, alerts, incidents, who is on call and the collector's health.
    public static func json(_ options: DashboardOptions) async throws(DashboardError) -> (text: String, exitCode: Int32) {
        let model = try await Snapshot(options).model(
            size: Size(columns: 120, rows: 40), capabilities: Capabilities(environment: options.environment), screen: .incidents, query: nil)
        return (Report(model).text, model.state.exitCode)
    }

    /// The names that `screen` takes.
    public static let screenNames = ScreenKind.allCases.map(\.word)

    private static func screen(named word: String) throws(DashboardError) -> ScreenKind {
        guard let screen = ScreenKind.allCases.first(where: { $0.word == word.lowercased() }) else { throw .noScreen(word, known: screenNames) }
        return screen
    }

    private static func drawUntilEnd(
        _ options: DashboardOptions, _ clock: SystemClock, _ mailbox: Mailbox, _ fetcher: Fetcher
    ) -> Result<Int32, TerminalError> {
        do throws(TerminalError) {
            let screen = try Screen(environment: options.environment) { options.settings.adjust(&$0) }
            defer { screen.close() }
            var model = DashboardModel(size: screen.size, theme: options.settings.theme(screen.capabilities), url: options.url, now: clock.nowMilliseconds())
            model.localOffsetSeconds = localOffsetSeconds(at: model.now)
            model.keys = options.settings.keys
            model.actor = options.actor
            var wall: Wall?
            if case .wall = options.face { wall = Wall(now: model.now) }
            if options.isReadOnly || wall != nil { model.access = .readOnly }
            var loop = DashboardLoop(screen: screen, mailbox: mailbox, fetcher: fetcher, clock: clock, model: model, wall: wall)
            return .success(loop.run())
        } catch {
            return .failure(error)
        }
    }

    private static func localOffsetSeconds(at moment: Timestamp) -> Int64 {
        var seconds = time_t(moment.milliseconds / 1000)
        var local = tm()
        return localtime_r(&seconds, &local) == nil ? 0 : Int64(local.tm_gmtoff)
    }

    /// Runs what blocks on a thread of its own.
    private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            _ = WorkerThread(name: "dashboard") { continuation.resume(returning: body()) }
        }
    }
}
