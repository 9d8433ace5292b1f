import Foundations
import Settings

/// Reads Grafana's dashboards: the export and the API's answer, schema versions from rows of spans to nested grids.
enum GrafanaReader {
    static func read(_ bytes: [UInt8], path: String) throws(SettingsProblems) -> Board {
        let root: JSONNode
        do throws(JSONFault) {
            root = try JSONReader.read(bytes)
        } catch {
            throw SettingsProblems([SettingsProblem(path: path, line: error.line, column: 1, reason: "this is no JSON: \(error.reason)", remedy: "export the dashboard again")])
        }
        let found = dashboard(in: root)
        let document = found["elements"] != nil && found["panels"] == nil ? SecondSchema.classic(found) : found
        guard isDashboard(document) else {
            throw SettingsProblems([SettingsProblem(path: path, line: document.line, column: 1, reason: "this is no dashboard of Grafana: it has neither `panels` nor `rows`", remedy: "export the dashboard as JSON, or write it in the short format of Docs/Dashboards.md")])
        }
        return GrafanaBoard(document).read()
    }

    static func isDashboard(_ node: JSONNode) -> Bool { node.isObject && (node["panels"] != nil || node["rows"] != nil || node["elements"] != nil) }

    /// The dashboard of an export, of the API's answer (`dashboard`), of a resource of Kubernetes (`spec`), or of a file that has it under its own name.
    static func dashboard(in root: JSONNode) -> JSONNode {
        if isDashboard(root) { return root }
        for name in ["dashboard", "spec"] { if let inside = root[name], isDashboard(inside) { return inside } }
        let named = root.members.map(\.node).filter(isDashboard)
        return named.count == 1 ? named[0] : root
    }
}

/// One document as it is read; notices are collected on the way.
struct GrafanaBoard {
    let document: JSONNode
    var notices: [BoardNotice] = []
    /// `${DS_…}` and `${VAR_…}` of an export, which stand for what the one who imports it picks.
    let inputs: [String: String]
    /// What kind of source the variables and inputs that name one stand for.
    let sources: [String: String]
    /// The same of sources that some part of the file names with their kind, and others by their identifier alone.
    let sourcesByIdentifier: [String: String]
    /// Library panels that an export has with it, by their identifiers.
    let library: [String: JSONNode]

    init(_ document: JSONNode) {
        self.document = document
        inputs = Dictionary(
            (document["__inputs"]?.elements ?? []).compactMap { input in input["name"]?.string.map { ($0, input["value"]?.text ?? "") } }, uniquingKeysWith: { $1 })
        let ofInputs = (document["__inputs"]?.elements ?? []).compactMap { input in input["pluginId"]?.string.flatMap { plugin in input["name"]?.string.map { ($0, plugin) } } }
        let ofVariables = (document["templating"]?["list"]?.elements ?? []).compactMap { variable -> (String, String)? in
            guard variable["type"]?.string == "datasource", let name = variable["name"]?.string, let kind = variable["query"]?.string else { return nil }
            return (name, kind)
        }
        sources = Dictionary(ofInputs + ofVariables, uniquingKeysWith: { $1 })
        sourcesByIdentifier = Self.sources(in: document)
        library = Dictionary((document["__elements"]?.members ?? []).compactMap { name, node in node["model"].map { (name, $0) } }, uniquingKeysWith: { $1 })
    }

    private static func sources(in document: JSONNode) -> [String: String] {
        var found: [String: String] = [:]
        func look(_ panels: JSONNode?) {
            for panel in panels?.elements ?? [] {
                for node in [panel["datasource"]] + (panel["targets"]?.elements ?? []).map({ $0["datasource"] }) {
                    if let kind = node?["type"]?.string, let identifier = node?["uid"]?.string, found[identifier] == nil { found[identifier] = kind }
                }
                look(panel["panels"])
            }
        }
        look(document["panels"])
        return found
    }

    func read() -> Board {
        var reader = self
        var board = Board(title: document["title"]?.text ?? "Untitled", format: .grafana)
        board.identifier = document["uid"]?.text ?? document["id"]?.text ?? ""
        board.tags = document["tags"]?.elements.compactMap(\.string) ?? []
        board.details = document["description"]?.string ?? ""
        board.range = Self.range(document["time"])
        board.refreshSeconds = document["refresh"]?.string.flatMap { DurationText.milliseconds($0) }.map { max(Limits.refreshSeconds, Double($0) / 1000) }
        board.variables = reader.variables()
        board.annotations = reader.annotations()
        board.links = reader.links()
        board.panels = reader.panels()
        board.notices = reader.notices
        return board
    }

    mutating func note(_ severity: BoardNotice.Severity, _ panel: String?, _ node: JSONNode?, _ reason: String) {
        notices.append(BoardNotice(severity, panel: panel, line: node?.line ?? 0, reason: reason))
    }

    /// `now-6h` to `now`; other pairs are brought to the length of their range.
    private static func range(_ time: JSONNode?) -> BoardRange {
        let from = time?["from"]?.string ?? "now-1h", to = time?["to"]?.string ?? "now"
        if let start = TimestampText.parseRFC3339(from), let end = TimestampText.parseRFC3339(to), start < end {
            return .absolute(from: start.milliseconds, to: end.milliseconds)
        }
        return .last(milliseconds: relative(from) ?? 3_600_000)
    }

    /// `now-6h` is 21,600,000; `now/d` a day.
    private static func relative(_ text: String) -> Int64? {
        guard text.hasPrefix("now") else { return nil }
        let rest = text.dropFirst(3)
        if rest.hasPrefix("-") { return duration(String(rest.dropFirst().prefix { $0 != "/" })) }
        return rest.hasPrefix("/") ? duration("1" + rest.dropFirst()) : nil
    }

    /// A duration as Prometheus writes it; months (`M`) are of 30 days.
    static func duration(_ text: String) -> Int64? {
        let text = text.filter { $0 != " " }
        if text.hasSuffix("M"), let months = Int64(text.dropLast()), (0...1200).contains(months) { return months * 30 * 86_400_000 }
        return DurationText.milliseconds(text)
    }
}
