import Foundations
import HTTPTypes
import Hummingbird
import Model
import PromQL
import Wire

/// `GET /federate`: the newest samples of the series that `match[]` selects, for another Prometheus to scrape.
struct Federation: Sendable {
    let edge: Edge

    func register(_ routes: Routes) {
        routes.on(.get, "/federate", scope: .read, of: .each, refusalBody: { refusal, _ in Self.plain(refusal) }) { try await federate($0, $1) }
    }

    private func federate(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let parameters = RequestParameters(request.uri.query ?? "")
        let selectors = try parameters.narrowedSelectors(edge.limits)
        let now = edge.clock.nowMilliseconds()
        let format = ExpositionFormat(accept: request.headers[.accept] ?? "")
        let samples = try await edge.query(context) { try await newest(selectors, at: now, context.tenant) }
        return Reply.bytes(Exposition.federate(samples, as: format), contentType: format.contentType)
    }

    /// The last sample of each series within the lookback, those that have ended left out; sorted by name, then by labels.
    private func newest(_ selectors: [[Matcher]], at now: Timestamp, _ tenant: Tenant) async throws -> [FederatedSample] {
        var found: [Labels: FederatedSample] = [:]
        var samplesLeft = edge.limits.remoteReadSamplesMax
        let start = now.advanced(byMilliseconds: 1 - EngineOptions().lookbackMilliseconds)
        for matchers in selectors {
            let query = MetricQuery(matchers: matchers, start: start, end: now, samplesMax: samplesLeft)
            for series in try await tenant.metrics.select(query) {
                samplesLeft -= series.sampleCount
                guard found[series.labels] == nil, series.labels.metricName != nil, let sample = Self.newest(of: series) else { continue }
                found[series.labels] = sample
            }
            guard samplesLeft >= 0 else { throw ReadLimitError(what: "samples", limit: edge.limits.remoteReadSamplesMax) }
        }
        let named = found.values.map { sample in (name: sample.labels.metricName ?? "", sample: sample) }
        let sorted = named.sorted { left, right in
            left.name == right.name ? left.sample.labels < right.sample.labels : left.name < right.name
        }
        return sorted.map(\.sample)
    }

    private static func newest(of series: Series) -> FederatedSample? {
        let float = series.timestamps.last
        if let histogram = series.histograms.last, histogram.timestamp >= float ?? .min {
            if StaleMarker.isStale(histogram.histogram.sum) { return nil }
            return FederatedSample(labels: series.labels, timestamp: histogram.timestamp, value: .histogram(histogram.histogram))
        }
        guard let float, let value = series.values.last, !StaleMarker.isStale(value) else { return nil }
        return FederatedSample(labels: series.labels, timestamp: float, value: .float(value))
    }

    /// Scrapers show what they get as text.
    private static func plain(_ refusal: Refusal) -> Response {
        var response = Reply.text(refusal.message + "\n", status: refusal.status)
        Reply.addHeaders(of: refusal, to: &response)
        return response
    }
}
