import Model

/// What a query remarks on the way; each remark once.
final class Annotations {
    private(set) var warnings: [String] = []
    private(set) var infos: [String] = []
    private var seen: Set<String> = []
    private var warningsOmitted = 0
    private var infosOmitted = 0

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

    /// The warnings, closed by how many were left out.
    var warningTexts: [String] { warnings + (warningsOmitted > 0 ? ["\(warningsOmitted) more warning annotations omitted"] : []) }
    var infoTexts: [String] { infos + (infosOmitted > 0 ? ["\(infosOmitted) more info annotations omitted"] : []) }
}
