import Foundations
import Model
import Wire

/// What is tailed, and the labels that its lines get.
struct TailOptions: Sendable {
    /// The job of the program's own log.
    static let ownJob = "nightjar"

    struct Source: Sendable {
        var glob: Glob
        var job: String
        /// The program's own log is read wherever it stands.
        var isOwn: Bool
    }

    var sources: [Source]
    var excludedDirectories: [String]
    /// `instance` and what else every line carries.
    var labels: Labels
    /// Nothing was ever read: of large files only the end is.
    var isFirstStart: Bool
    var zoneOffsetSeconds: Int
    var multiline = MultilineRules.off
    var redaction = RedactionRules()

    func stream(job: String, path: String) -> Labels {
        var builder = LabelsBuilder(labels)
        builder.set("job", to: job)
        builder.set("filename", to: path)
        return builder.build()
    }
}
