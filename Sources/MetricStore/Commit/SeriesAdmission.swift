import Foundations
import Model

/// Decides whether a series that isn't in memory may come in. The one place where that is decided: a series that is there was admitted.
struct SeriesAdmission {
    let options: MetricStoreOptions

    /// Why a series with these canonical bytes as labels may not come in beside so many others; nil where it may.
    func refusal(of labels: UnsafeRawBufferPointer, beside seriesCount: Int) -> RejectReason? {
        guard !labels.isEmpty else { return .noLabels }
        var reason: RejectReason?
        var count = 0
        var reader = ByteReader(labels)
        while let name = reader.readLengthPrefixed(), let value = reader.readLengthPrefixed() {
            count += 1
            if name.count > options.labelNameBytesMax { reason = .labelNameTooLong }
            if value.count > options.labelValueBytesMax { reason = .labelValueTooLong }
        }
        if count > options.labelsPerSeriesMax { return .tooManyLabels }
        if let reason { return reason }
        return seriesCount < options.seriesMax ? nil : .tooManySeries
    }
}
