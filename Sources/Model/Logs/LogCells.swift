import Foundations

/// The cells of time that records are counted by: `border + k × step <= t < border + (k + 1) × step` for whole numbers k.
public struct LogCells: Hashable, Sendable {
    public let stepNanoseconds: Int64
    /// Where a cell begins: at least 0 and less than the step.
    public let offsetNanoseconds: Int64
    /// Whether somebody asks how long the lines are. Where nobody does, a reader may leave tallies' bytes 0, which spares it the lines.
    public let countsBytes: Bool

    /// `border`: any moment at which a cell begins; 1970 without it. The step is positive.
    public init(stepNanoseconds: Int64, border: Int64 = 0, countsBytes: Bool = true) {
        precondition(stepNanoseconds > 0, "a step has a length")
        self.stepNanoseconds = stepNanoseconds
        let rest = border % stepNanoseconds
        offsetNanoseconds = rest < 0 ? rest + stepNanoseconds : rest
        self.countsBytes = countsBytes
    }

    /// The number of the cell that a moment lies in.
    @inline(__always) public func number(of nanoseconds: Int64) -> Int64 {
        var quotient = nanoseconds / stepNanoseconds
        var rest = nanoseconds % stepNanoseconds
        if rest < 0 {
            rest += stepNanoseconds
            quotient -= 1
        }
        return rest < offsetNanoseconds ? quotient - 1 : quotient
    }

    /// The first nanosecond of a cell, as far back as there are any.
    public func start(_ number: Int64) -> Int64 {
        let (product, isFar) = number.multipliedReportingOverflow(by: stepNanoseconds)
        let (start, isBeyond) = product.addingReportingOverflow(offsetNanoseconds)
        return isFar || isBeyond ? (number < 0 ? .min : .max) : start
    }
}
