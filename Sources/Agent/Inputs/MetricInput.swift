import Compression
import Foundations
import Logging
import Model
import Wire

/// Asks the metric sources in every interval and brings what they say into the spool.
final class MetricInput {
    private let spool: Spool
    private let sources: [any MetricSource]
    private var labeler: Labeler
    private let clock: any WallClock
    private let logger: Logger
    private let counters: Locked<AgentCounters>
    private let intervalNanoseconds: Int64
    private var lastProblem: String?

    init(
        spool: Spool, sources: [any MetricSource], labels: Labels, clock: any WallClock, logger: Logger, counters: Locked<AgentCounters>, intervalSeconds: Int
    ) {
        self.spool = spool
        self.sources = sources
        labeler = Labeler(labels)
        self.clock = clock
        self.logger = logger
        self.counters = counters
        intervalNanoseconds = Int64(intervalSeconds) * 1_000_000_000
    }

    func run(_ signal: WorkLoop.StopSignal) {
        var next = clock.monotonicNanoseconds()
        while true {
            sample()
            // Intervals that passed while a source hung are left out.
            let now = clock.monotonicNanoseconds()
            next += intervalNanoseconds * max(1, (now - next) / intervalNanoseconds + 1)
            if signal.wait(milliseconds: (next - now) / 1_000_000) { return }
        }
    }

    func sample() {
        var all = MetricBatch()
        for source in sources {
            let batch = source.sample()
            all.entries += batch.entries
            all.metadata.merge(batch.metadata) { first, _ in first }
        }
        var start = 0
        while start < all.entries.count {
            let end = min(start + Limits.batchSeriesMax, all.entries.count)
            keep(MetricBatch(entries: Array(all.entries[start..<end]), metadata: all.metadata))
            start = end
        }
        do throws(FileError) {
            try spool.synchronize(.metrics)
        } catch {
            note("\(error)")
        }
    }

    private func keep(_ batch: MetricBatch) {
        var batch = batch
        for index in batch.entries.indices { batch.entries[index].labels = labeler.label(batch.entries[index].labels) }
        let samples = batch.sampleCount + batch.histogramCount
        counters.withLock { $0.samplesRead += samples }
        let payload = Snappy.compress(RemoteWrite.encodeV2(batch))
        do throws(AgentError) {
            try spool.journal(.metrics).append(payload: payload, itemCount: samples, itemBytes: 0)
            lastProblem = nil
        } catch {
            counters.withLock { $0.samplesDropped += samples }
            note("\(error)")
        }
    }

    private func note(_ reason: String) {
        if lastProblem != reason { logger.error("metrics are lost, the spool can't take them", metadata: ["error": "\(reason)"]) }
        lastProblem = reason
    }
}

/// Adds labels to series; what a series says itself stays. Remembers the results, since the same series come in every interval.
struct Labeler {
    /// Beyond it the memory starts anew.
    private static let rememberedMax = 20_000

    private let added: [(name: String, value: String)]
    private var known: [Labels: Labels] = [:]

    init(_ labels: Labels) { added = labels.pairs }

    mutating func label(_ labels: Labels) -> Labels {
        if let result = known[labels] { return result }
        var builder = LabelsBuilder(labels)
        for (name, value) in added where labels[name] == nil { builder.set(name, to: value) }
        let result = builder.build()
        if known.count >= Self.rememberedMax { known.removeAll() }
        known[labels] = result
        return result
    }
}
