import Alerting
import Foundation
import Foundations
import Model

/// What a replay asks of a running collector: its ordinary queries, so nothing is changed there.
struct CollectorReplaySource: ReplaySource {
    let connection: CollectorConnection

    private struct Answer: Decodable {
        struct Element: Decodable {
            let metric: [String: String]
            let values: [Point]?
        }
        let result: [Element]
    }

    /// `[1700000000.5, "1"]`
    private struct Point: Decodable {
        let milliseconds: Int64
        let value: Double

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            milliseconds = Int64((try container.decode(Double.self) * 1000).rounded())
            let text = try container.decode(String.self)
            switch text {
            case "+Inf", "Inf": value = .infinity
            case "-Inf": value = -.infinity
            default: value = Double(text) ?? .nan
            }
        }
    }

    func range(_ expression: String, _ source: RuleSource, start: Timestamp, end: Timestamp, stepMilliseconds: Int64) async throws -> [Series] {
        let path = source == .logs ? "/loki/api/v1/query_range" : "/api/v1/query_range"
        // Loki takes long integers for nanoseconds, Prometheus seconds.
        let times = source == .logs
            ? (String(start.nanos.nanoseconds), String(end.nanos.nanoseconds)) : (Self.seconds(start.milliseconds), Self.seconds(end.milliseconds))
        return try await series(path, [("query", expression), ("start", times.0), ("end", times.1), ("step", Self.seconds(stepMilliseconds))])
    }

    func select(_ matchers: [Matcher], start: Timestamp, end: Timestamp) async throws -> [Series] {
        // A range has its end in it and its start not.
        let milliseconds = end.milliseconds - start.milliseconds + 1
        let query = "{\(matchers.map(\.description).joined(separator: ","))}[\(milliseconds)ms]"
        return try await series("/api/v1/query", [("query", query), ("time", Self.seconds(end.milliseconds))])
    }

    private func series(_ path: String, _ query: [(String, String)]) async throws -> [Series] {
        try await connection.decode(Answer.self, path, query).result.map { element in
            let points = element.values ?? []
            return Series(
                labels: Labels(element.metric.map { (name: $0.key, value: $0.value) }), timestamps: points.map(\.milliseconds), values: points.map(\.value))
        }
    }

    private static func seconds(_ milliseconds: Int64) -> String { "\(milliseconds / 1000).\(String(1000 + abs(milliseconds % 1000)).dropFirst())" }
}
