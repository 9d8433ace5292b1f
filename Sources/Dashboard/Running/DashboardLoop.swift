import Foundations
import Glibc
import Terminal

/// The thread that draws: takes events, reduces them, and draws what changed, at most 30 times a second.
struct DashboardLoop {
    let screen: Screen
    let mailbox: Mailbox
    let fetcher: Fetcher
    let clock: any WallClock
    var model: DashboardModel
    var wall: Wall?
    private var cache = FrameCache()
    private var isDirty = true
    /// Somebody pressed a key and waits.
    private var isUrgent = false
    private var lastFrameNanoseconds: Int64 = 0

    init(screen: Screen, mailbox: Mailbox, fetcher: Fetcher, clock: any WallClock, model: DashboardModel, wall: Wall?) {
        self.screen = screen
        self.mailbox = mailbox
        self.fetcher = fetcher
        self.clock = clock
        self.model = model
        self.wall = wall
    }

    /// Ends with the code for the process: 0, or 128 and the signal that ended it.
    mutating func run() -> Int32 {
        drawWhenDue()
        reduce(.tick(model.now))
        fetcher.recall()
        while true {
            drawWhenDue()
            let events = screen.next(timeoutMilliseconds: isDirty ? millisecondsToFrame : millisecondsToNextSecond)
            for event in events {
                switch event {
                case .ending(let signal): return 128 + signal
                case .disconnected: return 128 + SIGHUP
                case .resized(let size): reduce(.resized(size))
                case .resumed: reduce(.resized(screen.size))
                case .input(let input):
                    if reduce(.input(input)) { return 0 }
                    isUrgent = true
                case .woken: break
                }
            }
            if mailbox.hasEnded { return 0 }
            for action in mailbox.take() { reduce(action) }
            tick()
        }
    }

    private mutating func drawWhenDue() {
        guard isDirty, millisecondsToFrame <= 0, screen.draw(cache.frame(of: model)) else { return }
        isDirty = false
        isUrgent = false
        lastFrameNanoseconds = clock.monotonicNanoseconds()
    }

    /// Time passes: the clock is drawn, and what shows ages where those are a step older.
    private mutating func tick() {
        let now = clock.nowMilliseconds()
        guard now.milliseconds / 1000 != model.now.milliseconds / 1000 else { return }
        isDirty = true
        let before = model.needs
        perform(Reducer.reduce(&model, .tick(now)))
        if before != model.needs { cache.invalidate() }
        if wall?.turn(&model) == true { reduce(.tick(now)) }
    }

    /// Milliseconds until the next frame may be drawn, or until the terminal is looked at again that hasn't taken the last one.
    private var millisecondsToFrame: Int64 {
        (isUrgent ? Limits.keyFrameMilliseconds : Limits.frameMilliseconds) - (clock.monotonicNanoseconds() - lastFrameNanoseconds) / 1_000_000
    }

    private var millisecondsToNextSecond: Int64 { 1000 - clock.nowMilliseconds().milliseconds % 1000 + 1 }

    /// Returns whether the dashboard is to end.
    @discardableResult
    private mutating func reduce(_ action: Action) -> Bool {
        // An answer that says what was known brings nothing but the time, which the clock draws.
        if case .status(let status, _) = action, model.shows(status) { return perform(Reducer.reduce(&model, action)) }
        isDirty = true
        cache.invalidate()
        let isOver = perform(Reducer.reduce(&model, action))
        if case .board = action, wall?.alarm(&model) == true { perform(Reducer.reduce(&model, .tick(model.now))) }
        return isOver
    }

    @discardableResult
    private func perform(_ effects: [Effect]) -> Bool {
        for effect in effects {
            switch effect {
            case .quit: return true
            case .suspend: screen.suspend()
            case .captureMouse(let isCaptured): screen.captureMouse(isCaptured)
            case .copy(let text): screen.copy(Array(text.utf8.prefix(Limits.clipboardBytes)))
            default: fetcher.run(effect)
            }
        }
        return false
    }
}
