import Foundations
import Glibc
import Logging
import Model
import TestSupport

@testable import Alerting

/// An evaluator whose answers the test sets: results by expression.
final class FakeEvaluator: ExpressionEvaluator {
    enum Answer {
        case elements([ResultElement])
        case failure(String)
    }

    private let answers = Locked<[String: Answer]>([:])
    private let dataExpressions = Locked<[String: String]>([:])

    func set(_ expression: String, _ elements: [(Labels, Double)]) {
        answers.withLock { $0[expression] = .elements(elements.map { ResultElement(labels: $0.0, value: $0.1) }) }
    }
    func fail(_ expression: String, _ reason: String) { answers.withLock { $0[expression] = .failure(reason) } }
    func setData(of expression: String, _ data: String) { dataExpressions.withLock { $0[expression] = data } }

    func syntaxProblem(in expression: String) -> String? { expression.contains("((") ? "1:1: parse error: unclosed parenthesis" : nil }
    func dataExpression(of expression: String) -> String? { dataExpressions.withLock { $0[expression] } }
    func evaluate(_ expression: String, at moment: Timestamp) async throws -> [ResultElement] {
        switch answers.withLock({ $0[expression] }) {
        case .elements(let elements)?: return elements
        case .failure(let reason)?: throw RuleFailure(reason)
        case nil: return []
        }
    }
}

/// A deliverer that a closure plays.
struct FakeDeliverer: Deliverer {
    let body: @Sendable (DeliveryRequest) async throws -> DeliveryReply
    func send(_ request: DeliveryRequest) async throws -> DeliveryReply { try await body(request) }
}

/// Collects what a service writes.
final class WrittenSamples: Sendable {
    private let batches = Locked<[MetricBatch]>([])
    func append(_ batch: MetricBatch) { batches.withLock { $0.append(batch) } }
    /// Samples as text: `ALERTS{…}@1000=1`, stale ones `=stale`.
    func take() -> [String] {
        batches.withLock { batches in
            defer { batches = [] }
            return batches.flatMap(\.entries).flatMap { entry in
                entry.samples.map { "\(entry.labels)@\($0.timestamp)=\(StaleMarker.isStale($0.value) ? "stale" : NumberText.shortest($0.value))" }
            }
        }
    }
}

let silentLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

func write(_ text: String, to path: String) {
    guard let file = fopen(path, "w") else { fatalError("can't write \(path)") }
    fputs(text, file)
    fclose(file)
}

func copyDatabase(_ path: String, to copy: String) throws {
    let files = RealFileSystem()
    for suffix in ["", "-wal"] where try files.exists(path + suffix) {
        let bytes = try files.readAll(path + suffix, bytesMax: 1 << 30)
        let file = try files.open(copy + suffix, .create)
        try file.write(bytes, at: 0)
        file.close()
    }
}

/// The repository's folder of a name, seen from this file.
func repositoryFolder(_ name: String) -> String {
    guard let real = realpath(#filePath, nil) else { fatalError("no source file") }
    defer { free(real) }
    return Paths.join(Paths.directory(of: Paths.directory(of: Paths.directory(of: String(cString: real)))), name)
}
