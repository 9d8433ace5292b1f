import FoundationEssentials
import Foundations
import Model

/// The collector's answers as they come over the wire. What is missing has a default, so that an older collector can be shown too.
struct Envelope<Value: Decodable>: Decodable {
    let status: String
    let data: Value?
    let error: String?
}

/// `GET /api/v1/nightjar/changes`.
struct ChangesReply: Decodable {
    let changes: String
}

/// `GET /api/v1/nightjar/board`.
struct BoardReply: Decodable {
    struct Acknowledgement: Decodable {
        let kind: String
        let actor: String
        let at: String
        let comment: String?
    }
    struct Alert: Decodable {
        let fingerprint: String
        let labels: [String: String]
        let annotations: [String: String]?
        let phase: String
        let activeAt: String?
        let firedAt: String?
        let firesAt: String?
        let value: Double?
        let receivers: [String]?
        let isTold: Bool?
        let silencedBy: [String]?
        let inhibitedBy: [String]?
        let isFlapping: Bool?
        let acknowledgement: Acknowledgement?

        /// Nil for phases that aren't known.
        var item: AlertItem? {
            guard let phase = AlertItem.Phase(rawValue: phase) else { return nil }
            var item = AlertItem(
                fingerprint: fingerprint, labels: pairs(labels), annotations: pairs(annotations ?? [:]), phase: phase,
                activeAt: moment(firedAt) ?? moment(activeAt) ?? Timestamp(milliseconds: 0), value: value)
            item.firesAt = firesAt.flatMap(moment)
            item.receivers = receivers ?? []
            item.isTold = isTold ?? false
            item.silencedBy = silencedBy ?? []
            item.inhibitedBy = inhibitedBy ?? []
            item.isFlapping = isFlapping ?? false
            item.acknowledgement = acknowledgement.map {
                AlertItem.Acknowledgement(kind: .init(rawValue: $0.kind) ?? .acked, actor: $0.actor, at: moment($0.at) ?? Timestamp(milliseconds: 0), comment: $0.comment ?? "")
            }
            return item
        }
    }

    let changes: String
    let alerts: [Alert]
}

struct RulesReply: Decodable {
    struct Group: Decodable {
        let name: String
        let file: String?
        let rules: [Rule]
    }
    struct Rule: Decodable {
        let name: String
        let health: String?
        let lastError: String?
    }

    let groups: [Group]

    var troubles: [CollectorStatus.RuleTrouble] {
        groups.flatMap { group in
            group.rules.filter { $0.health == "err" || $0.lastError?.isEmpty == false }.map {
                CollectorStatus.RuleTrouble(place: "\(group.name)/\($0.name)", reason: $0.lastError ?? "it can't be evaluated")
            }
        }
    }
}

/// The result of a query as series, whatever its type.
struct QueryReply: Decodable {
    struct Row: Decodable {
        let metric: [String: String]
        let values: [Point]?
        let value: Point?
    }

    /// `[seconds, "value"]`.
    struct Point: Decodable {
        let seconds: Double
        let value: Double

        init(from decoder: any Decoder) throws {
            var items = try decoder.unkeyedContainer()
            seconds = try items.decode(Double.self)
            let text = try items.decode(String.self)
            switch text {
            case "+Inf", "Inf": value = .infinity
            case "-Inf": value = -.infinity
            case "NaN": value = .nan
            default:
                guard let number = Double(text) else {
                    throw DecodingError.dataCorruptedError(in: items, debugDescription: "a value is no number")
                }
                value = number
            }
        }
    }

    let result: [Row]

    /// Values on a grid of equal steps from `start`, by the value of one label. Points beside the grid are left out.
    func rows(by label: String, start: Timestamp, stepSeconds: Int64, count: Int) -> [String: [Double?]] {
        var rows: [String: [Double?]] = [:]
        for row in result {
            guard let name = row.metric[label] else { continue }
            var values = [Double?](repeating: nil, count: count)
            for point in row.values ?? [] {
                let offset = (point.seconds - start.seconds) / Double(stepSeconds)
                guard offset > -0.5, offset < Double(count) - 0.5, point.value.isFinite else { continue }
                values[Int(offset.rounded())] = point.value
            }
            rows[name] = values
        }
        return rows
    }

    /// One value by the value of one label.
    func values(by label: String) -> [String: Double] { values { $0[label] } }

    /// One value by what `key` makes of the labels; rows without a key are left out.
    func values(_ key: ([String: String]) -> String?) -> [String: Double] {
        var values: [String: Double] = [:]
        for row in result {
            if let name = key(row.metric), let value = row.value?.value, value.isFinite { values[name] = value }
        }
        return values
    }
}

struct LogReply: Decodable {
    let timestamp: String
    let level: String?
    let stream: [String: String]?
    let line: String
    let fields: [String: Scalar]?

    /// A field's value as text; nested ones as a note that they are.
    struct Scalar: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let text = try? value.decode(String.self) {
                self.text = text
            } else if let flag = try? value.decode(Bool.self) {
                text = flag ? "true" : "false"
            } else if let number = try? value.decode(Int64.self) {
                text = String(number)
            } else if let number = try? value.decode(Double.self) {
                text = String(number)
            } else {
                text = value.decodeNil() ? "null" : "(nested)"
            }
        }
    }

    /// Nil where the timestamp is no number.
    var item: LogItem? {
        guard let nanoseconds = Int64(timestamp) else { return nil }
        return LogItem(
            timestamp: NanoTimestamp(nanoseconds: nanoseconds), level: level.flatMap { LogLevel(name: $0) } ?? .unknown, stream: pairs(stream ?? [:]), line: line,
            fields: (fields ?? [:]).sorted { $0.key < $1.key }.map { AlertItem.LabelPair(name: $0.key, value: $0.value.text) })
    }
}

func pairs(_ labels: [String: String]) -> [AlertItem.LabelPair] {
    labels.sorted { $0.key < $1.key }.map { AlertItem.LabelPair(name: $0.key, value: $0.value) }
}

/// A time of RFC 3339; nil where there is none, which the API writes as the year 1.
func moment(_ text: String?) -> Timestamp? {
    guard let text, !text.hasPrefix("0001-") else { return nil }
    return TimestampText.parseRFC3339(text)?.milliseconds
}
