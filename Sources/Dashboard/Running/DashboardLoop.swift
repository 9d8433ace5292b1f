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

    /// Ends with the code for the process: 0, or 128 and the signal that ended it.
    mutating func run() -> Int32 {
        perform([.watch(model.range)])
        var isDirty = true
        var lastFrame: Int64 = 0
        while true {
            if isDirty {
                let waited = (clock.monotonicNanoseconds() - lastFrame) / 1_000_000
                if waited >= Limits.frameMilliseconds && screen.draw(Frame.render(model)) {
                    isDirty = false
                    lastFrame = clock.monotonicNanoseconds()
                }
            }
            let events = screen.next(timeoutMilliseconds: isDirty ? Limits.frameMilliseconds : millisecondsToNextSecond)
            for event in events {
                isDirty = true
                switch event {
                case .ending(let signal): return 128 + signal
                case .disconnected: return 128 + SIGHUP
                case .resized(let size): reduce(.resized(size))
                case .resumed: reduce(.resized(screen.size))
                case .input(let input): if reduce(.input(input)) { return 0 }
                case .woken: break
                }
            }
            if mailbox.hasEnded { return 0 }
            for action in mailbox.take() {
                isDirty = true
                reduce(action)
            }
            let now = clock.nowMilliseconds()
            if now.milliseconds / 1000 != model.now.milliseconds / 1000 {
                isDirty = true
                reduce(.tick(now))
            }
        }
    }

    private var millisecondsToNextSecond: Int64 { 1000 - clock.nowMilliseconds().milliseconds % 1000 + 1 }

    /// Returns whether the dashboard is to end.
    @discardableResult
    private mutating func reduce(_ action: Action) -> Bool { perform(Reducer.reduce(&model, action)) }

    @discardableResult
    private func perform(_ effects: [Effect]) -> Bool {
        for effect in effects {
            switch effect {
            case .quit: return true
            case .suspend: screen.suspend()
            case .captureMouse(let isCaptured): screen.captureMouse(isCaptured)
            default: fetcher.run(effect)
            }
        }
        return false
    }
}
