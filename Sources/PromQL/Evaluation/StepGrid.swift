/// The moments an expression is evaluated at.
struct StepGrid: Hashable, Sendable {
    /// Milliseconds since 1970.
    let start: Int64
    /// Above 0; of no meaning where there is one moment.
    let step: Int64
    let count: Int

    init(at moment: Int64) {
        start = moment
        step = 1
        count = 1
    }

    /// From `start` to at most `end`; `end` isn't before `start`.
    init(start: Int64, end: Int64, step: Int64) {
        self.start = start
        self.step = step
        count = Int((end - start) / step) + 1
    }

    /// Takes any number of moments, none included.
    init(start: Int64, step: Int64, count: Int) {
        self.start = start
        self.step = step
        self.count = count
    }

    /// The last moment.
    var end: Int64 { time(count - 1) }

    @inline(__always) func time(_ index: Int) -> Int64 { start + Int64(index) * step }
}
