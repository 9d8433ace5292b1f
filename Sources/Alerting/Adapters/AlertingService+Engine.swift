import Foundations
import Logging
import Model

extension AlertingService {
    /// Opens the database and takes up the receivers; nothing is evaluated before `run`.
    ///
    /// `reader` is what rules are evaluated on, `logs` what log rules are, `write` stores recorded series and `ALERTS`.
    /// Throws `AlertingError` where the database can't be opened or another process has it.
    public convenience init(
        options: AlertingOptions, reader: any MetricReader, logs: (any LogReader)? = nil, write: @escaping @Sendable (MetricBatch) async throws -> Void,
        clock: any WallClock = SystemClock(), logger: Logger
    ) throws {
        try self.init(
            options: options, evaluator: PromQLEvaluator(reader: reader, clock: clock),
            logEvaluator: logs.map { LogQLEvaluator(reader: $0, clock: clock) } ?? NoLogs(), write: write, clock: clock, logger: logger
        ) { receiver in OutboundDeliverer(receiver, clock: clock) }
    }

    /// All that is wrong in rule files (paths or patterns), for a check before they are put in force.
    public static func check(_ files: [String]) -> [RuleProblem] { check(files, evaluator: SyntaxChecker()) }
}

extension RuleFile {
    /// Reads a whole file. Throws all problems of the file at once.
    public static func parse(_ yaml: String, path: String) throws(RuleFileError) -> RuleFile {
        try parse(yaml, path: path) { PromQLCheck.syntaxProblem(in: $0) }
    }
}
