import ArgumentParser
import Foundation
import Foundations
import Model

/// `nightjar query`: one PromQL expression, now or over a range.
struct Query: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Evaluates a PromQL expression.",
        discussion: """
            Prints a table; with --range, each series' last value beside a small chart of its course.

            Exit codes: 0 there is a result, 1 the result is empty, 2 the expression is wrong, 3 the collector can't be reached.

            Examples:
              nightjar query 'node_load1'
              nightjar query --range 6h --step 5m 'sum by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[5m]))'
              nightjar query --csv --range 1h 'up' > up.csv
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, csv }

    @Argument(help: "The expression.")
    var expression: String

    @Option(help: ArgumentHelp("The moment to evaluate at (or the range's end): RFC 3339, seconds since 1970, or how long ago.", valueName: "time"))
    var time: TimeArgument?

    @Option(help: ArgumentHelp("Evaluates over the range of this length that ends at --time.", valueName: "duration"))
    var range: DurationArgument?

    @Option(help: ArgumentHelp("Distance between the points of a range; by default the range's 60th part.", valueName: "duration"))
    var step: DurationArgument?

    @Flag(help: "Prints the collector's answer as it is.")
    var json = false

    @Flag(help: "Prints comma-separated lines: labels, time, value.")
    var csv = false

    @OptionGroup var collector: ConnectionFlags

    func run() async throws {
        try await reportingFailures {
            let connection = try collector.connect()
            let end = time?.moment ?? SystemClock().now()
            var parameters = [("query", expression)]
            if let range {
                let stepMilliseconds = step?.milliseconds ?? max(1000, range.milliseconds / 60)
                parameters += [
                    ("start", Self.seconds(end.advanced(byNanoseconds: -range.milliseconds * 1_000_000))), ("end", Self.seconds(end)),
                    ("step", Self.seconds(NanoTimestamp(nanoseconds: stepMilliseconds * 1_000_000))),
                ]
            } else {
                parameters.append(("time", Self.seconds(end)))
            }
            let path = range == nil ? "/api/v1/query" : "/api/v1/query_range"
            if json {
                FileHandle.standardOutput.write(Data(try await connection.get(path, parameters)))
                print()
                return
            }
            let answer: QueryAnswer = try await connection.decode(QueryAnswer.self, path, parameters)
            print(csv ? answer.csv() : answer.table(), terminator: "")
            if answer.isEmpty { throw Failure("no series match", code: 1) }
        }
    }

    private static func seconds(_ moment: NanoTimestamp) -> String {
        String(format: "%.3f", Double(moment.nanoseconds) / 1e9)
    }
}

/// The `data` of Prometheus's query answers.
struct QueryAnswer: Decodable {
    struct Point: Decodable {
        let seconds: Double
        let text: String

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            seconds = try values.decode(Double.self)
            text = try values.decode(String.self)
        }
    }

    struct Element {
        let labels: Labels
        let points: [Point]
    }

    let elements: [Element]
    let isRange: Bool
    var isEmpty: Bool { elements.isEmpty }

    private enum Key: String, CodingKey { case resultType, result, metric, value, values }

    init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        let type = try data.decode(String.self, forKey: .resultType)
        isRange = type == "matrix"
        if type == "scalar" || type == "string" {
            elements = [Element(labels: Labels(), points: [try data.decode(Point.self, forKey: .result)])]
            return
        }
        var list = try data.nestedUnkeyedContainer(forKey: .result)
        var elements: [Element] = []
        while !list.isAtEnd {
            let entry = try list.nestedContainer(keyedBy: Key.self)
            let labels = Labels(try entry.decode([String: String].self, forKey: .metric).map { (name: $0.key, value: $0.value) })
            let points = isRange ? try entry.decodeIfPresent([Point].self, forKey: .values) : try entry.decodeIfPresent(Point.self, forKey: .value).map { [$0] }
            elements.append(Element(labels: labels, points: points ?? []))
        }
        self.elements = elements
    }

    /// A line a series: labels, the last value and, of a range, its course.
    func table() -> String {
        let names = elements.map { SafeText($0.labels.description).string }
        let width = min(100, names.map(\.count).max() ?? 0)
        return zip(names, elements).map { name, element in
            let padded = name + String(repeating: " ", count: max(0, width - name.count))
            let last = element.points.last?.text ?? "(histogram)"
            let course = isRange ? "  " + Self.spark(element.points.map { Double($0.text) ?? .nan }) : ""
            return "\(padded)  \(last)\(course)\n"
        }.joined()
    }

    func csv() -> String {
        "labels,seconds,value\n" + elements.flatMap { element in
            element.points.map { "\"\(element.labels.description.replacingOccurrences(of: "\"", with: "\"\""))\",\($0.seconds),\($0.text)\n" }
        }.joined()
    }

    /// Eight heights from the lowest to the highest value; a gap is a space.
    static func spark(_ values: [Double]) -> String {
        let finite = values.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return "" }
        let bars = Array("▁▂▃▄▅▆▇█")
        return String(values.map { value in
            guard value.isFinite else { return " " }
            return high == low ? bars[3] : bars[min(7, Int((value - low) / (high - low) * 8))]
        })
    }
}
