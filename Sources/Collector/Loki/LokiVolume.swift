import Foundations
import Hummingbird
import LogQL
import Model

/// How much there is, and of what kinds.
extension LokiRoutes {
    /// `{"streams":…,"chunks":…,"entries":…,"bytes":…}`, counted, not estimated.
    func indexStatistics(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let window = try parameters.lokiWindow(edge.clock, defaultHours: 1)
        let matchers = try parameters.lokiMatchers()
        let engine = try edge.logQueries(of: context.tenant, parameters).engine
        let volumes = try await edge.logQuery(context) { try await engine.volumes(matchers, start: window.start, end: window.end) }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("streams", volumes.count)
            writer.member("chunks", volumes.reduce(0) { $0 + $1.chunks })
            writer.member("entries", volumes.reduce(0) { $0 + $1.entries })
            writer.member("bytes", volumes.reduce(0) { $0 + $1.bytes })
        }
        return Reply.json(writer)
    }

    /// Bytes by labels: those that the selector names, those of `targetLabels`, or, with `aggregateBy=labels`, each label for itself.
    func volume(_ request: Request, _ context: CollectorContext, isRange: Bool) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let window = try parameters.lokiWindow(edge.clock, defaultHours: 1)
        let matchers = try parameters.lokiMatchers()
        let limit = try parameters.limit() ?? edge.limits.volumeSeriesDefault
        let names = VolumeNames(matchers, targets: parameters["targetLabels"], countsLabels: parameters["aggregateBy"] == "labels")
        let engine = try edge.logQueries(of: context.tenant, parameters).engine
        let start = edge.clock.monotonicNanoseconds()
        let result: LogQLResult
        if isRange {
            let step = try parameters.lokiStep(window, edge.limits)
            let tallies = try await edge.logQuery(context) { try await engine.tally(matchers, start: window.start, end: window.end, stepNanoseconds: step) }
            result = .matrix(names.series(tallies, limit: limit))
        } else {
            let volumes = try await edge.logQuery(context) { try await engine.volumes(matchers, start: window.start, end: window.end) }
            result = .vector(names.elements(volumes, at: window.end, limit: limit))
        }
        var statistics = LogQueryStatistics()
        statistics.nanoseconds = edge.clock.monotonicNanoseconds() - start
        return LokiReply.answer(LogAnswer(result: result, statistics: statistics), categorizesLabels: false, blanksValues: names.countsLabels, queuedNanoseconds: 0)
    }

    /// `[{"pattern":"GET <_>","level":"info","samples":[[seconds,count]]}]`
    func patterns(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let window = try parameters.lokiWindow(edge.clock, defaultHours: 1)
        let query = try parameters.required("query")
        let step = try parameters.nanoseconds("step")
        let limit = try parameters.limit() ?? edge.limits.listedItemsMax
        let engine = try edge.logQueries(of: context.tenant, parameters).engine
        let found = try await edge.logQuery(context) {
            try await engine.patterns(query, start: window.start, end: window.end, stepNanoseconds: step, change: nil, limit: limit)
        }
        return Reply.success { writer in
            writer.array(found) { writer, found in
                writer.object { writer in
                    writer.member("pattern", found.pattern.template.text)
                    writer.member("level", found.pattern.level.name)
                    writer.key("samples")
                    writer.patternSteps(found.pattern)
                }
            }
        }
    }
}

extension JSONWriter {
    /// `[[seconds,count],…]`
    mutating func patternSteps(_ pattern: LogPattern) {
        array(pattern.steps) { writer, step in
            writer.beginArray()
            writer.integer(step.start.nanoseconds / 1_000_000_000)
            writer.integer(step.count)
            writer.endArray()
        }
    }
}

/// By which labels volumes are added up.
struct VolumeNames {
    private let names: Set<String>?
    let countsLabels: Bool

    init(_ matchers: [Matcher], targets: String?, countsLabels: Bool) {
        let named = targets.map { Set($0.split(separator: ",").map(String.init)) } ?? Set(matchers.map(\.name))
        // A selector that names none asks for whole streams.
        names = named.isEmpty ? nil : named
        self.countsLabels = countsLabels
    }

    private func keys(of stream: Labels) -> [Labels] {
        if !countsLabels { return [names.map { stream.keeping($0) } ?? stream] }
        // A label with an empty value is the same as none: the name stands for it until it is written.
        return stream.pairs.filter { names?.contains($0.name) ?? true }.map { [$0.name: $0.name] }
    }

    func elements(_ volumes: [LogVolume], at moment: NanoTimestamp, limit: Int) -> [(Labels, Sample)] {
        var sums: [Labels: Int] = [:]
        for volume in volumes { for key in keys(of: volume.stream) { sums[key, default: 0] += volume.bytes } }
        let largest = sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(limit)
        return largest.map { ($0.key, Sample(timestamp: moment.milliseconds.milliseconds, value: Double($0.value))) }
    }

    func series(_ tallies: [LogTally], limit: Int) -> [Series] {
        var sums: [Labels: [Int64: Int]] = [:]
        for tally in tallies {
            for key in keys(of: tally.stream ?? Labels()) { sums[key, default: [:]][tally.start.milliseconds.milliseconds, default: 0] += tally.bytes }
        }
        let largest = sums.map { (labels: $0.key, steps: $0.value, total: $0.value.values.reduce(0, +)) }
            .sorted { ($1.total, $0.labels) < ($0.total, $1.labels) }.prefix(limit)
        return largest.map { labels, steps, _ in
            var series = Series(labels: labels)
            for (timestamp, bytes) in steps.sorted(by: { $0.key < $1.key }) {
                series.timestamps.append(timestamp)
                series.values.append(Double(bytes))
            }
            return series
        }
    }
}
