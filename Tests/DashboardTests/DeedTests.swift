import Foundations
import Terminal
import Testing

@testable import Dashboard

/// What people do to alerts and incidents.
@Suite struct DeedTests {
    let size = Size(columns: 120, rows: 40)

    func deeds(_ effects: [Effect]) -> [Deed] { effects.compactMap { if case .perform(let deed) = $0 { deed } else { nil } } }

    @Test func anAcknowledgementIsPendingUntilTheCollectorConfirmsIt() {
        var model = Fixtures.model(size)
        let made = deeds(Fixtures.type("2a", &model))
        #expect(made == [.acknowledge(fingerprint: "HostOutOfDisk-db1.example.org", comment: "", by: "ann")])
        #expect(Frame.render(model).text.contains("acknowledging"))
        _ = Reducer.reduce(&model, .done(made[0], silenceID: nil))
        // The answer to the request isn't the proof: the alert as the collector shows it is.
        #expect(!model.deeds.pending.isEmpty)
        var alerts = Fixtures.alerts
        alerts[0].acknowledgement = .init(kind: .acked, actor: "ann", at: Fixtures.now, comment: "")
        _ = Reducer.reduce(&model, .board(AlertBoard(alerts), of: nil))
        #expect(model.deeds.pending.isEmpty && Frame.render(model).text.contains("ack ann"))
        #expect(deeds(Fixtures.type("u", &model)) == [.unacknowledge(fingerprint: "HostOutOfDisk-db1.example.org", by: "ann")])
        #expect(deeds(Fixtures.type("u", &model)).isEmpty && model.notice == "there is nothing to take back")
    }

    @Test func aRefusedDeedIsSaidAndIsNoLongerPending() {
        var model = Fixtures.model(size)
        let made = deeds(Fixtures.type("2a", &model))
        _ = Reducer.reduce(&model, .deedFailed(made[0], .unauthorized(status: 403)))
        #expect(model.deeds.pending.isEmpty && model.notice.string.contains("403"))
    }

    @Test func severalAreMarkedAndAcknowledgedAtOnce() {
        var model = Fixtures.model(size)
        var alerts = Fixtures.alerts
        alerts.append(Fixtures.alert("HostDown", "critical", "web9", secondsAgo: 10))
        _ = Reducer.reduce(&model, .board(AlertBoard(alerts), of: nil))
        let made = deeds(Fixtures.type("2  A", &model) + Fixtures.type("on it\r", &model))
        #expect(Set(made.compactMap(\.fingerprint)) == ["HostOutOfDisk-db1.example.org", "HostDown-web9"] && made.allSatisfy { if case .acknowledge(_, "on it", _) = $0 { true } else { false } })
        #expect(model.marked.isEmpty)
        for deed in made { _ = Reducer.reduce(&model, .done(deed, silenceID: nil)) }
        #expect(deeds(Fixtures.type("u", &model)).count == 2)
    }

    @Test func aSilenceIsPreviewedBeforeItIsMade() {
        var model = Fixtures.model(size)
        Fixtures.type("2s", &model)
        #expect(Frame.render(model).text.contains("holds back 1 of 5 alerts"))
        #expect(deeds(Fixtures.type("\r", &model)).isEmpty && model.notice.string.contains("say why"))
        Fixtures.type("disk is swapped\t", &model)
        for _ in 0..<80 { _ = Reducer.reduce(&model, .input(.key(.backspace))) }
        Fixtures.type("severity=\"warning\"", &model)
        #expect(Frame.render(model).text.contains("holds back 3 of 5 alerts"))
        let made = deeds(Fixtures.type("\r", &model))
        guard case .silence(let draft, _, "ann")? = made.first else { return #expect(Bool(false), "no silence") }
        #expect(draft.durationMilliseconds == 7_200_000 && draft.comment == "disk is swapped" && model.deeds.pending.count == 1, "what is silenced or doesn't fire yet waits for nothing")
        _ = Reducer.reduce(&model, .done(made[0], silenceID: "s1"))
        #expect(deeds(Fixtures.type("u", &model)) == [.expireSilence(id: "s1")])
    }

    @Test(arguments: [("a=b", 1), (#"a="x, y", b!~"z|w" c!=d"#, 3), ("", nil), ("a", nil), (#"a="b"#, nil), (#"a=~"("#, nil)] as [(String, Int?)])
    func matchersAreRead(text: String, count: Int?) { #expect(MatcherEntry.parse(text)?.count == count) }

    @Test func onAWallNothingCanBeDone() {
        var model = Fixtures.model(size)
        model.access = .readOnly
        for keys in ["2a", "2s", "2x", "2c", "3n", "3R", "8n", "u"] {
            #expect(deeds(Fixtures.type(keys, &model)).isEmpty && model.mode == .keys && model.notice == "this dashboard is read-only")
        }
        #expect(!Frame.render(model).text.contains("a ack"))
    }

    @Test func thePastCanNotBeActedOn() {
        var model = Fixtures.model(size)
        Fixtures.type("2<", &model)
        _ = Reducer.reduce(&model, .board(Fixtures.alertBoard, of: model.moment.past))
        #expect(deeds(Fixtures.type("a", &model)).isEmpty && model.notice.string.contains("past"))
    }

    @Test func theLogsAroundAnAlertAreThoseWithinFiveMinutes() {
        var model = Fixtures.model(size)
        Fixtures.type("2l", &model)
        #expect(model.screen == .logs && model.logs.query == #"{instance="db1.example.org"}"#)
        let fired = Fixtures.alerts[0].activeAt
        #expect(model.span == .between(fired.advanced(byMilliseconds: -300_000), fired.advanced(byMilliseconds: 300_000)))
        Fixtures.type("[o", &model)
        #expect(model.screen == .hosts && model.openHost == "db1.example.org")
    }

    @Test func anIncidentIsExportedNotedAndResolved() {
        var model = Fixtures.model(size)
        Fixtures.type("3", &model)
        _ = Reducer.reduce(&model, .incidents(Fixtures.incidents))
        #expect(Fixtures.type("e\r", &model).contains(.exportIncident(id: 7, path: "incident-7.md")))
        #expect(deeds(Fixtures.type("nsaw it\r", &model)) == [.noteIncident(id: 7, text: "saw it", by: "ann")])
        #expect(deeds(Fixtures.type("R\r", &model)) == [.resolveIncident(id: 7, text: "", by: "ann")])
        Fixtures.type("8", &model)
        #expect(deeds(Fixtures.type("nall quiet\r", &model)) == [.handOver(schedule: "primary", text: "all quiet", by: "ann")])
    }

    @Test func theWallTurnsAndJumpsToWhatFires() {
        var model = Fixtures.model(size)
        var wall = Wall(now: model.now)
        var has = [wall.turn(&model), wall.alarm(&model)]
        #expect(has == [false, false])
        model.now = model.now.advanced(byMilliseconds: 15_000)
        has = [wall.turn(&model), wall.alarm(&model)]
        #expect(has == [true, false] && model.screen == .alerts)
        model.screen = .agents
        _ = Reducer.reduce(&model, .board(AlertBoard(Fixtures.alerts + [Fixtures.alert("Fire", "critical", "web1", secondsAgo: 1)]), of: nil))
        has = [wall.alarm(&model)]
        #expect(has == [true] && model.screen == .alerts && model.selectedAlert?.name == "Fire")
        model.now = model.now.advanced(byMilliseconds: 30_000)
        has = [wall.turn(&model)]
        #expect(has == [false])
    }
}
