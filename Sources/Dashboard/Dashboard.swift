import FoundationEssentials
import Foundations
import Glibc
import Terminal

/// The terminal dashboard: full-screen, as one frame of text, or as JSON, all from the same model.
public enum Dashboard {
    /// Draws full-screen until the user quits, a signal comes or the task is cancelled. Returns the code for the process to exit with.
    ///
    /// Nothing else may write to the terminal meanwhile.
    public static func run(_ options: DashboardOptions) async throws(DashboardError) -> Int32 {
        let client = APIClient(transport: try CollectorTransport(options))
        let clock = SystemClock()
        let mailbox = Mailbox()
        let fetcher = Fetcher(client: client, clock: clock) { mailbox.post($0) }
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
    /// 3 unknown or unreachable.
    public static func once(
        _ options: DashboardOptions, size: Size = Size(columns: 120, rows: 40), colours: ColourDepth = .none
    ) async throws(DashboardError) -> (frame: String, exitCode: Int32) {
        var capabilities = Capabilities(environment: options.environment)
        capabilities.colours = colours
        let model = try await snapshot(options, size: size, capabilities: capabilities)
        let frame = PlainFrame.text(of: Frame.render(model), colours: colours, showsUnicode: capabilities.showsUnicode)
        return (frame, model.state.exitCode)
    }

    /// The same as data: `"version": 1` with state, hosts, alerts and the collector's health.
    public static func json(_ options: DashboardOptions) async throws(DashboardError) -> (text: String, exitCode: Int32) {
        let model = try await snapshot(options, size: Size(columns: 120, rows: 40), capabilities: Capabilities(environment: options.environment))
        return (Report(model).text, model.state.exitCode)
    }

    /// The model after one round of questions.
    static func snapshot(
        _ options: DashboardOptions, size: Size, capabilities: Capabilities, transport: (any APITransport)? = nil, clock: any WallClock = SystemClock()
    ) async throws(DashboardError) -> DashboardModel {
        let carrier: any APITransport
        if let transport { carrier = transport } else { carrier = try CollectorTransport(options) }
        let client = APIClient(transport: carrier)
        let now = clock.nowMilliseconds()
        var model = DashboardModel(size: size, theme: Theme(capabilities: capabilities), url: options.url, now: now)
        do throws(DashboardError) {
            let alerts = try await client.alerts()
            let status = try await client.status()
            _ = Reducer.reduce(&model, .status(status, alerts: alerts, at: now))
            _ = Reducer.reduce(&model, .rules(try await client.ruleTroubles()))
            _ = Reducer.reduce(&model, .measures(try await client.hostMeasures(TimeWindow(rangeSeconds: model.range.seconds, now: now)), at: now))
        } catch {
            _ = Reducer.reduce(&model, .failed(error, at: now))
            // One question has one answer: what failed isn't asked again.
            model.link.lastAnswer = nil
        }
        return model
    }

    private static func drawUntilEnd(
        _ options: DashboardOptions, _ clock: SystemClock, _ mailbox: Mailbox, _ fetcher: Fetcher
    ) -> Result<Int32, TerminalError> {
        do throws(TerminalError) {
            let screen = try Screen(environment: options.environment)
            defer { screen.close() }
            var model = DashboardModel(size: screen.size, theme: Theme(capabilities: screen.capabilities), url: options.url, now: clock.nowMilliseconds())
            model.localOffsetSeconds = localOffsetSeconds(at: model.now)
            var loop = DashboardLoop(screen: screen, mailbox: mailbox, fetcher: fetcher, clock: clock, model: model)
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
