import Foundations

/// Which of the moments is meant at which the wall shows a time that comes twice, because the clock is set back.
public enum Occurrence: Sendable {
    case first, last
}

extension ZoneClock {
    /// What the wall shows at a moment.
    public func localTime(at moment: Timestamp) -> LocalTime {
        let reading = reading(at: moment)
        return LocalTime(LocalDate(days: TimestampText.days(reading.year, reading.month, reading.day)), minuteOfDay: reading.minuteOfDay)
    }

    /// The moments at which the wall shows a time: none where the clock skips it, two where it is set back over it.
    public func moments(of time: LocalTime) -> [Timestamp] {
        let wall = time.date.days * 86_400 + Int64(time.minuteOfDay) * 60
        return offsets(around: wall).map { Timestamp(seconds: wall - $0) }.filter { offsetSeconds(at: $0) == wall - $0.milliseconds / 1000 }.sorted()
    }

    /// The moment of a time on the wall; for one that the clock skips, the moment at which it does.
    public func moment(of time: LocalTime, _ occurrence: Occurrence) -> Timestamp {
        let found = moments(of: time)
        if let moment = occurrence == .first ? found.first : found.last { return moment }
        let wall = time.date.days * 86_400 + Int64(time.minuteOfDay) * 60
        let offsets = offsets(around: wall)
        // The clock jumps from the smaller offset to the larger one between these two.
        var (before, after) = (wall - offsets.max()!, wall - offsets.min()!)
        let offsetBefore = offsetSeconds(at: Timestamp(seconds: before))
        while after - before > 1 {
            let middle = before + (after - before) / 2
            if offsetSeconds(at: Timestamp(seconds: middle)) == offsetBefore { before = middle } else { after = middle }
        }
        return Timestamp(seconds: after)
    }

    /// Offsets lie within a day of UTC: those before and after a time are all that can apply.
    private func offsets(around wall: Int64) -> Set<Int64> {
        let (before, after) = (offsetSeconds(at: Timestamp(seconds: wall - 86_400)), offsetSeconds(at: Timestamp(seconds: wall + 86_400)))
        return before == after ? [before] : [before, after]
    }
}
