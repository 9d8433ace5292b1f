import Foundations
import Glibc
import Model

/// What a query remarks on the way; each remark once.
final class Annotations {
    /// Classic histograms of one metric whose counts had to be made to ascend.
    private struct ForcedHistograms {
        let place: SourcePosition
        var forced: ClassicHistogram.Forced
        /// Milliseconds since 1970.
        var first: Int64
        var last: Int64
        var count = 1
    }

    private var warnings: [String] = []
    private var infos: [String] = []
    private var seen: Set<String> = []
    private var warningsOmitted = 0
    private var infosOmitted = 0
    private var forcedOfText: [String: ForcedHistograms] = [:]

    func warn(_ text: String, at range: SourceRange) {
        let line = "PromQL warning: \(text) (\(range.start))"
        guard seen.insert(line).inserted else { return }
        if warnings.count < PromQLLimits.annotationsMax { warnings.append(line) } else { warningsOmitted += 1 }
    }

    func inform(_ text: String, at range: SourceRange) {
        let line = "PromQL info: \(text) (\(range.start))"
        guard seen.insert(line).inserted else { return }
        if infos.count < PromQLLimits.annotationsMax { infos.append(line) } else { infosOmitted += 1 }
    }

    /// One remark for all histograms of a text, with which buckets, how much and when.
    func informOfForced(_ text: String, _ forced: ClassicHistogram.Forced, moment: Int64, at range: SourceRange) {
        guard var known = forcedOfText[text] else {
            guard forcedOfText.count < PromQLLimits.annotationsMax else {
                infosOmitted += 1
                return
            }
            forcedOfText[text] = ForcedHistograms(place: range.start, forced: forced, first: moment, last: moment)
            return
        }
        known.forced.lowest = min(known.forced.lowest, forced.lowest)
        known.forced.highest = max(known.forced.highest, forced.highest)
        known.forced.difference = max(known.forced.difference, forced.difference)
        known.first = min(known.first, moment)
        known.last = max(known.last, moment)
        known.count += 1
        forcedOfText[text] = known
    }

    private var forcedTexts: [String] {
        forcedOfText.sorted { $0.key < $1.key }.map { text, known in
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

    /// The warnings, closed by how many were left out.
    var warningTexts: [String] { warnings + (warningsOmitted > 0 ? ["\(warningsOmitted) more warning annotations omitted"] : []) }
    var infoTexts: [String] { infos + forcedTexts + (infosOmitted > 0 ? ["\(infosOmitted) more info annotations omitted"] : []) }
}
