import FoundationEssentials
import Foundations
import Model

/// What people do from the dashboard.
enum Deed: Hashable, Sendable {
    case acknowledge(fingerprint: String, comment: String, by: String)
    case unacknowledge(fingerprint: String, by: String)
    case silence(SilenceDraft, from: Timestamp, by: String)
    case expireSilence(id: String)
    case escalate(fingerprint: String, comment: String, by: String)
    case comment(fingerprint: String, text: String, by: String)
    case noteIncident(id: Int64, text: String, by: String)
    case resolveIncident(id: Int64, text: String, by: String)
    case handOver(schedule: String, text: String, by: String)

    /// The request of the collector's API.
    var request: (method: String, path: String, json: [UInt8]) {
        func alert(_ fingerprint: String, _ action: String, _ actor: String, _ comment: String = "") -> (String, String, [UInt8]) {
            ("POST", "/api/v1/nightjar/alerts/\(PercentEncoding.escaped(fingerprint))/\(action)", Self.body(actor, comment))
        }
        switch self {
        case .acknowledge(let fingerprint, let comment, let actor): return alert(fingerprint, "acknowledge", actor, comment)
        case .unacknowledge(let fingerprint, let actor): return alert(fingerprint, "unacknowledge", actor)
        case .escalate(let fingerprint, let comment, let actor): return alert(fingerprint, "escalate", actor, comment)
        case .comment(let fingerprint, let text, let actor): return alert(fingerprint, "comment", actor, text)
        case .expireSilence(let id): return ("DELETE", "/api/v2/silence/\(PercentEncoding.escaped(id))", [])
        case .noteIncident(let id, let text, let actor): return ("POST", "/api/v1/nightjar/incidents/\(id)/note", Self.body(actor, text))
        case .resolveIncident(let id, let text, let actor): return ("POST", "/api/v1/nightjar/incidents/\(id)/resolve", Self.body(actor, text))
        case .handOver(let schedule, let text, let actor): return ("POST", "/api/v1/nightjar/oncall/\(PercentEncoding.escaped(schedule))/notes", Self.body(actor, text))
        case .silence(let draft, let start, let actor): return ("POST", "/api/v2/silences", draft.json(from: start, by: actor))
        }
    }

    private static func body(_ actor: String, _ comment: String) -> [UInt8] { Self.encoded(["actor": actor, "comment": comment]) }

    static func encoded(_ value: some Encodable) -> [UInt8] {
        do {
            return Array(try JSONEncoder().encode(value))
        } catch {
            preconditionFailure("texts can always be written as JSON: \(error)")
        }
    }
}

/// A silence that is being written.
struct SilenceDraft: Hashable, Sendable {
    var matchers: [Matcher]
    var durationMilliseconds: Int64
    var comment: String

    private struct Document: Encodable {
        struct MatcherDocument: Encodable {
            let name: String
            let value: String
            let isRegex: Bool
            let isEqual: Bool
        }
        let matchers: [MatcherDocument]
        let startsAt: String
        let endsAt: String
        let createdBy: String
        let comment: String
    }

    /// As Alertmanager's API takes it.
    func json(from start: Timestamp, by actor: String) -> [UInt8] {
        Deed.encoded(
            Document(
                matchers: matchers.map { matcher in
                    Document.MatcherDocument(
                        name: matcher.name, value: matcher.value, isRegex: matcher.op == .regex || matcher.op == .notRegex,
                        isEqual: matcher.op == .equal || matcher.op == .regex)
                }, startsAt: TimestampText.rfc3339(start), endsAt: TimestampText.rfc3339(start.advanced(byMilliseconds: durationMilliseconds)), createdBy: actor, comment: comment))
    }

    /// Whether it would hold an alert back.
    func takes(_ alert: AlertItem) -> Bool { matchers.allSatisfy { $0.matches(alert.label($0.name) ?? "") } }
}

/// Matchers as people write them: `alertname="DiskFull", instance=~"web.*"`.
enum MatcherEntry {
    /// Nil where it isn't a list of matchers.
    static func parse(_ text: String) -> [Matcher]? {
        var rest = Substring(text)
        var matchers: [Matcher] = []
        while true {
            rest = rest.drop { $0 == " " || $0 == "," }
            if rest.isEmpty { return matchers.isEmpty ? nil : matchers }
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
            rest = rest[name.endIndex...].drop { $0 == " " }
            guard !name.isEmpty, let op = ["=~", "!~", "!=", "="].first(where: { rest.hasPrefix($0) }) else { return nil }
            rest = rest.dropFirst(op.count).drop { $0 == " " }
            guard let value = value(&rest), let op = Matcher.Operator(rawValue: op) else { return nil }
            do {
                matchers.append(try Matcher(String(name), op, value))
            } catch {
                return nil
            }
        }
    }

    /// A text in double quotes, or up to the next comma.
    private static func value(_ rest: inout Substring) -> String? {
        guard rest.first == "\"" else {
            let bare = rest.prefix { $0 != "," && $0 != " " }
            rest = rest[bare.endIndex...]
            return String(bare)
        }
        var value = ""
        rest.removeFirst()
        while let next = rest.popFirst() {
            if next == "\"" { return value }
            if next == "\\", let escaped = rest.popFirst() { value.append(escaped == "n" ? "\n" : escaped) } else { value.append(next) }
        }
        return nil
    }

    static func text(_ pairs: [AlertItem.LabelPair]) -> String { pairs.map { "\($0.name)=\(Text.quoted($0.value))" }.joined(separator: ", ") }
}
