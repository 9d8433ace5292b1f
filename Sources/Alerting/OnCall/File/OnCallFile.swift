import Foundations
import Model
import Settings

/// oncall.yml, read whole: people, schedules, escalation policies, and which receivers they stand behind.
public struct OnCallFile: Sendable {
    public var people: [Person] = []
    public var schedules: [OnCallSchedule] = []
    public var policies: [EscalationPolicy] = []
    /// Names of policies by the configured name of a receiver.
    public var bindings: [String: String] = [:]
    /// The destinations of people's contacts: `oncall/ana/email`.
    public var destinations: [Receiver] = []
    /// Where things stand in the file, for problems that are found later.
    var places: [String: (line: Int, column: Int)] = [:]
    public var path = ""

    public init() {}

    /// Reads a file. Throws all that is wrong.
    public static func load(_ path: String) throws(SettingsProblems) -> OnCallFile {
        let bytes: [UInt8]
        do {
            bytes = try RealFileSystem().readAll(path, bytesMax: Limits.onCallFileBytesMax)
        } catch {
            throw SettingsProblems([SettingsProblem(path: path, reason: "the file can't be read: \(error.description)", remedy: "correct the path, or let this program read it")])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsProblems([SettingsProblem(path: path, reason: "the file is no UTF-8 text", remedy: "save it as UTF-8")])
        }
        return try parse(text, path: path)
    }

    /// The same for a text.
    public static func parse(_ text: String, path: String) throws(SettingsProblems) -> OnCallFile {
        let document = SettingsDocument(path: path)
        let file = OnCallParser(document: document).file(text)
        try document.check()
        return file
    }

    public func schedule(_ name: String) -> OnCallSchedule? { schedules.first { $0.name == name } }
    public func person(_ name: String) -> Person? { people.first { $0.name == name } }
    public func policy(_ name: String) -> EscalationPolicy? { policies.first { $0.name == name } }

    /// Bound receivers that the routing doesn't have.
    public func unknownReceivers(known: [String]) -> [SettingsProblem] {
        var wanted: [(place: String, name: String)] = bindings.keys.map { ("bind", $0) }
        for person in people {
            for contact in person.contacts where contact.kind == .receiver { wanted.append(("person \(person.name)", contact.address)) }
        }
        for policy in policies {
            for target in policy.steps.flatMap(\.targets) + policy.fallback where target.kind == .receiver { wanted.append(("policy \(policy.name)", target.name)) }
        }
        wanted.sort { ($0.place, $0.name) < ($1.place, $1.name) }
        return wanted.filter { !known.contains($0.name) }.map { place, name in
            problem(place, "there is no receiver \(quoted(SafeText(name).string)) in the routes", remedy: "known are \(known.sorted().joined(separator: ", "))")
        }
    }

    func problem(_ place: String, _ reason: String, remedy: String) -> SettingsProblem {
        let mark = places[place]
        return SettingsProblem(path: path, line: mark?.line ?? 0, column: mark?.column ?? 0, reason: reason, remedy: remedy)
    }
}
