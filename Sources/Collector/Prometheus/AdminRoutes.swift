import Foundations
import HTTPTypes
import Hummingbird
import MetricStore

/// `admin/tsdb/…`: deleting series, snapshots, and giving free what deletions hide. Needs the scope admin.
struct AdminRoutes: Sendable {
    let edge: Edge

    func register(_ routes: Routes) {
        for method in [HTTPRequest.Method.post, .put] {
            routes.on(method, "/api/v1/admin/tsdb/delete_series", scope: .admin, of: .each) { try await deleteSeries($0, $1) }
            routes.on(method, "/api/v1/admin/tsdb/snapshot", scope: .admin, of: .each) { try await snapshot($1.tenant) }
            routes.on(method, "/api/v1/admin/tsdb/clean_tombstones", scope: .admin, of: .each) { try await cleanTombstones($1.tenant) }
        }
    }

    private func deleteSeries(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = try await edge.parameters(of: request, context)
        let selectors = try parameters.selectors()
        guard !selectors.isEmpty else { throw Refusal.badParameter("no match[] parameter provided") }
        let start = try parameters.moment("start", default: .distantPast)
        let end = try parameters.moment("end", default: .distantFuture)
        guard end >= start else { throw Refusal.badParameter("invalid parameter \"end\": end timestamp must not be before start time") }
        let metrics = context.tenant.metrics
        for matchers in selectors {
            try await storing { () async throws(MetricStoreError) in try await metrics.delete(matchers, start: start, end: end) }
        }
        edge.logger.info("series were deleted by request", metadata: ["selectors": "\(parameters.all("match[]").map { SafeText($0.prefix(200)).string })"])
        return Reply.noContent
    }

    private func cleanTombstones(_ tenant: Tenant) async throws -> Response {
        try await storing { () async throws(MetricStoreError) in try await tenant.metrics.cleanTombstones() }
        return Reply.noContent
    }

    /// A copy in the folder `snapshots` of the tenant's folder, which is the data folder for the default one. What is in memory is always part of it: `skip_head` has no effect.
    private func snapshot(_ tenant: Tenant) async throws -> Response {
        let name = Self.snapshotName(edge.clock.nowMilliseconds())
        let directory = Paths.join(Paths.join(tenant.directory, "snapshots"), name)
        try await storing { () async throws(MetricStoreError) in try await tenant.metrics.snapshot(to: directory) }
        return Reply.success { $0.object { $0.member("name", name) } }
    }

    /// `20260131T150405Z-` and sixteen random hexadecimal digits.
    private static func snapshotName(_ moment: Timestamp) -> String {
        let time = TimestampText.rfc3339(moment).prefix(19).filter { $0 != "-" && $0 != ":" }
        let random = String(UInt64.random(in: .min ... .max), radix: 16)
        return "\(time)Z-\(String(repeating: "0", count: 16 - random.count))\(random)"
    }

    private func storing(_ body: () async throws(MetricStoreError) -> Void) async throws(Refusal) {
        do throws(MetricStoreError) {
            try await body()
        } catch .badDeletion(let reason) {
            throw .badParameter("invalid parameter \"match[]\": \(reason)")
        } catch {
            throw refusal(for: error, limits: edge.limits)
        }
    }
}
