import Foundations
import MetricStore
import Model
import Wire

/// Reads OpenMetrics text into a metric store, of any length and with samples of any time. One call at a time.
public final class OpenMetricsImport {
    private let target: MetricImport
    private let receiver: Receiver
    private var stream: OpenMetricsStream

    /// Throws `MetricStoreError` where the store can't take it.
    public init(store: MetricStore, times: OpenMetricsTimes = .seconds) throws(MetricStoreError) {
        target = try store.beginImport()
        receiver = Receiver(target: target)
        stream = OpenMetricsStream(times: times)
    }

    /// Reads the next bytes of a text. Throws `WireError` where they aren't OpenMetrics, `MetricStoreError` where they can't be kept.
    public func read(_ piece: UnsafeRawBufferPointer) throws { try stream.read(piece, into: receiver) }

    /// Ends one text; another may follow, whose lines are counted anew.
    public func endText(times: OpenMetricsTimes = .seconds) throws {
        try stream.finish(into: receiver)
        stream = OpenMetricsStream(times: times)
    }

    /// Makes everything visible that was read, and durable.
    public func finish(progress: @escaping @Sendable (Double) -> Void = { _ in }) async throws(MetricStoreError) -> ImportReport {
        try await target.finish(progress: progress)
    }

    /// Forgets everything.
    public func cancel() { target.cancel() }

    private struct Receiver: OpenMetricsReceiver {
        let target: MetricImport

        func series(_ labels: Labels) throws -> UInt32? { try target.series(labels) }
        func sample(_ series: UInt32, _ timestamp: Int64, _ value: Double) throws { try target.append(series, timestamp, value) }
        func histogram(_ series: UInt32, _ sample: HistogramSample) throws { try target.append(series, sample) }
        func exemplar(_ series: UInt32, _ exemplar: Exemplar) throws { target.append(series, exemplar) }
        func refused(_ labels: Labels) { target.refuse(labels) }
        func metadata(_ family: String, _ metadata: Metadata) { target.setMetadata(family, metadata) }
    }
}
