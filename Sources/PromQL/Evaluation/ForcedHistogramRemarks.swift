import Foundations
import Glibc
import Model

/// Remarks about classic histograms whose counts had to be made to ascend: one for each text, with which buckets, how much and when.
struct ForcedHistogramRemarks {
    private struct Known {
        let place: SourcePosition
        var forced: ClassicHistogram.Forced
        /// Milliseconds since 1970.
        var first: Int64
        var last: Int64
        var count = 1
    }

    private var knownOfText: [String: Known] = [:]

    var isEmpty: Bool { knownOfText.isEmpty }

    /// Takes one in; false where there are too many already.
    mutating func add(_ text: String, _ forced: ClassicHistogram.Forced, moment: Int64, at place: SourcePosition) -> Bool {
        guard var known = knownOfText[text] else {
            guard knownOfText.count < PromQLLimits.annotationsMax else { return false }
            knownOfText[text] = Known(place: place, forced: forced, first: moment, last: moment)
            return true
        }
        known.forced.lowest = min(known.forced.lowest, forced.lowest)
        known.forced.highest = max(known.forced.highest, forced.highest)
        known.forced.difference = max(known.forced.difference, forced.difference)
        known.first = min(known.first, moment)
        known.last = max(known.last, moment)
        known.count += 1
        knownOfText[text] = known
        return true
    }

    var texts: [String] {
        knownOfText.sorted { $0.key < $1.key }.map { text, known in
            func moment(_ milliseconds: Int64) -> String {
                TimestampText.rfc3339(Timestamp(milliseconds: milliseconds)).prefix(19) + "Z"
            }
            let buckets = "from buckets \(ValueText.general(known.forced.lowest)) to \(ValueText.general(known.forced.highest))"
            return "PromQL info: \(text), \(buckets), with a max diff of \(Self.twoDigits(known.forced.difference)), over \(known.count) samples "
                + "from \(moment(known.first)) to \(moment(known.last)) (\(known.place))"
        }
    }

    /// A number with two significant digits.
    private static func twoDigits(_ value: Double) -> String {
        var buffer = [CChar](repeating: 0, count: 32)
        _ = withVaList([value]) { vsnprintf(&buffer, buffer.count, "%.2g", $0) }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
