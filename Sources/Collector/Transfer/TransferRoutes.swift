import Foundations
import HTTPTypes
import Hummingbird
import MetricStore
import Model
import NIOCore
import PromQL
import Wire

/// `import/openmetrics` and `export/openmetrics`: metrics come and go as text.
struct TransferRoutes: Sendable {
    static let importPath = "/api/v1/import/openmetrics"
    static let exportPath = "/api/v1/export/openmetrics"
    /// Bytes of an import between two looks at the free space.
    private static let bytesPerDiskCheck = 16 << 20
    let edge: Edge

    func register(_ routes: Routes) {
        routes.on(.post, Self.importPath, scope: .admin, of: .each) { try await importText($0, $1) }
        routes.on(.get, Self.exportPath, scope: .read, of: .each) { try await exportText($0, $1) }
    }

    /// Reads the body as it comes, however long it is. Nothing is visible until all of it was right.
    private func importText(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = RequestParameters(request.uri.query ?? "")
        let times: OpenMetricsTimes
        switch parameters["times"] ?? "seconds" {
        case "seconds": times = .seconds
        case "milliseconds": times = .milliseconds
        case let other: throw Refusal.badParameter("invalid parameter \"times\": \(SafeText(other).string) is neither seconds nor milliseconds")
        }
        guard (request.headers[.contentEncoding] ?? "identity") == "identity" else {
            throw Refusal(
                status: .unsupportedMediaType, errorType: "bad_data", reason: .unsupportedEncoding, message: "send the text as it is, without Content-Encoding")
        }
        let edge = edge
        let report = try await edge.importGate.run { try await Self.receive(request, context, times, edge) }
        guard let report else {
            throw Refusal.unavailable(.overload, "another import is under way; try again later", retryAfterSeconds: edge.limits.diskRetrySeconds)
        }
        for (reason, count, _) in report.rejected { edge.counters.rejected(count, reason: reason.rawValue, of: context.tenant) }
        return Reply.success { $0.report(report) }
    }

    private static func receive(_ request: Request, _ context: CollectorContext, _ times: OpenMetricsTimes, _ edge: Edge) async throws -> ImportReport {
        do {
            let reader = try OpenMetricsImport(store: context.tenant.metrics, times: times)
            var unchecked = bytesPerDiskCheck
            for try await piece in request.body {
                unchecked += piece.readableBytes
                if unchecked >= bytesPerDiskCheck {
                    unchecked = 0
                    if case .refusing(let reason) = edge.disk.state {
                        throw context.closing(.unavailable(.diskFull, reason, retryAfterSeconds: edge.limits.diskRetrySeconds))
                    }
                }
                try piece.withUnsafeReadableBytes { try reader.read($0) }
            }
            try reader.endText()
            return try await reader.finish()
        } catch let error as WireError {
            throw context.closing(.malformed("nothing was imported: \(error.description)"))
        } catch let error as MetricStoreError {
            if case .importTooLarge = error { throw context.closing(.malformed(error.description)) }
            throw context.closing(refusal(for: error, limits: edge.limits))
        }
    }

    private func exportText(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = RequestParameters(request.uri.query ?? "")
        var selectors: [[Matcher]] = []
        for text in parameters.all("match[]") {
            do throws(PromQLSyntaxError) { selectors.append(try PromQLParser.parseSelector(text)) } catch {
                throw Refusal.badParameter("invalid parameter \"match[]\": \(error)")
            }
        }
        let export = OpenMetricsExport(
            store: context.tenant.metrics, selectors: selectors, start: try parameters.moment("start", default: .distantPast),
            end: try parameters.moment("end", default: .distantFuture), includesNativeHistograms: parameters["native_histograms"] != "false")
        let body = ResponseBody { writer in
            _ = try await export.run { try await writer.write(ByteBuffer(bytes: $0)) }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: OpenMetricsWriter.contentType], body: body)
    }
}

extension JSONWriter {
    fileprivate mutating func report(_ report: ImportReport) {
        object { writer in
            writer.member("series", report.seriesCount)
            writer.member("samplesRead", report.samplesRead + report.histogramsRead)
            writer.member("samplesStored", report.samplesStored)
            writer.member("exemplars", report.exemplarsStored)
            writer.member("blocks", report.blockCount)
            if let oldest = report.oldest { writer.member("oldestMilliseconds", oldest.milliseconds) }
            if let newest = report.newest { writer.member("newestMilliseconds", newest.milliseconds) }
            writer.key("rejected")
            writer.array(report.rejected) { writer, item in
                writer.object { writer in
                    writer.member("reason", item.reason.rawValue)
                    writer.member("count", item.count)
                    writer.member("example", item.example)
                }
            }
        }
    }
}
