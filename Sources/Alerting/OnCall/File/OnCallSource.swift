import Foundations
import Settings

/// Where people and schedules come from: a file that is followed.
struct OnCallSource: Sendable {
    private let path: String?
    private(set) var inForce = OnCallFile()
    private(set) var problems: [SettingsProblem] = []
    private var stamp: (size: Int, inode: UInt64, modified: NanoTimestamp)?

    init(path: String?) { self.path = path }

    /// Reads the file where it has changed, whole or not at all. Returns whether something else is in force now.
    mutating func update(isForced: Bool, receivers: [String]) -> Bool {
        guard let path else { return false }
        do {
            let seen = try RealFileSystem().information(path).map { (size: $0.sizeBytes, inode: $0.inode, modified: $0.modified) }
            if !isForced, let seen, let stamp, seen == stamp { return false }
            stamp = seen
        } catch {
            problems = [SettingsProblem(path: path, reason: error.description, remedy: "let this program read it")]
            return false
        }
        do throws(SettingsProblems) {
            let file = try OnCallFile.load(path)
            problems = file.unknownReceivers(known: receivers)
            if !problems.isEmpty { return false }
            inForce = file
            return true
        } catch {
            problems = error.problems
            return false
        }
    }
}

/// Takes the message of a receiver that stands for a policy: the escalation was opened when it was queued.
struct EscalationStandIn: Deliverer {
    func send(_ request: DeliveryRequest) async throws -> DeliveryReply { DeliveryReply(status: 200, body: Array("an escalation was opened".utf8)) }
}
