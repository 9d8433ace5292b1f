import Foundations
import HTTPTypes
import Hummingbird
import LogQL
import Model

/// Refusals as Loki gives them: the words alone, as text.
enum LokiRefusal {
    static let body: @Sendable (Refusal, Request) -> Response = { refusal, _ in
        var response = Reply.text(refusal.message + "\n", status: refusal.status)
        Reply.addHeaders(of: refusal, to: &response)
        return response
    }
}

extension Edge {
    /// Runs a log query in its turn, and stops it when the client leaves. Its errors become refusals.
    func logQuery<Result: Sendable>(
        _ context: CollectorContext, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        do {
            return try await query(context, work)
        } catch let error as LogQLError {
            throw Refusal(error)
        } catch let error as LogQueryError {
            throw Refusal(status: .serviceUnavailable, errorType: "timeout", reason: .queryTimeout, message: error.description)
        }
    }
}

extension Refusal {
    init(_ error: LogQLError) {
        switch error {
        case .deadline: self.init(status: .gatewayTimeout, errorType: "timeout", reason: .queryTimeout, message: error.description)
        case .syntax, .failed, .tooMuch: self = .badParameter(error.description)
        }
    }
}
