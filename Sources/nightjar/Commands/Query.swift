import ArgumentParser
import Foundation
import Foundations

/// `nightjar query`: one PromQL expression, now or over a range.
struct Query: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Evaluates a PromQL expression.",
        discussion: """
            Prints a table: a row a series, a column for each label in which they differ; with --range the lowest, the highest and the last \
            value and the course, with --chart lines over time. What the engine remarks goes to standard error.

            A time is \(TimeArgument.forms).

            Exit codes: 0 there is a result, 1 it is empty, 2 the expression is wrong, 3 the collector can't be reached or refuses.

            Examples:
              nightjar query node_load1
              nightjar query 'topk(3, rate(node_cpu_seconds_total[5m]))' --at 1h
              nightjar query 'node_load1' --range 6h --step 1m --chart
              nightjar query 'sum(rate(node_cpu_seconds_total[5m]))' --range 6h --explain
              nightjar query 'node_load1' --range 1h --csv > load.csv
            """)

    @Argument(help: "The expression, in quotes.", completion: .custom(QueryCompletion.candidates))
    var expression: String

    @Option(
        name: [.customLong("at"), .customLong("time")], parsing: .unconditional,
        help: ArgumentHelp("The moment to evaluate at, or the range's end, such as 30m (ago), yesterday or '2026-01-31 15:04'. (default: now)", valueName: "time"))
    var time: TimeArgument?

    @Option(help: ArgumentHelp("Evaluates over the range of this length that ends at --at, such as 6h.", valueName: "duration"))
    var range: DurationArgument?

    @Option(help: ArgumentHelp("Distance between the points of a range. (default: the range's 60th part, 1s at least)", valueName: "duration"))
    var step: DurationArgument?

    @Option(help: ArgumentHelp("At most this many series.", valueName: "series"))
    var limit: Int?

    @Option(help: ArgumentHelp("Gives up after this time. (default: the collector's own bound)", valueName: "duration"))
    var timeout: DurationArgument?

    @Flag(help: "Draws the course of a range as lines.")
    var chart = false

    @Flag(help: "Shows, instead of the result, how the engine got it: its plan with counts and times.")
    var explain = false

    @Flag(help: "Prints the collector's answer as it is, in the form of Prometheus's API.")
    var json = false

    @Flag(help: "Prints comma-separated values under a heading: labels, seconds since 1970, value.")
    var csv = false

    @OptionGroup var tenant: TenantFlag

    @OptionGroup var collector: ConnectionFlags

    private static let defaultPoints: Int64 = 60
    /// Points of a chart where no step is given: two for each column of braille dots.
    private static let chartPoints: Int64 = 240

    func validate() throws {
        if json && csv { throw ValidationError("--json and --csv exclude each other") }
        if chart && (json || csv) { throw ValidationError("--chart is for people, --json and --csv for programs; choose one") }
        if step != nil && range == nil { throw ValidationError("--step divides a range; give --range too") }
        if explain && (chart || csv) { throw ValidationError("--explain shows the plan instead of the result; leave --chart and --csv out") }
        if chart && range == nil { throw ValidationError("--chart draws a range; give --range too, such as --range 6h") }
        if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more") }
    }

    func run() async throws {
        try await reportingFailures(code: 3) {
            let connection = try collector.connect(tenant.tenant)
            do {
                try await printAnswer(connection, request())
            } catch let failure as Failure where failure.code == 2 {
                throw Failure(QueryPointer.explain(failure.sentence, query: expression), code: 2)
            }
        }
    }

    /// What is asked for. Times are in nanoseconds since 1970.
    private struct Request {
        let path: String
        let parameters: [(String, String)]
        let start: Int64
        let end: Int64
        let step: Int64
    }

    private func printAnswer(_ connection: CollectorConnection, _ request: Request) async throws {
        if json {
            Output.json(try await connection.envelope(request.path, request.parameters))
            return
        }
        let answer = try await connection.answer(QueryAnswer.self, request.path, request.parameters)
        if explain {
            guard let explanation = answer.data.explanation else { throw Failure("the collector at \(collector.url) doesn't explain queries; it is older than this command", code: 3) }
            Output.text(ExplanationTable(explanation: explanation, widthMax: OutputScreen().widthMax).text())
            return
        }
        Output.text(text(of: answer.data, request))
        for remark in (answer.warnings ?? []) + (answer.infos ?? []) { Output.message("nightjar: " + SafeText(remark).string) }
        if answer.data.isEmpty { throw Failure("no series match", code: 1) }
    }

    private func text(of answer: QueryAnswer, _ request: Request) -> String {
        if csv { return answer.csv() }
        if answer.isEmpty { return "" }
        let screen = OutputScreen()
        guard chart, answer.isRange else { return QueryTable(answer: answer, widthMax: screen.widthMax).text() }
        return QueryChart(
            answer: answer, start: Double(request.start) / 1e9, end: Double(request.end) / 1e9, stepSeconds: Double(request.step) / 1e9, screen: screen
        ).text()
    }

    private func request() -> Request {
        let end = (time?.moment ?? SystemClock().now()).nanoseconds
        var parameters = [("query", expression)]
        if explain { parameters.append(("explain", "1")) }
        if let limit { parameters.append(("limit", String(limit))) }
        if let timeout { parameters.append(("timeout", Self.seconds(timeout.milliseconds * 1_000_000))) }
        guard let range else {
            return Request(path: "/api/v1/query", parameters: parameters + [("time", Self.seconds(end))], start: end, end: end, step: 0)
        }
        let step = step?.milliseconds ?? max(1000, range.milliseconds / (chart ? Self.chartPoints : Self.defaultPoints))
        let start = end - range.milliseconds * 1_000_000
        parameters += [("start", Self.seconds(start)), ("end", Self.seconds(end)), ("step", Self.seconds(step * 1_000_000))]
        return Request(path: "/api/v1/query_range", parameters: parameters, start: start, end: end, step: step * 1_000_000)
    }

    private static func seconds(_ nanoseconds: Int64) -> String { String(format: "%.3f", Double(nanoseconds) / 1e9) }
}
