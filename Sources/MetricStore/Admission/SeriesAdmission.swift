import Foundations

/// Decides whether another series may come into being: the number in memory is bounded, and how fast new ones come.
///
/// New series take tokens from a bucket that holds `newSeriesBurst` and is filled with `newSeriesPerMinuteMax` a minute.
final class SeriesAdmission: Sendable {
    private struct Bucket {
        var tokens: Double
        var filledNanoseconds: Int64
    }

    private let seriesMax: Int
    private let perMinuteMax: Int?
    private let burst: Double
    private let clock: any WallClock
    private let bucket: Locked<Bucket>

    init(_ options: MetricStoreOptions, clock: any WallClock) {
        seriesMax = options.seriesMax
        perMinuteMax = options.newSeriesPerMinuteMax
        burst = Double(max(1, options.newSeriesBurst))
        self.clock = clock
        bucket = Locked(Bucket(tokens: Double(max(1, options.newSeriesBurst)), filledNanoseconds: clock.monotonicNanoseconds()))
    }

    /// Why not; nil takes a token. `seriesCount`: how many there are without it.
    func refusal(seriesCount: Int) -> RejectReason? {
        guard seriesCount < seriesMax else { return .tooManySeries }
        guard let perMinuteMax else { return nil }
        let now = clock.monotonicNanoseconds()
        return bucket.withLock { bucket in
            let seconds = Double(max(0, now - bucket.filledNanoseconds)) / 1e9
            bucket.tokens = min(burst, bucket.tokens + seconds * Double(perMinuteMax) / 60)
            bucket.filledNanoseconds = now
            guard bucket.tokens >= 1 else { return .tooManyNewSeries }
            bucket.tokens -= 1
            return nil
        }
    }
}
