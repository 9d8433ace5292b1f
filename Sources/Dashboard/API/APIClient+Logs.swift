import Foundations
import Model

/// Log lines around a hit, and labels for completion, from Loki's API.
extension APIClient {
    private struct Streams: Decodable {
        struct Stream: Decodable {
            let values: [[String]]
        }
        let result: [Stream]
    }

    /// Lines of the same stream before and after a hit.
    func context(of item: LogItem) async throws(DashboardError) -> LogContext {
        let selector = "{\(MatcherEntry.text(item.stream))}"
        let hour: Int64 = 3_600_000_000_000
        let moment = item.timestamp.nanoseconds
        let before = try await lines(selector, item, from: moment - hour, to: moment + 1, direction: "backward")
        let after = try await lines(selector, item, from: moment + 1, to: moment + hour, direction: "forward")
        var lines = Array(before.reversed())
        let hit = lines.lastIndex { $0.line == item.line } ?? max(0, lines.count - 1)
        if lines.indices.contains(hit) { lines[hit] = item } else { lines = [item] }
        return LogContext(lines: lines + after, hit: hit)
    }

    private func lines(_ selector: String, _ item: LogItem, from start: Int64, to end: Int64, direction: String) async throws(DashboardError) -> [LogItem] {
        let reply: Streams = try await get(
            "/loki/api/v1/query_range",
            [("query", selector), ("start", String(start)), ("end", String(end)), ("limit", String(Limits.contextLines)), ("direction", direction)])
        let lines = reply.result.flatMap(\.values).compactMap { value -> LogItem? in
            guard value.count >= 2, let moment = Int64(value[0]) else { return nil }
            return LogItem(timestamp: NanoTimestamp(nanoseconds: moment), level: .unknown, stream: item.stream, line: value[1])
        }
        return lines.sorted { direction == "forward" ? $0.timestamp < $1.timestamp : $0.timestamp > $1.timestamp }
    }

    /// Names of labels with values; a label of very many values with the first of them.
    func logLabels() async throws(DashboardError) -> [String: [String]] {
        let names: [String] = try await get("/loki/api/v1/labels")
        var labels: [String: [String]] = [:]
        for name in names.prefix(Limits.completedLabels) {
            let values: [String] = try await get("/loki/api/v1/label/\(PercentEncoding.escaped(name))/values")
            labels[name] = Array(values.prefix(Limits.completedValues))
        }
        return labels
    }
}
