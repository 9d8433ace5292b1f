import Foundations
import Terminal

/// The dashboard's model kept fresh without a screen, for the faces that are text.
struct Follower {
    /// Everything that a report has, wherever the selection is.
    private static let screen = ScreenKind.incidents

    private let options: DashboardOptions
    private let transport: any APITransport
    private let clock: any WallClock

    init(_ options: DashboardOptions) throws(DashboardError) { self.init(options, transport: try CollectorTransport(options)) }

    init(_ options: DashboardOptions, transport: any APITransport, clock: any WallClock = SystemClock()) {
        self.options = options
        self.transport = transport
        self.clock = clock
    }

    /// Hands over the model after each change, until `body` returns an exit code or the task is cancelled. `lines` are what is typed.
    func run(lines: AsyncStream<String> = AsyncStream { _ in }, _ body: (inout DashboardModel, _ typed: String?) -> (effects: [Effect], exitCode: Int32?)) async -> Int32 {
        let (events, post) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .unbounded)
        let fetcher = Fetcher(client: APIClient(transport: transport), clock: clock) { post.yield(.action($0)) }
        let ticking = Task {
            while !Task.isCancelled {
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
                post.yield(.action(.tick(clock.nowMilliseconds())))
            }
        }
        let typing = Task { for await line in lines { post.yield(.typed(line)) } }
        defer {
            for task in [ticking, typing] { task.cancel() }
            fetcher.stopAll()
            post.finish()
        }
        var model = DashboardModel(
            size: Size(columns: 120, rows: 40), theme: Theme(capabilities: Capabilities(colours: .none, showsUnicode: false)), url: options.url, now: clock.nowMilliseconds())
        model.screen = Self.screen
        model.actor = options.actor
        if options.isReadOnly { model.access = .readOnly }
        Reducer.reduce(&model, .tick(model.now)).forEach(fetcher.run)
        return await withTaskCancellationHandler {
            for await event in events {
                var typed: String?
                switch event {
                case .action(let action): Reducer.reduce(&model, action).forEach(fetcher.run)
                case .typed(let line): typed = line
                }
                let (effects, code) = body(&model, typed)
                effects.forEach(fetcher.run)
                if let code { return code }
            }
            return 0
        } onCancel: {
            post.finish()
        }
    }

    private enum Event: Sendable {
        case action(Action)
        case typed(String)
    }
}

extension Dashboard {
    /// A report on one line at first and with every change, until the task is cancelled or `write` says that nobody reads. Returns the code of the last state.
    public static func follow(_ options: DashboardOptions, _ write: (String) -> Bool) async throws(DashboardError) -> Int32 {
        var announcer = Announcer()
        var state = HealthState.unknown
        let code = try await Follower(options).run { model, _ in
            guard !announcer.changes(to: model).isEmpty else { return ([], nil) }
            state = model.state
            return ([], write(Report(model).line) ? nil : state.exitCode)
        }
        return code == 0 ? state.exitCode : code
    }

    /// Plain lines, for screen readers and for terminals that only print: what is so at first, then every change as a line. `lines` are commands.
    public static func converse(_ options: DashboardOptions, lines: AsyncStream<String>, _ write: (String) -> Void) async throws(DashboardError) -> Int32 {
        var announcer = Announcer()
        return try await Follower(options).run(lines: lines) { model, typed in
            for line in announcer.changes(to: model) { write(line) }
            if !model.notice.isEmpty {
                write(model.notice.string)
                model.notice = ""
            }
            guard let typed else { return ([], nil) }
            let reply = Conversation.reply(to: typed, &model)
            for line in reply.lines { write(line) }
            return (reply.effects, reply.isOver ? 0 : nil)
        }
    }
}
