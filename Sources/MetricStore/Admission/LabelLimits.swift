import Foundations
import Model

/// What the labels of a series may be. A series that is in memory was found within them when it came.
struct LabelLimits {
    private let options: MetricStoreOptions

    init(_ options: MetricStoreOptions) { self.options = options }

    /// Why a series with these labels isn't taken; nil where it is.
    func refusal(of labels: Labels) -> RejectReason? { labels.encoded.withUnsafeBytes { refusal(of: $0) } }

    /// The same for a series with these canonical bytes as labels.
    func refusal(of labels: UnsafeRawBufferPointer) -> RejectReason? {
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
        return reason
    }
}
