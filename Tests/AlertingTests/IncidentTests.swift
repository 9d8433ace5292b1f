import Foundations
import Model
import TestSupport
import Testing

@testable import Alerting

@Suite struct IncidentTests {
    let folder = TemporaryDirectory("incidents")
    let clock = ManualClock(milliseconds: 1_700_000_000_000)
    let evaluator = FakeEvaluator()

    private func service() async throws -> AlertingService {
        let options = AlertingOptions(
            ruleGlobs: [], databasePath: folder.path("a.db"), externalURL: "http://n", receivers: [Harness.hook("hook")],
            route: Route(receiver: "hook", groupBy: ["team"]))
        let service = try AlertingService(
            options: options, evaluator: evaluator, write: { _ in }, clock: clock, logger: silentLogger,
            deliverer: { _ in FakeDeliverer { _ in DeliveryReply(status: 200) } })
        try await service.start()
        return service
    }

    private func alert(_ name: String, _ labels: [String: String] = [:], endsNow: Bool = false) -> PostedAlert {
        let all = labels.merging(["alertname": name]) { $1 }
        return PostedAlert(
            labels: Labels(all.map { (name: $0.key, value: $0.value) }), annotations: [NamedText(name: "summary", text: "\(name) is wrong"), NamedText(name: "runbook", text: "r.md")],
            endsAt: endsNow ? clock.nowMilliseconds() : Timestamp(milliseconds: 1_800_000_000_000))
    }

    private func pass(_ service: AlertingService, seconds: Int64 = 0) async {
        clock.advance(milliseconds: seconds * 1000)
        await service.deliverDue()
        await service.followIncidentsOnce()
    }

    @Test func aGroupOpensOneIncidentThatItsAlertsJoinAndThatEndsWithThem() async throws {
        let service = try await service()
        _ = try await service.post([alert("Down", ["team": "a", "instance": "x", "severity": "warning"])])
        await pass(service, seconds: 1)
        _ = try await service.post([alert("Down", ["team": "a", "instance": "y", "severity": "critical"]), alert("Down", ["team": "b"]), alert("Quiet", ["severity": "none"])])
        await pass(service, seconds: 1)
        var open = try await service.incidents(.open)
        #expect(open.map(\.alerts.count) == [1, 2])
        let first = open[1]
        #expect(first.severity == "critical" && first.title == "Down: Down is wrong" && first.runbook == "r.md")
        _ = try await service.post(["x", "y"].map { alert("Down", ["team": "a", "instance": $0, "severity": $0 == "x" ? "warning" : "critical"], endsNow: true) })
        await pass(service, seconds: 60)
        #expect(try await service.incident(first.id).incident.state == .open, "a lull isn't the end")
        await pass(service, seconds: 300)
        let ended = try await service.incident(first.id).incident
        #expect(ended.state == .resolved && ended.resolvedBy.isEmpty && ended.alerts.allSatisfy { $0.resolvedAt != nil })
        // Within half an hour it is the same incident, later another one.
        _ = try await service.post([alert("Down", ["team": "a", "instance": "x", "severity": "warning"])])
        await pass(service, seconds: 1)
        #expect(try await service.incident(first.id).incident.state == .open)
        _ = try await service.post([alert("Down", ["team": "a", "instance": "x", "severity": "warning"], endsNow: true)])
        await pass(service)
        await pass(service, seconds: 301)
        clock.advance(milliseconds: 1_800_000)
        _ = try await service.post([alert("Down", ["team": "a", "instance": "x", "severity": "warning"])])
        await pass(service, seconds: 1)
        open = try await service.incidents(.open)
        #expect(open.contains { $0.groupKey == first.groupKey && $0.id != first.id })
    }

    @Test func theTimelineHasPagesAttemptsAcksNotesAndDeployments() async throws {
        var service: AlertingService? = try await service()
        evaluator.set("deployment_timestamp_seconds", [(["__name__": "deployment_timestamp_seconds", "service": "cart"], 1_699_999_990)])
        await service!.lookForDeployments()
        _ = try await service!.post([alert("Down", ["team": "a", "severity": "critical"])])
        await pass(service!, seconds: 1)
        await pass(service!, seconds: 1)
        let id = try #require(try await service!.incidents(.open).first?.id)
        try await service!.acknowledge("Down", Action(actor: "anna", comment: "looking"))
        try await service!.setIncidentRole(id, role: "commander", person: "anna", by: "bob")
        try await service!.noteIncident(id, Action(actor: "bob", comment: "the <b>disk</b> | is full"))
        try await service!.markDeployment(["service": "shop", "version": "2"], at: nil)
        await pass(service!, seconds: 5)
        // A restart loses none of it.
        service = nil
        let again = try await self.service()
        await pass(again)
        let (incident, timeline) = try await again.incident(id)
        #expect(incident.roles.map(\.person) == ["anna"])
        for kind in ["opened", "firing", "page_queued", "attempt", "acknowledged", "role", "note", "deployment"] { #expect(timeline.contains { $0.kind == kind }, "\(kind)") }
        #expect(timeline.filter { $0.kind == "deployment" }.map(\.text) == [#"deployed {service="cart"}"#, #"deployed {service="shop", version="2"}"#])
        #expect(timeline.map(\.at) == timeline.map(\.at).sorted())
        #expect(timeline.filter { $0.kind == "opened" }.count == 1, "the event log is followed once")
        let text = try await again.exportIncident(id)
        #expect(text.hasPrefix("# Incident \(id): Down: Down is wrong\n"))
        for part in ["| Commander | anna |", "| Scribe | nobody |", "| First page |", "| Acknowledged |", "the &lt;b>disk&lt;/b> \\| is full", "## What will be done"] { #expect(text.contains(part), "\(part) in \(text)") }
    }

    @Test func aMergedIncidentGoesOnAsTheOther() async throws {
        let service = try await service()
        _ = try await service.post([alert("A", ["team": "a"]), alert("B", ["team": "b", "severity": "critical"])])
        await pass(service, seconds: 1)
        let (b, a) = (try await service.incidents()[0].id, try await service.incidents()[1].id)
        try await service.mergeIncident(b, into: a, Action(actor: "anna"))
        _ = try await service.post([alert("B", ["team": "b", "instance": "2"])])
        await pass(service, seconds: 1)
        let merged = try await service.incident(a).incident
        #expect(merged.alerts.count == 3 && merged.severity == "critical")
        #expect(try await service.incident(b).incident.mergedInto == a)
        await #expect(throws: IncidentError.self) { try await service.mergeIncident(a, into: b, Action(actor: "anna")) }
        await #expect(throws: IncidentError.unknown(99)) { try await service.resolveIncident(99, Action(actor: "anna")) }
        try await service.resolveIncident(a, Action(actor: "anna", comment: "done"))
        _ = try await service.post([alert("A", ["team": "a", "instance": "3"])])
        await pass(service, seconds: 1)
        #expect(try await service.incidents(.open).map(\.id) == [3], "what a person ended isn't opened again")
    }

    @Test func aStormOpensOneIncidentForWhatIsTooMany() async throws {
        let service = try await service()
        _ = try await service.post((0..<1000).map { alert("A\($0)", ["team": "t\($0)"]) })
        await pass(service)
        let incidents = try await service.incidents(.open)
        #expect(incidents.count == Limits.incidentsPerMinuteMax + 1)
        #expect(incidents.reduce(0) { $0 + $1.alerts.count } == 1000)
    }
}
