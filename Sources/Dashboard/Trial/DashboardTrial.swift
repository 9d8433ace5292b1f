import Boards
import Foundations
import Model
import Terminal

/// A dashboard without terminal and collector, full of made-up alerts, hosts and lines: for measuring what a key and a frame cost.
///
/// Keys, answers and time go through the reducer, and frames through the cache of frames, as in the loop that people use.
package struct DashboardTrial {
    private static let start = Timestamp(seconds: 1_800_000_000)
    private var model: DashboardModel
    private var cache = FrameCache()
    private var wall: Wall?
    private var lines = 0
    private var boardAlerts: Int
    private let hosts: Int
    private let clock = ManualClock(milliseconds: DashboardTrial.start.milliseconds)
    /// What the open dashboard asks.
    private var question: BoardQuestion?

    /// With so many alerts and hosts; on a wall the screens turn.
    package init(alerts: Int, hosts: Int, size: Size, colours: ColourDepth = .indexed256, isWall: Bool = false) {
        let theme = Theme(capabilities: Capabilities(colours: colours, showsUnicode: true))
        model = DashboardModel(size: size, theme: theme, url: "http://127.0.0.1:9845", now: Self.start)
        (boardAlerts, self.hosts) = (alerts, max(1, hosts))
        if isWall { (wall, model.access) = (Wall(now: Self.start), .readOnly) }
        reduce(.status(CollectorStatus(), at: Self.start))
        receiveAlerts()
        receiveMeasures()
    }

    @discardableResult
    private mutating func reduce(_ action: Action) -> [Effect] {
        cache.invalidate()
        let effects = Reducer.reduce(&model, action)
        for case .board(let work) in effects {
            if case .evaluate(let question) = work.effect { self.question = question }
        }
        return effects
    }

    /// The alerts come anew, so many of them.
    package mutating func receiveAlerts(_ count: Int? = nil) {
        boardAlerts = count ?? boardAlerts
        reduce(.board(TrialData.board(boardAlerts, hosts: hosts, at: model.now), of: nil))
        if wall?.alarm(&model) == true { reduce(.tick(model.now)) }
    }

    /// The hosts' newest values come.
    package mutating func receiveMeasures() {
        reduce(.hosts(TrialData.measures(hosts, at: model.now)))
        let shown = model.hosts.items.prefix(40).map(\.instance)
        reduce(.trends(TrialData.trends(shown, TimeWindow(model.span, at: model.now))))
    }

    /// Presses a key; a carriage return is Enter.
    package mutating func press(_ key: Character) { reduce(.input(key == "\r" ? .key(.enter) : .key(.character(key)))) }

    /// Lets a second pass, or some, as the loop does.
    package mutating func tick(seconds: Int64 = 1) {
        let now = model.now.advanced(byMilliseconds: seconds * 1000)
        let before = model.needs
        _ = Reducer.reduce(&model, .tick(now))
        if before != model.needs { cache.invalidate() }
        if wall?.turn(&model) == true { reduce(.tick(now)) }
    }

    /// The collector answers that nothing has changed.
    package mutating func answerStatus() { reduce(.status(CollectorStatus(), at: model.now)) }

    /// Lines come by the live tail, of so many bytes each.
    package mutating func receive(lines count: Int, bytes: Int) {
        let batch = TailBatch(items: (0..<count).map { TrialData.line(lines + $0, bytes: bytes, at: model.now) })
        lines += count
        reduce(.tail(query: "", batch))
    }

    /// The open host gets its data of now.
    package mutating func refreshHost() {
        guard let host = model.openHost else { return }
        reduce(.host(TrialData.detail(host, model.hostTab, TimeWindow(model.span, at: model.now))))
    }

    /// Opens a dashboard of twelve panels: eight charts of five lines, figures, bars and a table.
    package mutating func openBoard() throws {
        press("6")
        reduce(.boards(.opened(path: "trial.yml", try BoardFile.parse(Array(BoardTrial.file.utf8), path: "trial.yml"))))
    }

    /// The open dashboard evaluates all its panels, as of now.
    package mutating func refreshBoard() async {
        guard let question else { return }
        clock.step(to: model.now.nanos)
        let results = await BoardRunner(source: BoardTrial.Source(), clock: clock).evaluate(question)
        reduce(.boards(.answered(.results(results, generation: question.generation))))
    }

    package mutating func frame() -> Buffer { cache.frame(of: model) }
}
