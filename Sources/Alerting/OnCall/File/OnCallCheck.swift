import Foundations
import Model
import Settings

extension OnCallFile {
    /// What is wrong with schedules from a moment on: hours that nobody covers within 90 days, and local times that don't exist within a year.
    public func problems(at now: Timestamp) -> [SettingsProblem] {
        let problems = schedules.flatMap { schedule in
            schedule.layers.flatMap { missingTimes($0, schedule, now) } + (schedule.allowsGaps ? [] : gapProblems(schedule, now))
        }
        return problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    private func gapProblems(_ schedule: OnCallSchedule, _ now: Timestamp) -> [SettingsProblem] {
        let gaps = schedule.gaps(from: now, to: now.advanced(byMilliseconds: Limits.gapCheckMilliseconds))
        if gaps.isEmpty { return [] }
        let hours = gaps.reduce(0.0) { $0 + Double($1.upperBound.milliseconds - $1.lowerBound.milliseconds) / 3_600_000 }
        let zone = schedule.zone
        let listed = gaps.prefix(Limits.gapsListedMax).map { "\(zone.localTime(at: $0.lowerBound)) to \(zone.localTime(at: $0.upperBound))" }
        let more = gaps.count > listed.count ? " and \(gaps.count - listed.count) more times" : ""
        let total = (hours * 10).rounded() / 10
        return [
            problem(
                "schedule \(schedule.name)", "nobody is on call in \(schedule.name) for \(total) hours of the next 90 days: \(listed.joined(separator: ", "))\(more) (\(zone.name))",
                remedy: "add a layer that covers them, or `allow_gaps: true` where they are meant")
        ]
    }

    /// Handovers and edges of restrictions that fall into an hour which the clock skips.
    private func missingTimes(_ layer: OnCallSchedule.Layer, _ schedule: OnCallSchedule, _ now: Timestamp) -> [SettingsProblem] {
        let zone = layer.rotation.zone
        let today = zone.localTime(at: now).date
        var wanted: [(what: String, time: LocalTime)] = []
        for day in 0..<Limits.handoverCheckDays {
            let date = today + day
            let start = layer.rotation.start
            if case .days(let days) = layer.rotation.cadence, date >= start.date, (date.days - start.date.days) % Int64(days) == 0 {
                wanted.append(("the handover", LocalTime(date, minuteOfDay: start.minuteOfDay)))
            }
            for restriction in layer.restrictions where restriction.weekdays.contains(date.weekday) {
                wanted.append(("a restriction's start", LocalTime(date, minuteOfDay: restriction.fromMinute)))
                wanted.append(("a restriction's end", LocalTime(date + restriction.daysLater, minuteOfDay: restriction.toMinute)))
            }
        }
        var seen: Set<String> = []
        return wanted.filter { zone.moments(of: $0.time).isEmpty && seen.insert($0.what).inserted }.map { what, time in
            problem(
                "schedule \(schedule.name)", "\(what) of layer \(quoted(SafeText(layer.name).string)) at \(time) doesn't exist in \(zone.name): the clock is set forward over it",
                remedy: "choose a time outside of the hour that is skipped")
        }
    }
}
