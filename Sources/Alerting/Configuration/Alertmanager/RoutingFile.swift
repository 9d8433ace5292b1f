import Foundations
import Settings
import Yams

/// A file of routes, receivers and times in Alertmanager's format, read whole: all of it is sound, or there are problems and nothing of it is used.
public struct RoutingFile: Sendable {
    public let path: String
    /// Routes, times and the names of receivers as YAML, for those who ask for the configuration: nothing that may be secret.
    public let publicText: String
    public let router: Router
    public let receivers: [Receiver]
    /// The names of all receivers, those without a destination too.
    public let receiverNames: [String]
    let templates: TemplateLibrary
    /// After this, posted alerts that say no end are over.
    public let resolveTimeoutMilliseconds: Int64

    public static let resolveTimeoutMillisecondsDefault: Int64 = 300_000

    /// Reads a file and the templates that it names. Throws all that is wrong.
    public static func load(_ path: String, inhibitions: [InhibitRule] = []) throws(SettingsProblems) -> RoutingFile {
        let bytes: [UInt8]
        do {
            bytes = try RealFileSystem().readAll(path, bytesMax: Limits.routeFileBytesMax)
        } catch {
            throw SettingsProblems([SettingsProblem(path: path, reason: "the file can't be read: \(error.description)", remedy: "correct the path, or let this program read it")])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsProblems([SettingsProblem(path: path, reason: "the file is no UTF-8 text", remedy: "save it as UTF-8")])
        }
        return try parse(text, path: path, inhibitions: inhibitions)
    }

    /// The same for a text. `inhibitions` are further rules, such as dependencies of a file of our own.
    public static func parse(_ text: String, path: String, inhibitions: [InhibitRule] = []) throws(SettingsProblems) -> RoutingFile {
        let document = SettingsDocument(path: path)
        let parser = AlertmanagerParser(document: document, text: text)
        let file = parser.file(inhibitions: inhibitions)
        try document.check()
        return file
    }

    /// The parts of a file that hold no secret.
    static func publicText(of text: String) -> String {
        guard let mapping = (try? Yams.compose(yaml: text))??.mapping else { return "" }
        var kept: [(Node, Node)] = []
        for key in ["route", "inhibit_rules", "mute_time_intervals", "time_intervals"] {
            if let value = mapping[Node(key)] { kept.append((Node(key), value)) }
        }
        let names = (mapping["receivers"]?.sequence ?? []).compactMap { $0.mapping?["name"] }.map { Node([(Node("name"), $0)]) }
        kept.append((Node("receivers"), Node(names)))
        // What was composed can be written again; where it can't, nobody is shown anything.
        return (try? Yams.serialize(node: Node(kept))) ?? ""
    }
}
