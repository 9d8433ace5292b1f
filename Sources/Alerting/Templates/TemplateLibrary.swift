import Foundations
import Glibc

/// Templates of notifications: those that every receiver falls back to, and those of the operator's files.
struct TemplateLibrary: Sendable {
    /// A file that can't be used.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var definitions: [String: [TemplateNode]] = [:]

    /// The names that receivers refer to when the file says nothing.
    static let standard: TemplateLibrary = {
        var library = TemplateLibrary()
        do {
            library.definitions = try Template(DefaultTemplates.text, scope: .notification).definitions
        } catch {
            preconditionFailure("the default templates are wrong: \(error)")
        }
        return library
    }()

    /// Adds what a file defines; what has the same name is replaced.
    mutating func add(file path: String) throws(Problem) {
        let bytes: [UInt8]
        do {
            bytes = try RealFileSystem().readAll(path, bytesMax: Limits.routeFileBytesMax)
        } catch {
            throw Problem(description: error.description)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Problem(description: "it is no UTF-8 text") }
        try add(text)
    }

    mutating func add(_ text: String) throws(Problem) {
        do {
            definitions.merge(try Template(text, scope: .notification).definitions) { $1 }
        } catch {
            throw Problem(description: error.description)
        }
    }

    /// A text with its actions done; where one fails, the text says so in its place: a page never fails because of its words.
    func text(_ template: String, _ dot: TemplateValue, escapesHTML: Bool = false) async -> String {
        do throws(TemplateError) {
            return try await Template(template, scope: .notification).expand(dot, definitions: definitions, escapesHTML: escapesHTML)
        } catch {
            return "<error expanding template: \(error)>"
        }
    }
}

extension WebhookBody {
    /// What templates see: `.Status`, `.Alerts.Firing`, `.GroupLabels` and so on.
    var templateData: TemplateValue {
        let all = alerts.map(Self.data)
        let firing = zip(alerts, all).filter { $0.0.status == "firing" }.map(\.1)
        let resolved = zip(alerts, all).filter { $0.0.status != "firing" }.map(\.1)
        return .object([
            "Receiver": .text(receiver), "Status": .text(status), "Alerts": .listing(all, ["Firing": .list(firing), "Resolved": .list(resolved)]),
            "GroupLabels": .pairs(groupLabels), "CommonLabels": .pairs(commonLabels), "CommonAnnotations": .pairs(commonAnnotations),
            "ExternalURL": .text(externalURL), "GroupKey": .text(groupKey), "TruncatedAlerts": .integer(Int64(truncatedAlerts)),
        ])
    }

    private static func data(_ alert: Alert) -> TemplateValue {
        func moment(_ text: String) -> TemplateValue {
            .moment(TimestampText.parseRFC3339(text)?.milliseconds ?? Timestamp(milliseconds: GoTime.yearTwo - 1), .utc)
        }
        return .object([
            "Status": .text(alert.status), "Labels": .pairs(alert.labels), "Annotations": .pairs(alert.annotations), "StartsAt": moment(alert.startsAt),
            "EndsAt": moment(alert.endsAt), "GeneratorURL": .text(alert.generatorURL), "Fingerprint": .text(alert.fingerprint),
        ])
    }
}
