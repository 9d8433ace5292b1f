import Foundations
import Model

/// Something that is odd about a computation, without its place in the query.
struct Oddity {
    let isWarning: Bool
    let text: String

    static func warning(_ text: String) -> Oddity { Oddity(isWarning: true, text: text) }
    static func info(_ text: String) -> Oddity { Oddity(isWarning: false, text: text) }
}

/// What a query remarks on the way; each remark once. Threads that work on one query share it.
final class Annotations: Sendable {
    private struct Remark: Hashable {
        let isWarning: Bool
        let text: String
        let range: SourceRange
    }

    private struct State {
        var remarks: Set<Remark> = []
        var warningsOmitted = 0
        var infosOmitted = 0
        var forced = ForcedHistogramRemarks()
    }

    private let state = Locked(State())

    func warn(_ text: String, at range: SourceRange) { add(Remark(isWarning: true, text: text, range: range)) }
    func inform(_ text: String, at range: SourceRange) { add(Remark(isWarning: false, text: text, range: range)) }

    func add(_ oddity: Oddity, at range: SourceRange) { add(Remark(isWarning: oddity.isWarning, text: oddity.text, range: range)) }

    /// One remark for all histograms of a text, with which buckets, how much and when.
    func informOfForced(_ text: String, _ forced: ClassicHistogram.Forced, moment: Int64, at range: SourceRange) {
        state.withLock { state in
            if !state.forced.add(text, forced, moment: moment, at: range.start) { state.infosOmitted += 1 }
        }
    }

    private func add(_ remark: Remark) {
        state.withLock { state in
            if state.remarks.contains(remark) { return }
            if state.remarks.count < PromQLLimits.annotationsKeptMax {
                state.remarks.insert(remark)
            } else if remark.isWarning {
                state.warningsOmitted += 1
            } else {
                state.infosOmitted += 1
            }
        }
    }

    var isEmpty: Bool { state.withLock { $0.remarks.isEmpty && $0.forced.isEmpty } }

    /// Remarks the same at other places: for an expression that stands twice and is computed once.
    func `repeat`(at places: [SourceRange: SourceRange]) {
        let repeated = state.withLock { state in
            state.remarks.compactMap { remark in places[remark.range].map { Remark(isWarning: remark.isWarning, text: remark.text, range: $0) } }
        }
        for remark in repeated { add(remark) }
    }

    /// The warnings in the order of the query's text, closed by how many were left out.
    var warningTexts: [String] { texts(ofWarnings: true, "warning") }
    var infoTexts: [String] { texts(ofWarnings: false, "info") }

    private func texts(ofWarnings isWarning: Bool, _ kind: String) -> [String] {
        let (remarks, omitted) = state.withLock { state in
            (state.remarks.filter { $0.isWarning == isWarning }, isWarning ? state.warningsOmitted : state.infosOmitted)
        }
        // Whatever thread came first, the order is the same.
        let sorted = remarks.sorted { ($0.range.start.offset, $0.text) < ($1.range.start.offset, $1.text) }
        var lines: [String] = []
        for remark in sorted {
            let line = "PromQL \(kind): \(remark.text) (\(remark.range.start))"
            if lines.last != line { lines.append(line) }
        }
        if !isWarning { lines += state.withLock { $0.forced.texts } }
        let more = omitted + max(0, lines.count - PromQLLimits.annotationsMax)
        return lines.prefix(PromQLLimits.annotationsMax) + (more > 0 ? ["\(more) more \(kind) annotations omitted"] : [])
    }
}
