import Foundations
import Model
import Settings

extension OnCallParser {
    func readPolicy(_ section: SettingsSection) {
        let name = newName(section, "policy", taken: file.policies.map(\.name))
        let steps = (section.sections("steps") ?? []).prefix(Limits.escalationStepsMax).map { readStep($0) }
        if steps.isEmpty { section.report("steps", "the policy has no steps", remedy: "add `steps:` with whom to page first") }
        let repeats = section.integer("repeat", in: 0...Limits.escalationRepeatsMax) ?? 0
        let repeatAfter = section.durationMilliseconds("repeat_after", in: 60_000...Limits.escalationDelayMillisecondsMax)
        let fallback = readTargets(section, "fallback")
        let acknowledgement = section.durationMilliseconds("ack_expires", in: 60_000...Limits.escalationDelayMillisecondsMax)
        let hasSchedule = steps.contains { $0.targets.contains { $0.kind == .schedule } }
        if hasSchedule, section.value("fallback") == nil {
            section.report("fallback", "the policy pages a schedule and says nobody for when nobody is on call", remedy: "add `fallback: [{person: NAME}]`")
        }
        for target in fallback where target.kind == .schedule { section.report("fallback", "a schedule is no fallback: it may have nobody too", remedy: "name a person or a receiver instead of \(target.name)") }
        for target in fallback where target.kind == .person { checkReachable(target, by: [], section, key: "fallback") }
        section.finish()
        guard let name, !steps.isEmpty else { return }
        file.policies.append(
            EscalationPolicy(
                name: name, steps: steps, repeats: repeats, repeatAfterMilliseconds: repeatAfter ?? Limits.escalationRepeatMillisecondsDefault, fallback: fallback,
                acknowledgementMilliseconds: acknowledgement))
    }

    private func readStep(_ section: SettingsSection) -> EscalationPolicy.Step {
        let after = section.durationMilliseconds("after", in: 0...Limits.escalationDelayMillisecondsMax) ?? 0
        let targets = readTargets(section, "notify")
        if targets.isEmpty { section.report("notify", "the step pages nobody", remedy: "add `notify: [{schedule: NAME}]`") }
        var channels: [Person.Contact.Kind] = []
        for text in section.strings("by") ?? [] {
            guard let kind = Person.Contact.Kind(rawValue: text) else {
                section.report("by", "`\(SafeText(text))` is no way to reach somebody", remedy: "use \(Person.Contact.Kind.allCases.map(\.rawValue).joined(separator: ", "))")
                continue
            }
            channels.append(kind)
        }
        section.finish()
        for target in targets where target.kind != .receiver { checkReachable(target, by: channels, section) }
        return EscalationPolicy.Step(afterMilliseconds: after, targets: targets, channels: channels)
    }

    private func readTargets(_ section: SettingsSection, _ key: String) -> [EscalationTarget] {
        (section.sections(key) ?? []).prefix(Limits.escalationTargetsMax).compactMap { entry in
            let found = [EscalationTarget.Kind.person, .schedule, .receiver].compactMap { kind in entry.string(kind.rawValue).map { EscalationTarget(kind, $0) } }
            entry.finish()
            guard found.count == 1 else {
                section.document.report(entry.node, "an entry of `\(key)` must name one person, schedule or receiver", remedy: "write it like {schedule: primary}")
                return nil
            }
            switch found[0].kind {
            case .person: checkPerson(found[0].name, "person", entry)
            case .schedule where file.schedule(found[0].name) == nil:
                entry.report("schedule", "there is no schedule \(quoted(SafeText(found[0].name).string))", remedy: known(file.schedules.map(\.name), "schedules"))
            case .schedule, .receiver: break
            }
            return found[0]
        }
    }

    /// Everybody whom the step may page must have a contact that it pages by.
    private func checkReachable(_ target: EscalationTarget, by channels: [Person.Contact.Kind], _ section: SettingsSection, key: String = "notify") {
        var names = [target.name]
        if target.kind == .schedule {
            let schedule = file.schedule(target.name)
            names = Set((schedule?.layers.flatMap(\.rotation.people) ?? []) + (schedule?.overrides.map(\.person) ?? [])).sorted()
        }
        for name in names {
            guard let person = file.person(name) else { continue }
            let ways = person.contacts.filter { $0.destination != nil && (channels.isEmpty || channels.contains($0.kind)) }
            if !ways.isEmpty { continue }
            let by = channels.isEmpty ? "" : " by \(channels.map(\.rawValue).joined(separator: " or "))"
            section.report(
                channels.isEmpty ? key : "by", "\(name) can't be paged\(by)",
                remedy: "give \(name) such a contact, and `channels:` how it is used")
        }
    }
}
