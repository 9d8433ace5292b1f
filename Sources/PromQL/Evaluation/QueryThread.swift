import Foundations

/// Set when whoever asked has gone; read by the thread that computes.
final class CancellationFlag: Sendable {
    private let state = Locked(false)

    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}

/// Computes long queries on threads of their own, so that they don't hold up the few that all tasks share.
enum QueryThread {
    /// Samples and points below which starting a thread costs more than it spares: some milliseconds of work.
    private static let inlineMax = 200_000

    /// Hands the evaluation over to a thread; nobody else touches it until it is done.
    private struct Handover: @unchecked Sendable {
        let evaluator: Evaluator
        let expression: Expression
    }

    /// Evaluates the expression here or on a thread, as its size suggests.
    static func result(_ expression: Expression, _ context: QueryContext, work: Int) async throws -> QueryValue {
        let evaluator = Evaluator(context, context.grid)
        let points = work.addingReportingOverflow(context.data.seriesCount.multipliedReportingOverflow(by: context.grid.count).partialValue)
        if !points.overflow, points.partialValue <= inlineMax {
            context.profile?.setOwner()
            return try evaluator.result(expression)
        }
        let handover = Handover(evaluator: evaluator, expression: expression)
        let cancellation = context.cancellation
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                _ = WorkerThread(name: "promql") {
                    handover.evaluator.context.profile?.setOwner()
                    continuation.resume(with: Result { try handover.evaluator.result(handover.expression) })
                }
            }
        } onCancel: {
            cancellation.set()
        }
    }
}
