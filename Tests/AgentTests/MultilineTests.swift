@testable import Agent
import Foundations
import Logging
import Model
import TestSupport
import Testing
import Wire

@Suite struct RecordGathererTests {
    /// The records that lines make when all are there.
    private func records(_ text: String, _ rules: MultilineRules = .automatic) -> [String] {
        var records: [String] = []
        var gatherer: RecordGatherer?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let bytes = Array(line.utf8)
            if bytes.withUnsafeBytes({ gatherer?.takes($0) ?? false }) {
                records[records.count - 1] += "\n" + line
            } else {
                records.append(String(line))
                gatherer = bytes.withUnsafeBytes { RecordGatherer(first: $0, rules: rules) }
            }
        }
        return records
    }

    @Test(arguments: [
        """
        2024-05-01 12:00:00 ERROR [main] c.e.App - request failed
        java.lang.IllegalStateException: no cart
        \tat com.example.Cart.get(Cart.java:12)
        \tat com.example.App.main(App.java:3)
        Caused by: java.io.IOException: gone
        \tat com.example.Disk.read(Disk.java:7)
        \t... 23 more
        """,
        """
        Exception in thread "main" java.lang.Error: x
        \tat a.b(C.java:1)
        """,
        """
        ERROR:root:failed
        Traceback (most recent call last):
          File "a.py", line 1, in <module>
            f()
        KeyError: 'x'

        During handling of the above exception, another exception occurred:

        Traceback (most recent call last):
          File "a.py", line 3, in <module>
            g()
        requests.exceptions.ConnectionError: refused
        """,
        """
        app.rb:12:in `charge': boom (RuntimeError)
        \tfrom app.rb:20:in `block in run'
        \tfrom app.rb:18:in `<main>'
        """,
        """
        panic: runtime error: index out of range [5] with length 3

        goroutine 1 [running]:
        main.handle({0xc000012345, 0x3})
        \t/srv/main.go:12 +0x1d
        created by main.main in goroutine 1
        \t/srv/main.go:7 +0x2a
        exit status 2
        """,
        """
        TypeError: Cannot read properties of undefined
            at Object.<anonymous> (/srv/a.js:1:2)
            at node:internal/main:23:47
        """,
        """
        PHP Fatal error:  Uncaught Exception: x in /srv/a.php:3
        Stack trace:
        #0 /srv/a.php(7): f()
        #1 {main}
          thrown in /srv/a.php on line 3
        """,
        """
        config loaded {
          "a": 1
        }
        """,
    ])
    func aStackTraceIsOneRecord(trace: String) {
        let text = "2024-05-01 11:59:59 INFO before\n\(trace)\n2024-05-01 12:00:01 INFO after\nplain line"
        #expect(records(text) == ["2024-05-01 11:59:59 INFO before", trace, "2024-05-01 12:00:01 INFO after", "plain line"])
    }

    @Test func plainLinesAreRecordsOfTheirOwn() {
        let text = "one\ntwo\n\nthree: four\nERROR five\n}\njava is a language\n2024-05-01 x"
        #expect(records(text) == ["one", "two", "", "three: four", "ERROR five", "}", "java is a language", "2024-05-01 x"])
        #expect(records("  a\n  b\n  c") == ["  a", "  b", "  c"])
    }

    @Test func aStartPatternSaysWhereRecordsBegin() throws {
        let rules = MultilineRules.start(try RegularExpression("^\\d{4}-"))
        #expect(records("2024-1 a\nb\n c\n2024-2 d", rules) == ["2024-1 a\nb\n c", "2024-2 d"])
    }

    @Test func aRecordIsBoundedInItsLines() {
        let text = "first\n" + Array(repeating: " more", count: 2500).joined(separator: "\n")
        #expect(records(text).map { $0.split(separator: "\n").count }.prefix(2) == [1000, 1])
    }
}

@Suite struct MultilineTailingTests {
    private let disk = SimulatedFileSystem(seed: 1)
    private let clock = ManualClock(milliseconds: 1_700_000_000_000)
    private let counters = Locked(AgentCounters())

    private func makeTailer(_ positions: SourcePositions = SourcePositions()) -> Tailer {
        var options = TailOptions(
            sources: [.init(glob: Glob("/log/*.log"), job: "files", isOwn: false)], excludedDirectories: [], labels: [:], isFirstStart: true, zoneOffsetSeconds: 0)
        options.multiline = .automatic
        let tailer = Tailer(options: options, files: disk, clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, counters: counters)
        var batch = LogBatch()
        tailer.start(positions, into: &batch)
        return tailer
    }

    private func append(_ text: String) throws {
        clock.advance(milliseconds: 1)
        try disk.createDirectory("/log")
        let file = try disk.open("/log/a.log", .readWrite)
        try file.write(Array(text.utf8), at: file.sizeBytes())
    }

    private func read(_ tailer: Tailer) -> [LogRecord] {
        var batch = LogBatch()
        clock.advance(milliseconds: 250)
        while tailer.read(into: &batch) {}
        return batch.records
    }

    @Test func theLastRecordWaitsForItsLines() throws {
        try append("one\ntwo\n")
        let tailer = makeTailer()
        #expect(read(tailer).map(\.body) == ["one"])
        try append("\tat a\n")
        #expect(read(tailer).isEmpty)
        try append("\tat b\n")
        #expect(read(tailer).isEmpty)
        #expect(read(tailer).map(\.body) == ["two\n\tat a\n\tat b"])
        #expect(read(tailer).isEmpty)
        try append("three\n")
        #expect(read(tailer).isEmpty)
        #expect(read(tailer).map(\.body) == ["three"])
    }

    @Test func whatIsHeldIsReadAgainAfterARestart() throws {
        try append("one\ntwo\n")
        let tailer = makeTailer()
        var batch = LogBatch()
        clock.advance(milliseconds: 250)
        while tailer.read(into: &batch) {}
        #expect(batch.records.map(\.body) == ["one"])
        var positions = SourcePositions()
        positions.apply(Array(batch.positions.values))
        let again = makeTailer(positions)
        #expect(read(again).isEmpty)
        #expect(read(again).map(\.body) == ["two"])
    }

    @Test func secretsAreTakenOutBeforeALineIsKept() throws {
        try append("login password=hunter2 card 4111 1111 1111 1111\n")
        let tailer = makeTailer()
        _ = read(tailer)
        let record = try #require(read(tailer).first)
        #expect(record.body == "login password=[redacted] card **** **** **** 1111")
        #expect(record.field("password") == .string("[redacted]"))
        #expect(counters.withLock { ($0.redacted[.keys], $0.redacted[.cards]) } == (1, 1))
    }
}
