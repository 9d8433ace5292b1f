import Model

/// Why a part of a batch was refused while the rest was stored.
public enum RejectReason: String, Hashable, Sendable, CaseIterable {
    case tooOld = "too_old"
    case tooFarInFuture = "too_far_in_future"
    case noLabels = "no_labels"
    case tooManyLabels = "too_many_labels"
    case labelNameTooLong = "label_name_too_long"
    case labelValueTooLong = "label_value_too_long"
    case tooManySeries = "too_many_series"
    case tooManyNewSeries = "too_many_new_series"
    case badHistogram = "bad_histogram"
    case badExemplar = "bad_exemplar"
    case badMetadata = "bad_metadata"
}

/// What was stored of a batch, once it is durable.
public struct AppendOutcome: Sendable {
    /// Includes samples that the store had already, exactly so.
    public var samplesStored = 0
    public var histogramsStored = 0
    public var exemplarsStored = 0
    /// The agent's mark had reached the batch's sequence before: nothing was stored now.
    public var isDuplicateBatch = false
    /// What was refused: how many samples (or exemplars, or metadata) for each reason, and one series as example.
    public var rejected: [(reason: RejectReason, count: Int, example: String)] = []
    /// Who sent it; nil where that isn't known.
    var agent: String?
    /// The same by name of metric, of the first names.
    var rejectedByMetric: [Offence: Int] = [:]

    /// What is refused for which reason.
    struct Offence: Hashable, Sendable {
        let metric: String
        let reason: RejectReason
    }

    public init() {}

    mutating func reject(_ reason: RejectReason, count: Int, example: @autoclosure () -> String) {
        if let index = rejected.firstIndex(where: { $0.reason == reason }) {
            rejected[index].count += count
        } else {
            rejected.append((reason, count, String(example().prefix(256))))
        }
    }

    mutating func reject(_ reason: RejectReason, count: Int, labels: Labels) {
        reject(reason, count: count, example: labels.description)
        let offence = Offence(metric: String((labels.metricName ?? "").prefix(Limits.refusedNameCharactersMax)), reason: reason)
        if rejectedByMetric[offence] != nil || rejectedByMetric.count < Limits.refusedMetricsPerBatchMax { rejectedByMetric[offence, default: 0] += count }
    }
}
