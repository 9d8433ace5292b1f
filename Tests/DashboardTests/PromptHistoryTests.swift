import Foundations
import Glibc
import Terminal
import TestSupport
import Testing

@testable import Dashboard

@Suite struct PromptHistoryTests {
    @Test func whatWasTypedIsThereInTheNextRunAndTheOwnersAlone() throws {
        let folder = TemporaryDirectory("history")
        let history = PromptHistory(path: folder.path("state/nightjar/dash-history"))
        #expect(try history.read().isEmpty)
        try history.add("host web1", .command)
        try history.add("level:error", .logQuery)
        // Another dashboard's.
        try PromptHistory(path: history.path).add("host web2", .command)
        try history.add("host web1", .command)
        try history.add("the database is ann's", .acknowledge)
        let kept = try history.read()
        #expect(kept == [.command: ["host web2", "host web1"], .logQuery: ["level:error"]])
        var status = stat()
        #expect(stat(history.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func linesAreBoundedAndRubbishIsLeftOut() throws {
        let folder = TemporaryDirectory("history")
        let path = folder.path("dash-history")
        try RealFileSystem().replace(path, with: Array("rubbish\n\nother\tthing\ncommand\tquit\ncommand\t\n".utf8))
        let history = PromptHistory(path: path)
        #expect(try history.read() == [.command: ["quit"]])
        for number in 0..<Limits.historyLines + 5 { try history.add("host \(number)", .command) }
        let lines = try #require(try history.read()[.command])
        #expect(lines.count == Limits.historyLines && lines.last == "host \(Limits.historyLines + 4)")
    }

    @Test func linesOfEarlierRunsComeBeforeThoseOfThisOne() {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        Fixtures.type(":host web1\r", &model)
        #expect(Reducer.reduce(&model, .input(.key(.character(":")))).isEmpty)
        _ = Reducer.reduce(&model, .histories([.command: ["time 1h", "host web1", "host db1"]]))
        #expect(model.histories[.command] == ["time 1h", "host db1", "host web1"])
    }

    @Test func aLineThatIsEnteredIsRememberedUnlessItIsAComment() {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        Fixtures.type(":time 1h", &model)
        #expect(Reducer.reduce(&model, .input(.key(.enter))).contains(.remember("time 1h", .command)))
        Fixtures.type("2A" + "a comment", &model)
        #expect(!Reducer.reduce(&model, .input(.key(.enter))).contains { if case .remember = $0 { true } else { false } })
    }
}
