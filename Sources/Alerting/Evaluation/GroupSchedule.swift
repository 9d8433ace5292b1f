import Foundations

/// When a group is due: multiples of its interval, moved by an offset of its own so that not all groups run at once.
struct GroupSchedule: Sendable {
    let intervalMilliseconds: Int64
    let offsetMilliseconds: Int64

    /// The offset is a hash of `key`, the same in every run.
    init(key: String, intervalMilliseconds: Int64) {
        self.intervalMilliseconds = intervalMilliseconds
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash ^= hash >> 29
        offsetMilliseconds = Int64(hash % UInt64(intervalMilliseconds))
    }

    /// The last tick at or before a moment.
    func tick(atOrBefore moment: Timestamp) -> Timestamp {
        let since = moment.milliseconds - offsetMilliseconds
        let quotient = since >= 0 ? since / intervalMilliseconds : -((-since + intervalMilliseconds - 1) / intervalMilliseconds)
        return Timestamp(milliseconds: quotient * intervalMilliseconds + offsetMilliseconds)
    }

    /// The first tick after a moment.
    func tick(after moment: Timestamp) -> Timestamp { tick(atOrBefore: moment).advanced(byMilliseconds: intervalMilliseconds) }

    /// Ticks that lie between two, both left out.
    func missed(between last: Timestamp, and next: Timestamp) -> Int64 {
        max(0, (next.milliseconds - last.milliseconds) / intervalMilliseconds - 1)
    }
}
