import Foundation
import Foundations

/// A log line as the collector's own API gives it.
struct LogLineAnswer: Decodable, Hashable {
    let timestamp: String
    let level: String
    let stream: [String: String]
    let line: String
}

/// An event of the live tail: a line, or how many were skipped.
struct TailAnswer: Decodable {
    let skipped: Int?
    let line: LogLineAnswer?

    private enum Key: String, CodingKey { case skipped }

    init(from decoder: any Decoder) throws {
        skipped = try decoder.container(keyedBy: Key.self).decodeIfPresent(Int.self, forKey: .skipped)
        line = skipped == nil ? try LogLineAnswer(from: decoder) : nil
    }
}

/// How a line is shown: `2026-01-31 12:34:56.789 ERROR web-1 app.log │ text`.
struct LogLineStyle: Sendable {
    /// Labels shown of a stream without instance and file.
    private static let labelsMax = 3

    let isJSON: Bool
    let isColored: Bool
    let isUTC: Bool

    /// Without the line feed; nothing in it can act on a terminal.
    func format(_ answer: LogLineAnswer) -> String {
        if isJSON { return json(answer) }
        let level = answer.level == "unknown" ? "" : SafeText(answer.level.uppercased()).string
        let padded = level + String(repeating: " ", count: max(0, 5 - level.count))
        let file = answer.stream["filename"].map { Paths.name(of: $0) } ?? answer.stream["job"] ?? ""
        var names = [answer.stream["instance"] ?? "", file].filter { !$0.isEmpty }
        // A stream of a shipper that has neither: what tells it from others.
        if names.isEmpty { names = answer.stream.sorted { $0.key < $1.key }.prefix(Self.labelsMax).map(\.value) }
        let source = names.joined(separator: " ")
        return "\(time(nanoseconds: Int64(answer.timestamp) ?? 0)) \(color(level))\(padded)\(isColored ? "\u{1B}[0m" : "") \(SafeText(source).string) │ \(SafeText(answer.line).string)"
    }

    /// The same without colours.
    var plain: LogLineStyle { LogLineStyle(isJSON: isJSON, isColored: false, isUTC: isUTC) }

    func time(nanoseconds: Int64, showsMilliseconds: Bool = true) -> String {
        var seconds = time_t(nanoseconds / 1_000_000_000)
        var parts = tm()
        _ = isUTC ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts)
        let whole = String(
            format: "%04d-%02d-%02d %02d:%02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec)
        return showsMilliseconds ? whole + String(format: ".%03d", Int32(nanoseconds % 1_000_000_000 / 1_000_000)) : whole
    }

    private func color(_ level: String) -> String {
        guard isColored else { return "" }
        switch level {
        case "FATAL", "ERROR": return "\u{1B}[31m"
        case "WARN": return "\u{1B}[33m"
        case "INFO": return "\u{1B}[36m"
        default: return "\u{1B}[2m"
        }
    }

    /// `isHit` tells the lines that were looked for from those around them.
    func json(_ answer: LogLineAnswer, isHit: Bool? = nil) -> String {
        var object: [String: Any] = ["timestamp": answer.timestamp, "level": answer.level, "stream": answer.stream, "line": answer.line]
        if let isHit { object["hit"] = isHit }
        do {
            let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
            return SafeJSON.escaped(String(decoding: data, as: UTF8.self))
        } catch {
            preconditionFailure("an object of strings can always be written: \(error)")
        }
    }
}
