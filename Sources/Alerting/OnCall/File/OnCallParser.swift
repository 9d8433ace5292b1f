import Foundations
import Model
import Settings
import Yams

/// Reads oncall.yml and reports every fault to its document.
///
///     channels:
///       email: {smarthost: "mail.example.org:587", from: oncall@example.org}
///     people:
///       - {name: ana, email: ana@example.org}
///     schedules:
///       - name: primary
///         zone: Europe/Amsterdam
///         layers:
///           - {name: week, people: [ana], rotation: weekly, handover: monday 09:00, start: 2026-01-05}
///     policies:
///       - name: platform
///         steps: [{notify: [{schedule: primary}]}]
///     bind: {on-call: platform}
final class OnCallParser {
    let document: SettingsDocument
    var file = OnCallFile()

    init(document: SettingsDocument) { self.document = document }

    func file(_ text: String) -> OnCallFile {
        let root = document.parse(text)
        file.path = document.path
        let channels = root.section("channels").map(readChannels) ?? Channels()
        for section in sections(root, "people", atMost: Limits.onCallPeopleMax) { readPerson(section, channels) }
        for section in sections(root, "schedules", atMost: Limits.onCallSchedulesMax) { readSchedule(section) }
        for section in sections(root, "policies", atMost: Limits.onCallPoliciesMax) { readPolicy(section) }
        note("bind", root.value("bind"))
        file.bindings = root.stringMap("bind") ?? [:]
        for (receiver, policy) in file.bindings.sorted(by: { $0.key < $1.key }) where file.policy(policy) == nil {
            root.report("bind", "there is no policy \(quoted(SafeText(policy).string)), which \(quoted(SafeText(receiver).string)) is bound to", remedy: known(file.policies.map(\.name), "policies"))
        }
        for receiver in boundTargets() {
            root.report("bind", "the receiver \(quoted(SafeText(receiver).string)) is bound to a policy and paged by one, which would go round in a circle", remedy: "page a receiver that isn't bound")
        }
        root.finish()
        return file
    }

    /// Bound receivers that a policy or a person's contact pages.
    private func boundTargets() -> [String] {
        var paged: Set<String> = []
        for policy in file.policies { paged.formUnion((policy.steps.flatMap(\.targets) + policy.fallback).filter { $0.kind == .receiver }.map(\.name)) }
        for person in file.people { paged.formUnion(person.contacts.filter { $0.kind == .receiver }.map(\.address)) }
        return paged.filter { file.bindings[$0] != nil }.sorted()
    }

    private func sections(_ root: SettingsSection, _ key: String, atMost count: Int) -> [SettingsSection] {
        let all = root.sections(key) ?? []
        if all.count > count { root.report(key, "`\(key)` has \(all.count) entries, more than \(count)", remedy: "use several services") }
        return Array(all.prefix(count))
    }

    /// A new name of its kind; nil, and reported, where there is none or it is taken.
    func newName(_ section: SettingsSection, _ kind: String, taken: [String]) -> String? {
        guard let name = section.requiredString("name") else { return nil }
        let isPlain = name.utf8.count <= Limits.onCallNameBytesMax && !name.contains("/") && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
        if !isPlain {
            section.report(
                "name", "\(quoted(SafeText(name).string)) is no name for a \(kind)",
                remedy: "use at most \(Limits.onCallNameBytesMax) bytes without blanks and slashes, such as `ana`")
        } else if taken.contains(name) {
            section.report("name", "the \(kind) \(quoted(name)) stands twice", remedy: "rename one of them")
        } else {
            note("\(kind) \(name)", section.value("name"))
            return name
        }
        return nil
    }

    func note(_ place: String, _ node: Node?) {
        if let mark = node?.mark { file.places[place] = (mark.line, mark.column) }
    }

    /// A person that is known, as a section names them.
    func checkPerson(_ name: String, _ key: String, _ section: SettingsSection) {
        if file.person(name) != nil { return }
        section.report(key, "there is no person \(quoted(SafeText(name).string))", remedy: known(file.people.map(\.name), "people"))
    }

    func known(_ names: [String], _ key: String) -> String {
        names.isEmpty ? "add it under `\(key):`" : "known are \(names.prefix(20).joined(separator: ", "))" + (names.count > 20 ? " and others" : "")
    }

    func existingTime(_ section: SettingsSection, _ key: String, zone: ZoneClock) -> LocalTime? {
        guard let text = section.requiredString(key) else { return nil }
        guard let time = LocalTime(text) ?? LocalDate(text).map({ LocalTime($0, minuteOfDay: 0) }) else {
            section.report(key, "`\(key)` must be a local time such as `2026-01-05 09:00`, not `\(SafeText(text))`")
            return nil
        }
        if zone.moments(of: time).isEmpty {
            section.report(key, "\(time) doesn't exist in \(zone.name): the clock is set forward over it", remedy: "choose an earlier or a later time")
            return nil
        }
        return time
    }
}
