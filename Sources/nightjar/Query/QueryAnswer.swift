import Foundation
import Foundations
import Model
import PromQL

/// The `data` of Prometheus's query answers.
struct QueryAnswer: Decodable {
    struct Point {
        let seconds: Double
        /// As the collector wrote it; of a native histogram its count, sum and buckets.
        let text: String
        /// Nil for a text and for a histogram.
        let number: Double?
    }

    struct Element {
        let labels: Labels
        /// In order of time.
        let points: [Point]
    }

    enum Kind: String, Decodable { case scalar, string, vector, matrix }

    let kind: Kind
    let elements: [Element]
    /// The engine's plan with what its parts did, where that was asked for.
    let explanation: Explanation?

    var isRange: Bool { kind == .matrix }
    var isEmpty: Bool { elements.isEmpty }

    private enum Key: String, CodingKey { case resultType, result, explanation, metric, value, values, histogram, histograms }

    init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        kind = try data.decode(Kind.self, forKey: .resultType)
        explanation = try data.decodeIfPresent(Explanation.self, forKey: .explanation)
        if kind == .scalar || kind == .string {
            let point = try data.decode(WrittenNumber.self, forKey: .result).point(isText: kind == .string)
            elements = [Element(labels: Labels(), points: [point])]
            return
        }
        var list = try data.nestedUnkeyedContainer(forKey: .result)
        var elements: [Element] = []
        while !list.isAtEnd {
            let entry = try list.nestedContainer(keyedBy: Key.self)
            let labels = Labels(try entry.decode([String: String].self, forKey: .metric).map { (name: $0.key, value: $0.value) })
            var points = try entry.decodeIfPresent([WrittenNumber].self, forKey: .values) ?? []
            if let one = try entry.decodeIfPresent(WrittenNumber.self, forKey: .value) { points.append(one) }
            var histograms = try entry.decodeIfPresent([WrittenHistogram].self, forKey: .histograms) ?? []
            if let one = try entry.decodeIfPresent(WrittenHistogram.self, forKey: .histogram) { histograms.append(one) }
            let all = points.map { $0.point(isText: false) } + histograms.map(\.point)
            elements.append(Element(labels: labels, points: histograms.isEmpty ? all : all.sorted { $0.seconds < $1.seconds }))
        }
        self.elements = elements
    }

    /// `[seconds,"value"]`
    private struct WrittenNumber: Decodable {
        let seconds: Double
        let text: String

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            seconds = try values.decode(Double.self)
            text = try values.decode(String.self)
        }

        func point(isText: Bool) -> Point { Point(seconds: seconds, text: text, number: isText ? nil : Double(text)) }
    }

    /// `[seconds,{"count":…,"sum":…,"buckets":[[rule,"lower","upper","count"],…]}]`
    private struct WrittenHistogram: Decodable {
        struct Content: Decodable {
            let count: String
            let sum: String
            let buckets: [Bucket]?
        }

        struct Bucket: Decodable {
            let text: String

            init(from decoder: any Decoder) throws {
                var values = try decoder.unkeyedContainer()
                let rule = try values.decode(Int.self)
                let (lower, upper, count) = (try values.decode(String.self), try values.decode(String.self), try values.decode(String.self))
                text = "\(rule == 1 || rule == 3 ? "[" : "(")\(lower),\(upper)\(rule == 0 || rule == 3 ? "]" : ")"):\(count)"
            }
        }

        let seconds: Double
        let content: Content

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            seconds = try values.decode(Double.self)
            content = try values.decode(Content.self)
        }

        var point: Point {
            let parts = ["count:\(content.count)", "sum:\(content.sum)"] + (content.buckets ?? []).map(\.text)
            return Point(seconds: seconds, text: "{\(parts.joined(separator: ", "))}", number: nil)
        }
    }

    /// Comma-separated values under a heading (RFC 4180).
    func csv() -> String {
        "labels,seconds,value\n" + elements.flatMap { element -> [String] in
            let labels = Self.quoted(element.labels.isEmpty ? "" : element.labels.description)
            return element.points.map { point in
                "\(labels),\(String(format: "%.3f", point.seconds)),\(point.number == nil ? Self.quoted(point.text) : point.text)\n"
            }
        }.joined()
    }

    /// A field of RFC 4180.
    private static func quoted(_ text: String) -> String { "\"" + SafeText(text).string.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }
}
