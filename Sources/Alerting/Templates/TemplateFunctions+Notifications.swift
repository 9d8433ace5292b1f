import Foundation
import Foundations

extension TemplateFunctions {
    /// Functions of notifications' templates beside those of rules.
    static let notifications: [String: Function] = [
        "trimSpace": { .text(try text(try one($0, "trimSpace")).trimmingCharacters(in: .whitespacesAndNewlines)) },
        "join": { arguments in
            let (separator, list) = try two(arguments, "join")
            return .text(try elements(list).map { try text($0) }.joined(separator: try text(separator)))
        },
        "stringSlice": { .list($0) },
        "list": { .list($0) },
        "append": { arguments in
            guard let first = arguments.first else { throw Failure(reason: "append needs a list") }
            return .list(try elements(first) + arguments.dropFirst())
        },
        "dict": { arguments in
            guard arguments.count % 2 == 0 else { throw Failure(reason: "dict needs names and values in turn") }
            var parts: [String: TemplateValue] = [:]
            for index in stride(from: 0, to: arguments.count, by: 2) { parts[try text(arguments[index])] = arguments[index + 1] }
            return .object(parts)
        },
        "safeUrl": { .markup(try text(try one($0, "safeUrl"))) },
        "urlUnescape": { arguments in
            let escaped = try text(try one(arguments, "urlUnescape"))
            return .text(escaped.replacing("+", with: " ").removingPercentEncoding ?? escaped)
        },
        "toJson": { .text(String(decoding: json(try one($0, "toJson")).encoded(), as: UTF8.self)) },
        "date": { arguments in
            let (layout, moment) = try two(arguments, "date")
            let (time, zone) = try time(moment)
            return .text(GoTime.format(time, zone, layout: try text(layout)))
        },
        "tz": { arguments in
            let (name, moment) = try two(arguments, "tz")
            guard let zone = ZoneClock(try text(name)) else { throw Failure(reason: "there is no time zone \(try text(name).debugDescription)") }
            return .moment(try time(moment).0, zone)
        },
        "since": { arguments in
            let start = try time(try one(arguments, "since")).0
            return .float(Double(SystemClock().nowMilliseconds().milliseconds - start.milliseconds) / 1000)
        },
    ]

    static func elements(_ value: TemplateValue) throws -> [TemplateValue] {
        switch value {
        case .list(let list), .listing(let list, _): return list
        case .nothing: return []
        default: throw Failure(reason: "a list is needed, not \(value.kind)")
        }
    }

    private static func time(_ value: TemplateValue) throws -> (Timestamp, ZoneClock) {
        guard case .moment(let moment, let zone) = value else { throw Failure(reason: "a time is needed, not \(value.kind)") }
        return (moment, zone)
    }

    /// A part of named texts: one of their methods, or the text of a name.
    static func part(_ name: String, of pairs: [(name: String, text: String)]) -> TemplateValue {
        switch name {
        case "SortedPairs":
            // The alert's name first, as everywhere in the field.
            let sorted = pairs.filter { $0.name == AlertLabel.name } + pairs.filter { $0.name != AlertLabel.name }.sorted { $0.name < $1.name }
            return .listing(
                sorted.map { .object(["Name": .text($0.name), "Value": .text($0.text)]) },
                ["Names": .list(sorted.map { .text($0.name) }), "Values": .list(sorted.map { .text($0.text) })])
        case "Names": return .list(pairs.map(\.name).sorted().map { .text($0) })
        case "Values": return .list(pairs.sorted { $0.name < $1.name }.map { .text($0.text) })
        default: return .text(pairs.first { $0.name == name }?.text ?? "")
        }
    }

    static func method(_ name: String, of value: TemplateValue, _ arguments: [TemplateValue]) throws -> TemplateValue {
        switch (value, name) {
        case (.pairs(let pairs), "Remove"):
            let names = Set(try elements(try one(arguments, "Remove")).map { try text($0) })
            return .pairs(pairs.filter { !names.contains($0.name) })
        case (.moment(let moment, let zone), "Format"): return .text(GoTime.format(moment, zone, layout: try text(try one(arguments, "Format"))))
        case (.moment(let moment, _), "Sub"): return .float(Double(moment.milliseconds - (try time(try one(arguments, "Sub")).0.milliseconds)) / 1000)
        case (.moment(let moment, _), "Unix"): return .integer(moment.milliseconds / 1000)
        case (.moment(let moment, _), "UTC"): return .moment(moment, .utc)
        case (.moment(let moment, _), "Local"): return .moment(moment, ZoneClock("Local") ?? .utc)
        case (.moment(let moment, _), "IsZero"): return .bool(moment.milliseconds < GoTime.yearTwo)
        default: throw Failure(reason: "\(value.kind) has no method \(name)")
        }
    }

    private static func json(_ value: TemplateValue) -> JSONValue {
        switch value {
        case .nothing: .null
        case .bool(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .float(let number): .double(number)
        case .text(let text), .markup(let text): .string(text)
        case .list(let list), .listing(let list, _): .array(list.map(json))
        case .map(let map): .texts(map)
        case .object(let parts): .object(parts.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) })
        case .pairs(let pairs): .object(pairs.map { ($0.name, .string($0.text)) })
        case .moment(let moment, let zone): .string(GoTime.format(moment, zone, layout: "2006-01-02T15:04:05.999Z07:00"))
        }
    }
}
