import Foundations

extension OnCallSchedule {
    /// A time in which the same person is on call for the same cause; without a duty nobody is.
    public struct Shift: Sendable, Hashable {
        public var start: Timestamp
        public var end: Timestamp
        public var duty: Duty?
    }

    /// The shifts of a time, cut off at its ends, one after another without a hole.
    public func shifts(from start: Timestamp, to end: Timestamp) -> [Shift] {
        var shifts: [Shift] = []
        for (from, to) in Self.pairs([start] + changes(from: start, to: end) + [end]) where from < to {
            let duty = duty(at: from)
            if let last = shifts.last, last.duty == duty { shifts[shifts.count - 1].end = to } else { shifts.append(Shift(start: from, end: to, duty: duty)) }
        }
        return shifts
    }

    /// The hours that nobody covers.
    public func gaps(from start: Timestamp, to end: Timestamp) -> [Range<Timestamp>] {
        var gaps: [Range<Timestamp>] = []
        for shift in shifts(from: start, to: end) where shift.duty == nil { gaps.append(shift.start..<shift.end) }
        return gaps
    }

    /// All moments within a time at which another may be on call, each once and in order.
    private func changes(from start: Timestamp, to end: Timestamp) -> [Timestamp] {
        var changes = Set(overrides.flatMap { [$0.start, $0.end] })
        for layer in layers {
            changes.formUnion(layer.rotation.changes(from: start, to: end))
            if let end = layer.end { changes.insert(end) }
            for restriction in layer.restrictions {
                for window in restriction.windows(from: start, to: end, layer.rotation.zone) { changes.formUnion([window.lowerBound, window.upperBound]) }
            }
        }
        return changes.filter { start < $0 && $0 < end }.sorted()
    }

    private static func pairs(_ moments: [Timestamp]) -> Zip2Sequence<[Timestamp], ArraySlice<Timestamp>> { zip(moments, moments.dropFirst()) }
}
