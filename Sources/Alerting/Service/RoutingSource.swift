import Foundations
import Settings

/// Where routes and receivers come from: a file in Alertmanager's format that is followed, or what nightjar.yml says.
struct RoutingSource: Sendable {
    /// What is in force.
    struct InForce: Sendable {
        var router: Router
        var receivers: [Receiver]
        var receiverNames: [String]
        var templates: TemplateLibrary
        var resolveTimeoutMilliseconds: Int64
        /// What of the file may be shown to those who ask.
        var original: String
    }

    private let path: String?
    private let inhibitions: [InhibitRule]
    private(set) var inForce: InForce
    private(set) var problems: [SettingsProblem] = []
    private var stamp: (size: Int, inode: UInt64, modified: NanoTimestamp)?

    /// Throws nothing: a file that is wrong at the start leaves nobody paged, and says so as a problem, until it is mended.
    init(path: String?, route: Route?, receivers: [Receiver], inhibitions: [InhibitRule]) {
        self.path = path
        self.inhibitions = inhibitions
        inForce = InForce(
            router: Router(route, inhibitions: inhibitions), receivers: receivers, receiverNames: receivers.map(\.configuredName), templates: .standard,
            resolveTimeoutMilliseconds: RoutingFile.resolveTimeoutMillisecondsDefault,
            original: route.map { "route:\n  receiver: \($0.receiver)\nreceivers:\n" + receivers.map { "- name: \($0.name)\n" }.joined() } ?? "")
        if path != nil { _ = update(isForced: true) }
    }

    /// Reads the file where it has changed, whole or not at all. Returns whether something else is in force now.
    mutating func update(isForced: Bool) -> Bool {
        guard let path else { return false }
        let information: FileInformation?
        do {
            information = try RealFileSystem().information(path)
        } catch {
            problems = [SettingsProblem(path: path, reason: error.description, remedy: "let this program read it")]
            return false
        }
        let seen = information.map { (size: $0.sizeBytes, inode: $0.inode, modified: $0.modified) }
        if !isForced, let seen, let stamp, seen == stamp { return false }
        stamp = seen
        do {
            let file = try RoutingFile.load(path, inhibitions: inhibitions)
            problems = []
            inForce = InForce(
                router: file.router, receivers: file.receivers, receiverNames: file.receiverNames, templates: file.templates,
                resolveTimeoutMilliseconds: file.resolveTimeoutMilliseconds, original: file.publicText)
            return true
        } catch {
            problems = error.problems
            return false
        }
    }
}
