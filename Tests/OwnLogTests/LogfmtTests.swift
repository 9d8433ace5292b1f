import Foundations
import Logging
import TestSupport
import Testing

@testable import OwnLog

@Test func anEntryIsOneSafeLine() throws {
    let directory = TemporaryDirectory("log")
    let sink = OwnLogSink(path: directory.path("own.log"), toStandardError: false)
    var logger = Logger(label: "agent") { LogfmtHandler(label: $0, sink: sink, clock: ManualClock(milliseconds: 1_767_322_984_567)) }
    logger[metadataKey: "file"] = "/var/log/a b.log"
    logger.warning("it said \"no\"\u{1B}[2J\nand left", metadata: ["count": "3"])
    let text = String(decoding: try RealFileSystem().readAll(directory.path("own.log"), bytesMax: 4096), as: UTF8.self)
    #expect(text == "time=2026-01-02T03:03:04.567Z level=warn component=agent msg=\"it said \\\"no\\\"␛[2J␊and left\" count=3 file=\"/var/log/a b.log\"\n")
}

@Test func aFullFileIsRenamedAndAFreshOneBegun() throws {
    let directory = TemporaryDirectory("log")
    let sink = OwnLogSink(path: directory.path("own.log"), toStandardError: false)
    let logger = Logger(label: "x") { LogfmtHandler(label: $0, sink: sink) }
    let long = String(repeating: "x", count: 1 << 20)
    for _ in 0..<11 { logger.info("\(long)") }
    #expect(try RealFileSystem().information(directory.path("own.log"))!.sizeBytes < OwnLogSink.fileBytesMax)
    #expect(try RealFileSystem().information(directory.path("own.log.1"))!.sizeBytes >= OwnLogSink.fileBytesMax)
}
