import Foundations
import Model
import Settings

extension Heartbeat {
    /// Reads the key `heartbeats` of nightjar.yml, and reports what is wrong in it.
    public static func parse(_ root: SettingsSection) -> [Heartbeat] {
        var names: Set<String> = []
        return (root.sections("heartbeats") ?? []).compactMap { section -> Heartbeat? in
            defer { section.finish() }
            let name = section.requiredString("name") ?? ""
            let text = HeartbeatText(
                every: section.string("every"), cron: section.string("cron"), zone: section.string("zone"), grace: section.string("grace"),
                max: section.string("max"), severity: section.string("severity"), labels: section.stringMap("labels"))
            if name.isEmpty { return nil }
            if !names.insert(name).inserted { section.report("name", "the heartbeat \(quoted(name)) stands twice", remedy: "rename one of them") }
            if text.every == nil, text.cron == nil { section.report("every", "a heartbeat needs `every` or `cron`", remedy: "add `every: 1h` or `cron: 30 4 * * *`") }
            do throws(HeartbeatProblem) {
                return try text.heartbeat(named: name)
            } catch {
                section.report(error.key, error.reason)
                return nil
            }
        }
    }
}
