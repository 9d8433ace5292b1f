import Foundations
import TestSupport
import Testing

/// Tenants with the real binary: from the configuration file to the command line.
@Suite struct TenantTests {
    @Test func anAgentsDataReachesTheTenantItNamesAndNoOther() async throws {
        let directory = TemporaryDirectory("tenants")
        let port = freePort()
        let files = RealFileSystem()
        try files.replace(directory.path("collector.yml"), with: Array("tenants: {shop: {retention: {metrics: 1d}}, bank: {}, tiny: {limits: {series: 5}}}\nown_metrics: false\nrules: []\n".utf8))
        let destinations = "[{url: 'http://127.0.0.1:\(port)', tenant: shop}, {url: 'http://127.0.0.1:\(port)', tenant: tiny}]"
        let agent = "agent: {interval: 1s, logs: [\(directory.path)/*.txt], collectors: \(destinations)}\n"
        try files.replace(directory.path("agent.yml"), with: Array(agent.utf8))
        try files.replace(directory.path("a.txt"), with: [])
        let collector = NightjarProcess(
            ["collector", "--config", directory.path("collector.yml"), "--data", directory.path("data"), "--listen", "127.0.0.1:\(port)"],
            output: directory.path("collector.out"))
        let probe = CollectorProbe(port: port)
        try #require(try await probe.waitUntilReady(), "\(collector.output)")
        let sender = NightjarProcess(["agent", "--config", directory.path("agent.yml"), "--spool", directory.path("spool")], output: directory.path("agent.out"))
        let run = try await CommandRun.shell(
            """
            at="--url http://127.0.0.1:\(port)"
            for try in $(seq 150); do $NIGHTJAR query node_load1 $at --tenant shop > out 2> /dev/null && break; sleep 0.2; done
            grep -c . out
            $NIGHTJAR query node_load1 $at --tenant bank; echo $?
            $NIGHTJAR query node_load1 $at; echo $?
            $NIGHTJAR query node_load1 $at --tenant nobody; echo $?
            $NIGHTJAR metrics export $at --tenant shop | grep -c '^node_load1 \\|^node_load1{' > count && echo exported
            $NIGHTJAR metrics snapshot $at --tenant shop | cut -d/ -f 1-3
            """, in: directory.path)
        #expect(run.data == "1\n1\n1\n3\nexported\ntenants/shop/snapshots\n", "\(run) \(sender.output)")
        #expect(run.messages.contains("may not speak of a tenant \"nobody\""), "\(run)")
        // The limit of the tenant that has one holds for it alone, whatever the agent sends.
        let rejected = #"nightjar_collector_rejected_items_total{reason="too_many_series",tenant="#
        var figures = ""
        try await waitUntil(everyMilliseconds: 100) {
            figures = String(decoding: try await probe.get("/metrics").body, as: UTF8.self)
            return figures.contains(rejected)
        }
        #expect(figures.contains(rejected + #""tiny"}"#) && !figures.contains(rejected + #""shop"}"#), "\(sender.output)")
        #expect(figures.contains(#"nightjar_metric_store_head_series{tenant="tiny"} 5"#))
    }

    @Test func aStoppedCollectorsTenantsAreReachedByFolder() async throws {
        let directory = TemporaryDirectory("tenants")
        try RealFileSystem().replace(directory.path("in.txt"), with: Array(MetricTransferTests.text(start: MetricTransferTests.start).utf8))
        let run = try await CommandRun.shell(
            """
            set -e
            $NIGHTJAR metrics import --data a --tenant shop in.txt | cut -c 1-21
            $NIGHTJAR metrics export --data a || echo $?
            snapshot=$($NIGHTJAR metrics snapshot --data a --tenant shop)
            $NIGHTJAR metrics restore $snapshot --data a --tenant bank | cut -c 1-21
            $NIGHTJAR metrics export --data a --tenant shop > one.txt
            $NIGHTJAR metrics export --data a --tenant bank | cmp - one.txt && echo same
            $NIGHTJAR metrics restore $snapshot --data a > restored
            $NIGHTJAR check --data a --tenant bank
            $NIGHTJAR check --data a
            """, in: directory.path)
        #expect(
            run.data == """
                imported 2881 samples
                2
                restored 2881 samples
                same
                a/tenants/bank/metrics: metric store ok
                a/metrics: metric store ok
                a/tenants/bank/metrics: metric store ok
                a/tenants/shop/metrics: metric store ok

                """, "\(run)")
        #expect(run.code == 0, "\(run)")
    }

    @Test func aTokensLineSaysItsTenants() async throws {
        let run = try await CommandRun.shell("$NIGHTJAR token create a --scope read --tenant shop --tenant bank && $NIGHTJAR token create b --scope read && $NIGHTJAR token create c --scope read --tenant '*' ")
        let lines = run.data.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.map { $0.dropFirst(3) } == [["shop,bank"], [], ["*"]], "\(run)")
        #expect(try await CommandRun.shell("$NIGHTJAR token create a --scope read --tenant Shop").code == 64)
    }
}
