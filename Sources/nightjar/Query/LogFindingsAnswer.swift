import Foundation
import Foundations
import Model

/// What the collector answers to a question about logs.
struct LogFindingsAnswer: Decodable {
    enum Findings {
        /// The newest first.
        case lines([LogLineAnswer])
        /// Lines that follow each other, the hits among them marked; the oldest first.
        case blocks([[(line: LogLineAnswer, isHit: Bool)]])
        case series([Series], stepMilliseconds: Int64?)
        case patterns([Pattern])
    }

    struct Series {
        let labels: Labels
        let points: [(seconds: Double, text: String)]
    }

    struct Pattern: Decodable {
        let pattern: String
        let level: String
        let count: Int
        let countBefore: Int
        /// Seconds since 1970 and counts.
        let samples: [[Int64]]
    }

    struct Statistics: Decodable {
        struct Step: Decodable {
            let description: String
            let linesRead: Int
            let bytesRead: Int
            let linesKept: Int
            let countsRead: Int
            let seconds: Double
        }

        let linesRead: Int
        let bytesRead: Int
        let linesKept: Int
        let countsRead: Int
        let seconds: Double
        let steps: [Step]
    }

    let findings: Findings
    let statistics: Statistics

    private enum Key: String, CodingKey { case kind, lines, blocks, series, patterns, stepMilliseconds, statistics, metric, values, hit }

    init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        statistics = try data.decode(Statistics.self, forKey: .statistics)
        switch try data.decode(String.self, forKey: .kind) {
        case "lines": findings = .lines(try data.decode([LogLineAnswer].self, forKey: .lines))
        case "blocks": findings = .blocks(try data.decode([[MarkedLine]].self, forKey: .blocks).map { $0.map { ($0.line, $0.isHit) } })
        case "series":
            let series = try data.decode([WrittenSeries].self, forKey: .series).map(\.series)
            findings = .series(series, stepMilliseconds: try data.decodeIfPresent(Int64.self, forKey: .stepMilliseconds))
        case "patterns": findings = .patterns(try data.decode([Pattern].self, forKey: .patterns))
        case let kind: throw DecodingError.dataCorruptedError(forKey: .kind, in: data, debugDescription: "unknown kind \(kind)")
        }
    }

    private struct MarkedLine: Decodable {
        let line: LogLineAnswer
        let isHit: Bool

        init(from decoder: any Decoder) throws {
            line = try LogLineAnswer(from: decoder)
            isHit = try decoder.container(keyedBy: Key.self).decode(Bool.self, forKey: .hit)
        }
    }

    private struct WrittenSeries: Decodable {
        let series: Series

        init(from decoder: any Decoder) throws {
            let data = try decoder.container(keyedBy: Key.self)
            let labels = Labels(try data.decode([String: String].self, forKey: .metric).map { (name: $0.key, value: $0.value) })
            var list = try data.nestedUnkeyedContainer(forKey: .values)
            var points: [(seconds: Double, text: String)] = []
            while !list.isAtEnd {
                var pair = try list.nestedUnkeyedContainer()
                points.append((try pair.decode(Double.self), try pair.decode(String.self)))
            }
            series = Series(labels: labels, points: points)
        }
    }

    var isEmpty: Bool {
        switch findings {
        case .lines(let lines): lines.isEmpty
        case .blocks(let blocks): blocks.isEmpty
        case .series(let series, _): series.isEmpty
        case .patterns(let patterns): patterns.isEmpty
        }
    }

    /// What is said where nothing was found.
    var nothing: String {
        switch findings {
        case .lines, .blocks, .series: "no lines match"
        case .patterns: "no patterns match"
        }
    }
}

extension LogFindingsAnswer.Statistics {
    var sentence: String { "nightjar: " + Self.words(linesRead, bytesRead, linesKept, countsRead, seconds) }

    fileprivate static func words(_ lines: Int, _ bytes: Int, _ kept: Int, _ counts: Int, _ seconds: Double) -> String {
        let time = String(format: seconds >= 1 ? "%.2f s" : "%.1f ms", seconds >= 1 ? seconds : seconds * 1000)
        let summed = counts > 0 ? "\(counts) counts added up, " : ""
        return "\(summed)\(lines) lines (\(ByteSizeText.format(bytes: Int64(bytes)))) read, \(kept) kept, \(time)"
    }
}

extension LogFindingsAnswer.Statistics.Step {
    var sentence: String { "\(SafeText(description).string)\n    " + LogFindingsAnswer.Statistics.words(linesRead, bytesRead, linesKept, countsRead, seconds) }
}
