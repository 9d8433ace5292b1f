import Foundations
import Terminal
import Testing

@testable import Dashboard

/// Ranges, and the past.
@Suite struct TimeTests {
    let now = Fixtures.now

    @Test(arguments: [
        ("15m", TimeEntry.span(.last(seconds: 900))), ("last 6h", .span(.last(seconds: 21_600))), ("now", .live), ("at -2h", .moment(Fixtures.now.advanced(byMilliseconds: -7_200_000))),
        ("at 03:00", .moment(Timestamp(seconds: 1_799_982_000))), ("03:00 to 04:00", .span(.between(Timestamp(seconds: 1_799_982_000), Timestamp(seconds: 1_799_985_600)))),
        // Later than now: it was yesterday.
        ("at 23:00", .moment(Timestamp(seconds: 1_799_967_600))), ("2027-01-14 12:00 to now", .span(.between(Timestamp(seconds: 1_799_928_000), Fixtures.now))), ("soon", nil), ("04:00 to 03:00", nil), ("", nil),
    ] as [(String, TimeEntry?)])
    func timesAreReadAsPeopleWriteThem(text: String, entry: TimeEntry?) { #expect(TimeEntry(text, now: now, zoneOffsetSeconds: 0) == entry) }

    @Test func zoomingStepsThroughRoundRangesAndBack() {
        var span = TimeSpan.standard
        for _ in 0..<20 { span = span.zoomed(1) }
        #expect(span == .last(seconds: TimeSpan.steps.last!))
        for _ in 0..<20 { span = span.zoomed(-1) }
        #expect(span == .last(seconds: 60))
        #expect(TimeSpan.between(Timestamp(seconds: 0), Timestamp(seconds: 3600)).zoomed(-1) == .between(Timestamp(seconds: 1350), Timestamp(seconds: 2250)))
    }

    @Test func rewindingAsksForTheAlertsAndIncidentsOfThen() {
        var model = Fixtures.model(Size(columns: 120, rows: 40))
        Fixtures.type("3", &model)
        _ = Reducer.reduce(&model, .incidents(Fixtures.incidents))
        Fixtures.type("tat -1h\r", &model)
        let then = now.advanced(byMilliseconds: -3_600_000)
        #expect(model.moment == .past(then, isPlaying: false) && model.needs.contains(.boardAt(then)) && !model.needs.contains(.board))
        #expect(model.shownIncidents.map(\.id) == [6])
        // What comes for another moment isn't shown.
        _ = Reducer.reduce(&model, .board(AlertBoard([]), of: nil))
        #expect(model.board?.items.count == 5)
        _ = Reducer.reduce(&model, .board(AlertBoard([]), of: then))
        #expect(model.board?.items.isEmpty == true && Frame.render(model).text.contains("AS OF 2027-01-15 07:00:00"))
        Fixtures.type(".", &model)
        #expect(model.moment == .live && model.needs.contains(.board))
    }

    @Test func thePastPlaysForwardUntilItIsNow() {
        var model = Fixtures.model(Size(columns: 120, rows: 40))
        Fixtures.type("<P", &model)
        guard case .past(let start, true) = model.moment else { return #expect(Bool(false), "it doesn't play") }
        #expect(start == now.advanced(byMilliseconds: -225_000))
        _ = Reducer.reduce(&model, .tick(now.advanced(byMilliseconds: 1000)))
        #expect(model.moment == .past(start.advanced(byMilliseconds: 15_000), isPlaying: true))
        for second in 2..<30 { _ = Reducer.reduce(&model, .tick(now.advanced(byMilliseconds: Int64(second) * 1000))) }
        #expect(model.moment == .live)
    }

    @Test func anIncidentThatEndedLaterWasOpenThen() {
        let incident = Fixtures.incidents[1].asOf(now.advanced(byMilliseconds: -79_500_000))
        #expect(incident?.state == "open" && incident?.resolvedAt == nil)
        #expect(Fixtures.incidents[1].asOf(now.advanced(byMilliseconds: -81_000_000)) == nil)
    }

    @Test func aDragOverAChartZoomsToIt() {
        var model = Fixtures.model(Size(columns: 120, rows: 40))
        Fixtures.type("4\r", &model)
        _ = Reducer.reduce(&model, .host(Fixtures.detail(.summary)))
        let chart = Layout.charts(model)[0]
        _ = Reducer.reduce(&model, .input(.mouse(MouseEvent(action: .press(button: 0), x: chart.x, y: chart.y + 1))))
        _ = Reducer.reduce(&model, .input(.mouse(MouseEvent(action: .release(button: 0), x: chart.x + chart.width / 2, y: chart.y + 1))))
        guard case .between(let start, let end) = model.span else { return #expect(Bool(false), "not zoomed") }
        #expect(start == now.advanced(byMilliseconds: -900_000) && abs(end.milliseconds - start.milliseconds - 450_000) < 20_000)
    }
}
