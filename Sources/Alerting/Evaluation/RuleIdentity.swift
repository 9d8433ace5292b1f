import Model

/// Which rule it is, through reloads and restarts: file, group, name, labels, and the place among those that have all of them in common.
struct RuleIdentity: Hashable, Sendable, CustomStringConvertible {
    /// `AlertRules/host.yml;cpu;HostHighCPU;3fa8…;0`
    let text: String

    init(stored text: String) { self.text = text }

    private init(file: String, group: String, rule: Rule, place: Int) {
        let labels = Fingerprint(Labels(rule.labels.map { (name: $0.name, value: $0.text) }))
        text = "\(file);\(group);\(rule.name);\(labels);\(place)"
    }

    var description: String { text }

    /// The identities of a group's rules, in order.
    static func all(of group: RuleGroup) -> [RuleIdentity] {
        var places: [RuleIdentity: Int] = [:]
        return group.rules.map { rule in
            let first = RuleIdentity(file: group.file, group: group.name, rule: rule, place: 0)
            let place = places[first, default: 0]
            places[first] = place + 1
            return place == 0 ? first : RuleIdentity(file: group.file, group: group.name, rule: rule, place: place)
        }
    }
}
