import Foundations

/// A range query of the query set.
struct RangeQuery {
    let expression: String
    let start: Timestamp
    let end: Timestamp
    let stepSeconds: Int

    var parameters: [String: String] {
        [
            "query": expression, "start": decimal(Double(start.milliseconds) / 1000, 3), "end": decimal(Double(end.milliseconds) / 1000, 3),
            "step": "\(stepSeconds)s", "nocache": "1",
        ]
    }

    /// The same some time later: results that a server kept have other steps.
    func shifted(bySeconds seconds: Int) -> RangeQuery {
        let by = Int64(seconds) * 1000
        return RangeQuery(expression: expression, start: start.advanced(byMilliseconds: by), end: end.advanced(byMilliseconds: by), stepSeconds: stepSeconds)
    }
}

/// The queries that servers are compared by, over the TSBS-like data.
struct QuerySet {
    struct Entry {
        let title: String
        let query: RangeQuery
        /// It picks series: of equal ones servers may pick others, so that answers are compared by their values alone.
        var picksSeries = false
    }

    let entries: [Entry]
    /// Many series as they are: for the wait until the first byte, and for memory.
    let wholeSeries: RangeQuery

    /// `steps` are those of the data set.
    init(_ steps: DataSteps) {
        // A second behind a sample, so that none stands on the edge of a window: Prometheus 3 leaves those at its beginning out, 2.42 doesn't.
        // And a window behind the first sample, since the two extrapolate a counter's first increases differently.
        let start = steps.start.advanced(byMilliseconds: 301_000)
        let end = steps.end.advanced(byMilliseconds: -59_000)
        func over(_ expression: String, step: Int = 60, from begin: Timestamp = start) -> RangeQuery {
            RangeQuery(expression: expression, start: begin, end: end, stepSeconds: step)
        }
        let requests = TSBSLikeData.requests
        let average = "avg by(hostname) (rate(\(requests)[5m]))"
        wholeSeries = over(#"{__name__=~"cpu_usage_.+"}"#, step: 300)
        entries = [
            Entry(title: "`avg by(hostname)(rate[5m])`, a series a host", query: over(average)),
            Entry(title: "`sum(rate[5m])`", query: over("sum(rate(\(requests)[5m]))")),
            Entry(title: "`topk(5, avg_over_time[5m])`", query: over("topk(5, avg_over_time(cpu_usage_user[5m]))"), picksSeries: true),
            Entry(
                title: "`histogram_quantile` of `sum by(le)(rate[5m])`",
                query: over("histogram_quantile(0.99, sum by(le) (rate(\(TSBSLikeData.bucket)[5m])))")),
            Entry(title: "`max by(region)`", query: over("max by(region) (cpu_usage_user)")),
            Entry(title: "ten series a host as they are, step 300 s", query: wholeSeries),
            Entry(
                title: "`avg by(hostname)(rate[5m])`, 1 h at 15 s",
                query: over(average, step: 15, from: end.advanced(byMilliseconds: -3_600_000))),
        ]
    }
}
