import Model

/// Something that is asked for metrics in every interval. Called on a thread of the agent's own, one call at a time; may block.
public protocol MetricSource: Sendable {
    /// Samples of now, without the labels `instance` and those of the agent's options.
    func sample() -> MetricBatch
}

extension HostSampler: MetricSource {}
