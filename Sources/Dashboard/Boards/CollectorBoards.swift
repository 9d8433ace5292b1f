import Boards
import Foundations

/// A collector as the source of boards: metrics over Prometheus's API, logs over Loki's and the collector's own.
struct CollectorBoards: BoardSource {
    let client: APIClient

    func answer(_ request: BoardRequest) async throws -> BoardAnswer { try await answer(request, filters: []) }

    /// `filters` are parameters that narrow a query.
    private func answer(_ request: BoardRequest, filters: [(String, String)]) async throws -> BoardAnswer {
        switch request {
        case .filtered(let inner, let selector): return try await answer(inner, filters: [("extra_filters[]", selector)])
        case .range(let expression, let language, let window):
            let path = language == .promQL ? "/api/v1/query_range" : "/loki/api/v1/query_range"
            // Loki counts in nanoseconds, or in seconds where a number is short.
            let query = [
                ("query", expression), ("start", Text.seconds(window.start)), ("end", Text.seconds(window.end)),
                ("step", String(Double(window.stepMilliseconds) / 1000)),
            ]
            return try await series(path, query + filters)
        case .instant(let expression, let language, let moment):
            let path = language == .promQL ? "/api/v1/query" : "/loki/api/v1/query"
            return try await series(path, [("query", expression), ("time", Text.seconds(moment))] + filters)
        case .logs(let query, let from, let to, let limit): return .lines(try await lines(query, from, to, limit, filters))
        case .labelNames(let selector, let from, let to): return try await names("/api/v1/labels", matching(selector) + bounds(from, to))
        case .labelValues(let label, let selector, let from, let to):
            return try await names("/api/v1/label/\(try pathPart(label))/values", matching(selector) + bounds(from, to))
        case .series(let selector, let from, let to): return try await names("/api/v1/series", matching(selector) + bounds(from, to))
        case .logLabelNames(let from, let to): return try await names("/loki/api/v1/labels", bounds(from, to))
        case .logLabelValues(let label, let selector, let from, let to):
            let query = selector.isEmpty ? [] : [("query", selector)]
            return try await names("/loki/api/v1/label/\(try pathPart(label))/values", query + bounds(from, to))
        }
    }

    private func matching(_ selector: String) -> [(String, String)] { selector.isEmpty ? [] : [("match[]", selector)] }
    private func bounds(_ from: Timestamp, _ to: Timestamp) -> [(String, String)] { [("start", Text.seconds(from)), ("end", Text.seconds(to))] }

    /// A label's name stands in the path: nothing else may.
    private func pathPart(_ label: String) throws(BoardSourceError) -> String {
        let isName = !label.isEmpty && label.utf8.allSatisfy { ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
        guard isName else { throw .refused(reason: "`\(SafeText(label.prefix(60)))` is no name of a label") }
        return label
    }

    private func series(_ path: String, _ query: [(String, String)]) async throws -> BoardAnswer {
        guard let series = SeriesReply.series(try await body(path, query)) else { throw BoardSourceError.refused(reason: "\(path) didn't answer with series") }
        return .series(series)
    }

    private func names(_ path: String, _ query: [(String, String)]) async throws -> BoardAnswer {
        guard let names = SeriesReply.names(try await body(path, query)) else { throw BoardSourceError.refused(reason: "\(path) didn't answer with a list") }
        return .names(names)
    }

    private func lines(_ query: String, _ from: Timestamp, _ to: Timestamp, _ limit: Int, _ filters: [(String, String)]) async throws -> [BoardLogLine] {
        do throws(DashboardError) {
            return try await client.logs(query, start: from, end: to, limit: limit, filters: filters).map { item in
                let labels = Dictionary(item.stream.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
                return BoardLogLine(timestamp: item.timestamp, level: item.level == .unknown ? "" : item.level.name, labels: labels, line: item.line.string)
            }
        } catch {
            throw Self.sourceError(error)
        }
    }

    private func body(_ path: String, _ query: [(String, String)]) async throws -> [UInt8] {
        do throws(DashboardError) {
            return try await client.body(path, query)
        } catch {
            throw Self.sourceError(error)
        }
    }

    private static func sourceError(_ error: DashboardError) -> BoardSourceError {
        if Task.isCancelled { return .cancelled }
        switch error {
        case .unreachable(let reason): return .unreachable(reason: reason)
        case .refused(_, let reason): return .refused(reason: reason)
        default: return .refused(reason: "\(error)")
        }
    }
}
