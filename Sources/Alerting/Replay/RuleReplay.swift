import Foundations
import Model
import PromQL

/// Evaluates rules over stored data without side effects, and says which pages would have gone out.
public enum RuleReplay {
    /// Replays the range. `progress` is told the moment that is reached, and ends it there by returning false. Throws what is wrong in the
    /// rule files, and what the scratch database throws; a rule that fails is reported and the others go on.
    ///
    /// Evaluation begins before the range by the longest `for` and `keep_firing_for` (a day at most), so that what holds already is known;
    /// what fires before the range counts for the states alone. A missing series ends its alerts at once.
    public static func run(
        _ options: ReplayOptions, over source: any ReplaySource, progress: @Sendable (Timestamp) -> Bool = { _ in true }
    ) async throws -> ReplayReport {
        var library = RuleLibrary(globs: options.ruleGlobs, evaluator: SyntaxChecker())
        _ = library.update(isForced: true)
        if !library.problems.isEmpty { throw RuleFileError(problems: library.problems) }
        var groups = library.groups.map { ReplayGroup($0, intervalMillisecondsDefault: options.intervalMilliseconds) }
        let recordedNames = Set(library.groups.flatMap(\.rules).filter { $0.kind == .record }.map(\.name))
        let reader = ReplayReader(source: source, recorded: MemoryMetricReader(), recordedNames: recordedNames)
        let texts = TextEnvironment(
            evaluator: PromQLEvaluator(reader: reader, clock: SystemClock()), externalLabels: options.externalLabels, externalURL: "")
        let warmup = min(groups.map(\.warmupMilliseconds).max() ?? 0, Limits.replayWarmupMillisecondsMax)
        let pages = try ReplayPages(options.routing, from: options.from, directory: options.scratchDirectory)
        var report = ReplayReport()
        var start = options.from.advanced(byMilliseconds: -warmup)
        while start < options.to {
            let border = start < options.from ? options.from : options.to
            let end = min(start.advanced(byMilliseconds: Limits.replayWindowMilliseconds), border)
            var found: [ReplayTransition] = []
            for index in groups.indices { found += await groups[index].run(reader, texts: texts, from: start, to: end) }
            found = found.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
            if end > options.from {
                report.steps += found.map { ReplayStep(at: $0.at, step: $0.transition.step.rawValue, labels: $0.transition.alert.labels) }
                try await pages.take(found)
                await pages.advance(to: end)
            }
            start = end
            if report.steps.count >= Limits.replayStepsMax || !progress(end) || Task.isCancelled { break }
        }
        if start < options.to { report.stoppedAt = start }
        report.pages = try await pages.pages().map { page in
            var page = page
            if page.operation != "resolve" { page.people = options.onCall?.people(pagedBy: page.receiver, at: page.at).first ?? [] }
            return page
        }
        report.evaluations = groups.reduce(0) { $0 + $1.evaluations }
        report.failures = groups.flatMap { group in group.failures.sorted { $0.key < $1.key }.map(\.value) }
        try pages.close()
        return report
    }
}
