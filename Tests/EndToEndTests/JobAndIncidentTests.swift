import Foundation
import Foundations
import TestSupport
import Testing

/// Jobs under `nightjar beat`, incidents and replays, with the real binary.
@Suite(.serialized) struct JobAndIncidentTests {
    @Test func aJobKeepsItsOutputExitCodeAndSignalsWithoutACollector() async throws {
        let nobody = "--url http://127.0.0.1:\(freePort())"
        let directory = TemporaryDirectory("beat")
        let kept = try await CommandRun.shell("printf in | $NIGHTJAR beat job \(nobody) -- sh -c 'cat; echo err >&2; exit 7'", in: directory.path)
        #expect(kept.code == 7 && kept.data == "in", "\(kept)")
        #expect(kept.messages.contains("err\n") && kept.messages.contains("the collector wasn't told of its end (job job): can't reach the collector"), "\(kept)")
        let missing = try await CommandRun.shell("$NIGHTJAR beat job \(nobody) -- /no/such/command")
        #expect(missing.code == 127 && missing.messages.contains("can't run /no/such/command"), "\(missing)")
        let stopped = try await CommandRun.shell("$NIGHTJAR beat job \(nobody) -- sh -c 'trap \"echo asked; exit 9\" TERM; echo up; while :; do sleep 0.1; done' & sleep 1; kill -TERM $!; wait $!")
        #expect(stopped.code == 9 && stopped.data == "up\nasked\n", "\(stopped)")
        let wrong = try await CommandRun.shell("$NIGHTJAR beat 'a b' -- true; echo $?; $NIGHTJAR beat job; echo $?; $NIGHTJAR beat job --cron '61 * * * *' -- true; echo $?")
        #expect(wrong.data == "64\n64\n64\n", "\(wrong)")
    }

    @Test func aFailedJobIsPagedOpensAnIncidentAndBothEnd() async throws {
        let sink = WebhookSink()
        let bench = try await Bench.start(logFiles: [], receiver: sink.url)
        let url = "--url \(bench.probe.base)"
        let failed = try await CommandRun.shell("$NIGHTJAR beat backup --every 1h \(url) -- sh -c 'exit 3'; echo $?; $NIGHTJAR heartbeats \(url)")
        #expect(failed.code == 1 && failed.data.hasPrefix("3\n") && failed.data.contains("failed  backup  every 1h"), "\(failed)")
        let shown = try #require(try await eventually { () -> CommandRun? in
            let run = try await CommandRun.shell("$NIGHTJAR incidents role 1 commander anna \(url) && $NIGHTJAR incidents note 1 'looking at it' --by ben \(url) && $NIGHTJAR incidents show 1 \(url)")
            return run.code == 0 && run.data.contains("attempt 1 of the trigger") ? run : nil
        })
        for part in ["HeartbeatFailed", "commander: anna", "note ben  looking at it", "attempt 1 of the trigger to sink: status 200"] { #expect(shown.data.contains(part), "\(part) in \(shown)") }
        let exported = try await CommandRun.shell("$NIGHTJAR incidents export 1 \(url); $NIGHTJAR incidents export 99 \(url); echo $?")
        #expect(exported.data.hasPrefix("# Incident 1: HeartbeatFailed: The job backup failed with exit code 3\n") && exported.data.hasSuffix("1\n"), "\(exported)")
        let well = try await CommandRun.shell("$NIGHTJAR beat backup \(url) -- true && $NIGHTJAR heartbeats \(url) && $NIGHTJAR incidents resolve 1 \(url) && ! $NIGHTJAR incidents \(url)")
        #expect(well.code == 0 && well.data.contains("No incident is open."), "\(well)")
        let unknown = try await CommandRun.shell("curl -s -o /dev/null -w '%{http_code}' \(bench.probe.base)/api/v1/nightjar/heartbeats/typo")
        #expect(unknown.data == "400", "\(unknown)")
    }

    @Test func aReplayAsksARunningCollectorAndPagesNobody() async throws {
        let bench = try await Bench.start(logFiles: [])
        try RealFileSystem().replace(
            bench.directory.path("new.yml"),
            with: Array("groups:\n  - name: g\n    interval: 1s\n    rules:\n      - {alert: Always, expr: vector(1), labels: {severity: critical}}\n".utf8))
        try RealFileSystem().replace(
            bench.directory.path("routes.yml"),
            with: Array("route: {receiver: night}\nreceivers: [{name: night, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}]\n".utf8))
        let command = "$NIGHTJAR replay --rules \(bench.directory.path("new.yml")) --routes \(bench.directory.path("routes.yml")) --from -30s --url \(bench.probe.base)"
        let run = try await CommandRun.shell(command)
        #expect(run.code == 0 && run.data.firstMatch(of: /night +trigger/) != nil, "\(run)")
        #expect(run.data.contains("1 messages (1 pages) to 1 receivers; 1 alerts fired 1 times"), "\(run)")
        let json = try await CommandRun.shell(command + " --json")
        #expect(json.code == 0 && json.data.contains("\"receiver\":\"night\""), "\(json)")
        #expect(try await CommandRun.shell("$NIGHTJAR alerts --url \(bench.probe.base)").data == "No alert is pending or firing.\n")
    }
}
