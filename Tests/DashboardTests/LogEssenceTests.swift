import Foundations
import Model
import Terminal
import TestSupport
import Testing

@testable import Dashboard

/// What lists of log lines show of them.
@Suite struct LogEssenceTests {
    private func essence(_ line: String, _ level: LogLevel = .unknown) -> String {
        LogEssence.text(of: LogItem(timestamp: NanoTimestamp(nanoseconds: 1), level: level, stream: [], line: line)).string
    }

    @Test(arguments: [
        ("time=2026-11-21T23:06:35.295Z level=info component=collector msg=\"it listens\" port=80", "it listens component=collector port=80"),
        ("level=info msg=started", "started"), ("level=warn msg=started", "started level=warn"), ("port=80 host=\"a b\"", "port=80 host=\"a b\""),
        ("msg=\"say \\\"no\\\"\" a=1", "say \"no\" a=1"), ("a=\"open msg=x", "a=\"open msg=x"), ("a = b", "a = b"), ("level=info", "level=info"),
        (#"{"ts":1.5,"level":"INFO","msg":"paid","id":7,"who":"ann lee","more":{"a":[1]}}"#, "paid id=7 who=\"ann lee\" more=(nested)"),
        (#"{"level":"error","id":7}"#, "level=error id=7"), (#"{"level":"info","msg":"cut"#, #"{"level":"info","msg":"cut"#), ("{}", "{}"),
        ("2026-11-21T23:06:35.295Z level=info msg=\"it goes\" a=1", "it goes a=1"), (#"2026-11-21T23:06:35Z {"msg":"it goes","a":1}"#, "it goes a=1"),
        ("2026-11-21T23:06:35.295Z INFO GET / 200", "GET / 200"), ("2026/11/21 23:06:35 [info] 12#12: it goes", "12#12: it goes"),
        ("[2026-11-21 23:06:35,295] INFO: it goes", "it goes"), ("2026-11-21 23:06:35+01:00 it goes", "it goes"), ("2026-11-21 23:06:35x it goes", "2026-11-21 23:06:35x it goes"),
        ("INFO it goes", "it goes"), ("WARN it goes", "WARN it goes"), ("info for you", "info for you"), ("INFO", "INFO"), ("  indented", "  indented"), ("", ""),
    ])
    func aLineIsShownWithoutWhatStandsBeforeItAlready(line: String, shown: String) { #expect(essence(line, .info) == shown) }

    @Test func longLinesStandAsTheyCame() {
        let line = "level=info msg=" + String(repeating: "x", count: Limits.essenceBytes)
        #expect(essence(line, .info) == line)
    }

    /// Whatever a line is made of, no word of it is lost but times and levels.
    @Test(arguments: 0..<200 as Range<UInt64>) func wordsOfALineStay(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let parts = ["{", "}", "\"", "\\", "=", " ", ":", ",", "msg", "level", "info", "time", "2026-11-21T23:06:35Z", "[", "]", "größe", "\u{1B}[31m", "7"]
        let line = (0..<Int(random.next() % 30)).map { _ in parts[Int(random.next() % UInt64(parts.count))] }.joined()
        let shown = essence(line, .info)
        #expect(shown.isEmpty == line.isEmpty && !shown.contains("\u{1B}"))
        if line.contains("größe"), !line.contains("time"), !line.hasPrefix("{") { #expect(shown.contains("größe"), "\(line): \(shown)") }
    }

    @Test func wholeLinesAreAKeyAway() {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        _ = Reducer.reduce(&model, .input(.key(.character("5"), [])))
        model.logs.replace([LogItem(timestamp: NanoTimestamp(nanoseconds: 1_800_000_000_000_000_000), level: .info, stream: [], line: "level=info msg=started port=80")])
        #expect(Frame.render(model).text.contains("INFO started port=80"))
        _ = Reducer.reduce(&model, .input(.key(.character("r"), [])))
        #expect(Frame.render(model).text.contains("INFO level=info msg=started port=80"))
    }
}
