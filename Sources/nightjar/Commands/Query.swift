import ArgumentParser
import Foundation
import Foundations
import Model

/// `nightjar query`: one PromQL expression, now or over a range.
struct Query: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Evaluates a PromQL expression.",
        discussion: """
            Prints a line a series: labels and value; with --range, the last value and a small chart of the course.

            A time is \(TimeArgument.forms).

            Exit codes: 0 there is a result, 1 it is empty, 2 the expression is wrong, 3 the collector can't be reached or refuses.

            Examples:
              nightjar query node_load1
              nightjar query 'topk(3, rate(node_cpu_seconds_total[5m]))' --time 1h
              nightjar query 'node_memory_MemAvailable_bytes' --range 6h --step 5m
              nightjar query 'node_load1' --range 1h --csv > load.csv
            """)

    @Argument(help: "The expression, in quotes.")
    var expression: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The moment to evaluate at, or the range's end, such as 30m (ago), yesterday or '2026-01-31 15:04'. (default: now)", valueName: "time"))
    var time: TimeArgument?

    @Option(help: ArgumentHelp("Evaluates over the range of this length that ends at --time, such as 6h.", valueName: "duration"))
    var range: DurationArgument?

    @Option(help: ArgumentHelp("Distance between the points of a range. (default: the range's 60th part, 1s at least)", valueName: "duration"))
    var step: DurationArgument?

    @Flag(help: "Prints the collector's answer as it is, in the form of Prometheus's API.")
    var json = false

    @Flag(help: "Prints comma-separated values under a heading: labels, seconds since 1970, value.")
    var csv = false

    @OptionGroup var collector: ConnectionFlags

    private static let defaultPoints: Int64 = 60

    func validate() throws {
        if json && csv { throw ValidationError("--json and --csv exclude each other") }
        if step != nil && range == nil { throw ValidationError("--step divides a range; give --range too") }
    }

    func run() async throws {
        try await reportingFailures(code: 3) {
            let connection = try collector.connect()
            let path = range == nil ? "/api/v1/query" : "/api/v1/query_range"
            do {
                try await printAnswer(connection, path)
            } catch let failure as Failure where failure.code == 2 {
                throw Failure(QueryPointer.explain(failure.sentence, query: expression), code: 2)
            }
        }
    }

    private func printAnswer(_ connection: CollectorConnection, _ path: String) async throws {
        if json {
            Output.json(try await connection.envelope(path, parameters))
            return
        }
        let answer: QueryAnswer = try await connection.decode(QueryAnswer.self, path, parameters)
        Output.text(csv ? answer.csv() : answer.table())
        if answer.isEmpty { throw Failure("no series match", code: 1) }
    }

    private var parameters: [(String, String)] {
        let end = time?.moment ?? SystemClock().now()
        guard let range else { return [("query", expression), ("time", Self.seconds(end.nanoseconds))] }
        let step = step?.milliseconds ?? max(1000, range.milliseconds / Self.defaultPoints)
        return [
            ("query", expression), ("start", Self.seconds(end.nanoseconds - range.milliseconds * 1_000_000)), ("end", Self.seconds(end.nanoseconds)),
            ("step", Self.seconds(step * 1_000_000)),
        ]
    }

    private static func seconds(_ nanoseconds: Int64) -> String { String(format: "%.3f", Double(nanoseconds) / 1e9) }
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

    enum Kind: String, Decodable { case scalar, string, vector, matrix }

    let kind: Kind
    let elements: [Element]
    private var isRange: Bool { kind == .matrix }
    var isEmpty: Bool { elements.isEmpty }

    private enum Key: String, CodingKey { case resultType, result, metric, value, values }

    init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        kind = try data.decode(Kind.self, forKey: .resultType)
        if kind == .scalar || kind == .string {
            elements = [Element(labels: Labels(), points: [try data.decode(Point.self, forKey: .result)])]
            return
        }
        var list = try data.nestedUnkeyedContainer(forKey: .result)
        var elements: [Element] = []
        while !list.isAtEnd {
            let entry = try list.nestedContainer(keyedBy: Key.self)
            let labels = Labels(try entry.decode([String: String].self, forKey: .metric).map { (name: $0.key, value: $0.value) })
            let points = kind == .matrix ? try entry.decodeIfPresent([Point].self, forKey: .values) : try entry.decodeIfPresent(Point.self, forKey: .value).map { [$0] }
            elements.append(Element(labels: labels, points: points ?? []))
        }
        self.elements = elements
    }

    /// A line a series: labels, the last value and, of a range, its course. A number or a text alone is printed as it is.
    func table() -> String {
        if kind == .scalar || kind == .string { return elements.map { SafeText($0.points.last?.text ?? "").string + "\n" }.joined() }
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
        "labels,seconds,value\n" + elements.flatMap { element -> [String] in
            let labels = Self.quoted(element.labels.isEmpty ? "" : element.labels.description)
            return element.points.map { "\(labels),\(String(format: "%.3f", $0.seconds)),\(kind == .string ? Self.quoted($0.text) : $0.text)\n" }
        }.joined()
    }

    /// A field of RFC 4180.
    private static func quoted(_ text: String) -> String { "\"" + SafeText(text).string.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }

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
