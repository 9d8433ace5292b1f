import Foundation
import Foundations
import TestSupport
import Testing

private let fetchedClients = ProcessInfo.processInfo.environment["NIGHTJAR_TEST_CLIENTS"]

/// Log clients as they are, against the real binary: those that `make test-clients` fetches.
@Suite(.serialized, .enabled(if: fetchedClients != nil, "NIGHTJAR_TEST_CLIENTS names the folder that Clients/prepare.sh filled"))
struct LogClientTests {
    private static let scripts = Bundle.module.resourceURL!.appendingPathComponent("Clients").path
    private var python: String { "'\(fetchedClients ?? "")/venv/bin/python' -W ignore" }

    private func lines(_ bench: Bench, _ query: String, _ count: Int) async throws -> [String] {
        try await eventually {
            let lines = try await bench.probe.lines(query, startNanoseconds: bench.startNanoseconds, limit: 100).map(\.line)
            return lines.count >= count ? lines : nil
        } ?? []
    }

    @Test func pythonsLokiHandlerSends() async throws {
        let bench = try await Bench.start(logFiles: [])
        let run = try await CommandRun.shell("\(python) '\(Self.scripts)/loki-logging.py' \(bench.port)")
        #expect(run.code == 0, "\(run)")
        let found = try await lines(bench, #"{job="python-logging-loki"}"#, 3)
        #expect(found.count == 3 && found[0] == "payment 17 failed: timeout" && found[1] == "unicode ✓ and a \"quote\"", "\(found)")
        #expect(found.last?.hasSuffix("ValueError: a record of several lines") == true, "a stack trace stays one record")
        #expect(try await lines(bench, #"{job="python-logging-loki", service="payment"} | level="error""#, 1) == ["payment 17 failed: timeout"])
    }

    @Test(arguments: ["", "gzip"]) func theOpenTelemetrySDKSends(_ compression: String) async throws {
        let bench = try await Bench.start(logFiles: [])
        let run = try await CommandRun.shell("\(python) '\(Self.scripts)/otlp-logs.py' \(bench.port) \(compression)")
        #expect(run.code == 0, "\(run)")
        let found = try await lines(bench, #"{service_name="otlp-sdk", host_name="web-1"} | customer="7" | level="error""#, 1)
        #expect(found == ["order 42 refused (\(compression.isEmpty ? "none" : compression))"], "\(run)")
    }

    @Test func graypyAndFluentLoggerSend() async throws {
        let (gelf, fluent) = (freePort(), freePort())
        let bench = try await Bench.start(logFiles: [], arguments: ["--gelf-udp", "127.0.0.1:\(gelf)", "--fluent", "127.0.0.1:\(fluent)"])
        let run = try await CommandRun.shell("\(python) '\(Self.scripts)/gelf-and-fluent.py' \(gelf) \(fluent)")
        #expect(run.code == 0, "\(run)")
        #expect(try await lines(bench, #"{} |= "by graypy""#, 1).first?.count == 9010)
        #expect(try await lines(bench, #"{} |= "by fluent-logger" | level="warn""#, 1).count == 1)
    }

    @Test func syslogNGForwardsOverTCPAndUDP() async throws {
        let (udp, tcp) = (freePort(), freePort())
        let bench = try await Bench.start(logFiles: [], arguments: ["--syslog-udp", "127.0.0.1:\(udp)", "--syslog-tcp", "127.0.0.1:\(tcp)"])
        let (source, configuration) = (bench.directory.path("in.txt"), bench.directory.path("syslog-ng.conf"))
        try Bench.append(source, "first\nsecond\n")
        try Bench.append(configuration, """
            @version: 3.38
            source s { file("\(source)" flags(no-parse) program-override("syslogng") follow-freq(1)); };
            destination t { syslog("127.0.0.1" port(\(tcp)) transport("tcp")); };
            destination u { network("127.0.0.1" port(\(udp)) transport("udp")); };
            log { source(s); destination(t); destination(u); };

            """)
        let run = try await CommandRun.shell(
            "timeout --signal=KILL 8 '\(fetchedClients ?? "")/syslog-ng' -F --no-caps -f '\(configuration)' -R state -c control -p pid", in: bench.directory.path)
        #expect(try await lines(bench, #"{job="syslogng"}"#, 4).sorted() == ["first", "first", "second", "second"], "\(run)")
    }
}
