import Alerting
import Foundation
import Foundations
import Model
import NIOCore

/// Alerts as other programs post them: an array, each element read by itself, so that a wrong one spoils no other.
enum PostedAlertReading {
    private struct Document: Decodable {
        let labels: [String: String]
        let annotations: [String: String]?
        let startsAt: String?
        let endsAt: String?
        let generatorURL: String?
    }

    private enum Element: Decodable {
        case alert(Document)
        case wrong(String)

        init(from decoder: any Decoder) throws {
            do {
                self = .alert(try Document(from: decoder))
            } catch let error as DecodingError {
                self = .wrong(Self.reason(error))
            }
        }

        private static func reason(_ error: DecodingError) -> String {
            switch error {
            case .keyNotFound(let key, _): "\(key.stringValue) is required"
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                "\(context.codingPath.compactMap { $0.intValue == nil ? $0.stringValue : nil }.joined(separator: ".")) has the wrong type"
            @unknown default: "it can't be read"
            }
        }
    }

    /// The alerts that are well formed, and what is wrong with the others.
    static func alerts(_ body: ByteBuffer) throws(Refusal) -> (alerts: [PostedAlert], problems: [String]) {
        let elements: [Element]
        do {
            elements = try JSONDecoder().decode([Element].self, from: Data(body.readableBytesView))
        } catch {
            throw .malformed("the body is no JSON array of alerts")
        }
        var alerts: [PostedAlert] = []
        var problems: [String] = []
        for (index, element) in elements.enumerated() {
            switch element {
            case .wrong(let reason): problems.append("alert \(index): \(reason)")
            case .alert(let document):
                do throws(Problem) {
                    alerts.append(try alert(document))
                } catch {
                    problems.append("alert \(index): \(error.reason)")
                }
            }
        }
        return (alerts, problems)
    }

    private struct Problem: Error { let reason: String }

    private static func alert(_ document: Document) throws(Problem) -> PostedAlert {
        if document.labels.keys.contains("") { throw Problem(reason: "a label's name is empty") }
        if document.annotations?.keys.contains("") == true { throw Problem(reason: "an annotation's name is empty") }
        return PostedAlert(
            labels: Labels(document.labels.map { (name: $0.key, value: $0.value) }),
            annotations: (document.annotations ?? [:]).sorted { $0.key < $1.key }.map { NamedText(name: $0.key, text: $0.value) },
            generatorURL: document.generatorURL ?? "", startsAt: try moment(document.startsAt, "startsAt"), endsAt: try moment(document.endsAt, "endsAt"))
    }

    /// Go writes a time that isn't set as one of the year 1.
    private static func moment(_ text: String?, _ name: String) throws(Problem) -> Timestamp? {
        guard let text, !text.isEmpty, !text.hasPrefix("0001-01-01") else { return nil }
        guard let moment = TimestampText.parseRFC3339(text) else { throw Problem(reason: "\(name) is no time of RFC 3339: \(SafeText(text.prefix(50)).string)") }
        return moment.milliseconds
    }
}
