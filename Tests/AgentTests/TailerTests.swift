@testable import Agent
import Foundations
import Glibc
import Logging
import Model
import TestSupport
import Testing

/// A tailer over a simulated disk, whose positions can be committed or not, and started again.
private final class Host {
    let disk: SimulatedFileSystem
    let clock = ManualClock(milliseconds: 1_700_000_000_000)
    let counters = Locked(AgentCounters())
    var tailer: Tailer!
    var durable = SourcePositions()
    /// What a collector would have, in order.
    var records: [LogRecord] = []
    var lines: [String] { records.map(\.body) }
    private let globs: [String]

    init(seed: UInt64 = 1, globs: [String] = ["/log/*.log"], starts: Bool = true) {
        disk = SimulatedFileSystem(seed: seed)
        self.globs = globs
        try! disk.createDirectory("/log")
        if starts { start(isFirst: true) }
    }

    func start(isFirst: Bool = false) {
        let options = TailOptions(
            sources: globs.map { .init(glob: Glob($0), job: "files", isOwn: false) }, excludedDirectories: ["/log/data"], labels: ["instance": "h"],
            isFirstStart: isFirst, zoneOffsetSeconds: 0)
        tailer = Tailer(options: options, files: disk, clock: clock, logger: silent, counters: counters)
        var batch = LogBatch()
        tailer.start(durable, into: &batch)
        commit(batch)
    }

    func commit(_ batch: LogBatch) {
        records += batch.records
        durable.apply(Array(batch.positions.values))
    }

    func scan() {
        clock.advance(milliseconds: 1000)
        tailer.scan()
    }

    /// Reads until there is nothing new.
    func read(commits: Bool = true) {
        clock.advance(milliseconds: 250)
        while true {
            var batch = LogBatch()
            let hasMore = tailer.read(into: &batch)
            if commits { commit(batch) }
            if !hasMore && batch.isEmpty { return }
        }
    }

    /// Long enough for rotated files to count as ended.
    func settle() {
        for _ in 0..<8 {
            scan()
            read()
        }
    }

    func append(_ path: String, _ text: String) { append(path, Array(text.utf8)) }
    func append(_ path: String, _ bytes: [UInt8]) {
        clock.advance(milliseconds: 1)
        let file = try! disk.open(path, .readWrite)
        try! file.write(bytes, at: file.sizeBytes())
    }
    func rename(_ path: String, _ destination: String) { try! disk.rename(path, to: destination) }
    func remove(_ path: String) {
        try! disk.remove(path)
        try! disk.synchronizeDirectory("/log")
    }
    func truncate(_ path: String) { try! disk.open(path, .readWrite).truncate(to: 0) }
    func copy(_ path: String, _ destination: String) { append(destination, try! disk.readAll(path, bytesMax: 1 << 24)) }
}

@Suite struct TailerTests {
    @Test func linesAreTakenOnceAndPartialOnesHeld() {
        let host = Host()
        host.append("/log/a.log", "one\r\ntw")
        host.scan()
        host.read()
        #expect(host.lines == ["one"])
        host.append("/log/a.log", "o\n\nthree\n")
        host.read()
        host.read()
        #expect(host.lines == ["one", "two", "three"])
        #expect(host.records[0].stream == ["instance": "h", "job": "files", "filename": "/log/a.log"])
    }

    @Test func rotationByRenameLosesNothing() {
        let host = Host()
        host.append("/log/a.log", "1\n2\n")
        host.scan()
        host.read()
        host.append("/log/a.log", "3\n")
        host.rename("/log/a.log", "/log/a.log.1")
        host.append("/log/a.log.1", "4\nlast without end")
        host.append("/log/a.log", "5\n")
        host.settle()
        #expect(host.lines.sorted() == ["1", "2", "3", "4", "5", "last without end"])
        #expect(Set(host.records.map { $0.stream["filename"] }) == ["/log/a.log"])
        #expect(host.tailer.tailed.count == 1)
        #expect(host.counters.withLock { $0.possibleLosses } == 0)
    }

    @Test func rotationIntoANameThatMatchesTooIsNotReadAgain() {
        let host = Host(globs: ["/log/*"])
        host.append("/log/a.log", "1\n")
        host.scan()
        host.read()
        host.rename("/log/a.log", "/log/a.log.1")
        host.append("/log/a.log", "2\n")
        host.settle()
        host.rename("/log/a.log.1", "/log/a.log.2")
        host.rename("/log/a.log", "/log/a.log.1")
        host.append("/log/a.log", "3\n")
        host.settle()
        #expect(host.lines == ["1", "2", "3"])
    }

    @Test func aRemovedFileIsReadToItsEnd() {
        let host = Host()
        host.append("/log/a.log", "1\n")
        host.scan()
        host.read()
        host.append("/log/a.log", "2\n3")
        host.remove("/log/a.log")
        host.settle()
        #expect(host.lines == ["1", "2", "3"])
        #expect(host.durable.byKey.isEmpty)
    }

    @Test func truncationStartsOverAndIsCounted() {
        let host = Host()
        host.append("/log/a.log", "1\n2\n")
        host.scan()
        host.read()
        host.truncate("/log/a.log")
        host.append("/log/a.log", "3\n")
        host.read()
        #expect(host.lines == ["1", "2", "3"])
        #expect(host.counters.withLock { $0.possibleLosses } == 1)
    }

    @Test func truncationThatGrewPastTheOldPlaceIsSeenByTheBytesBefore() {
        let host = Host()
        host.append("/log/a.log", "1\n2\n")
        host.scan()
        host.read()
        host.truncate("/log/a.log")
        host.append("/log/a.log", "a longer line than before\nand another\n")
        host.read()
        #expect(host.lines == ["1", "2", "a longer line than before", "and another"])
    }

    @Test func copyThenTruncateWithAMatchingCopyLosesNothingAndRepeatsNothing() {
        let host = Host(globs: ["/log/*"])
        let first = (0..<20).map { "line \($0)\n" }.joined()
        host.append("/log/a.log", first)
        host.scan()
        host.read()
        host.append("/log/a.log", "late\n")
        host.copy("/log/a.log", "/log/a.log.1")
        host.truncate("/log/a.log")
        host.append("/log/a.log", "new\n")
        host.settle()
        #expect(host.lines.sorted() == ((0..<20).map { "line \($0)" } + ["late", "new"]).sorted())
    }

    @Test func aCopyWhoseOriginalGoesOnIsNotReadAgain() {
        let host = Host(globs: ["/log/*"])
        host.append("/log/a.log", (0..<20).map { "line \($0)\n" }.joined())
        host.scan()
        host.read()
        host.copy("/log/a.log", "/log/a.log.backup")
        host.settle()
        host.append("/log/a.log", "more\n")
        host.settle()
        #expect(host.lines.count == 21)
    }

    @Test func anInodeUsedAgainIsANewFile() {
        let host = Host()
        host.append("/log/a.log", "old content\n")
        host.scan()
        host.read()
        let inode = try! host.disk.information("/log/a.log")!.inode
        host.tailer = nil
        host.remove("/log/a.log")
        host.append("/log/a.log", "new content, longer than the old\n")
        #expect(try! host.disk.information("/log/a.log")!.inode == inode)
        host.start()
        host.read()
        #expect(host.lines == ["old content", "new content, longer than the old"])
    }

    @Test func rotationWhileTheAgentWasDownIsCaughtUp() {
        let host = Host()
        host.append("/log/a.log", "1\n")
        host.scan()
        host.read()
        host.tailer = nil
        host.append("/log/a.log", "2\n")
        host.rename("/log/a.log", "/log/a.log.1")
        host.append("/log/a.log", "3\n")
        host.start()
        host.settle()
        #expect(host.lines.sorted() == ["1", "2", "3"])
    }

    @Test func copyThenTruncateWhileTheAgentWasDownIsCaughtUp() {
        let host = Host(globs: ["/log/*"])
        host.append("/log/a.log", (0..<20).map { "line \($0)\n" }.joined())
        host.scan()
        host.read()
        host.tailer = nil
        host.append("/log/a.log", "late\n")
        host.copy("/log/a.log", "/log/a.log.1")
        host.truncate("/log/a.log")
        host.append("/log/a.log", "new\n")
        host.start()
        host.settle()
        #expect(host.lines.count == 22 && Set(host.lines).count == 22)
    }

    @Test func atTheFirstStartLargeFilesAreReadFromNearTheirEnd() {
        let host = Host(starts: false)
        let line = String(repeating: "0123456789abcdef", count: 6)
        host.append("/log/small.log", "small\n")
        host.append("/log/large.log", String(repeating: line + "\n", count: 20_000) + "end\n")
        host.start(isFirst: true)
        host.read()
        #expect(host.lines.contains("small") && host.lines.contains("end"))
        #expect((10_800...10_812).contains(host.lines.count))
        #expect(host.lines.allSatisfy { ["small", "end", line].contains($0) })
        host.append("/log/later.log", String(repeating: "x" + line + "\n", count: 12_000))
        host.settle()
        #expect(host.lines.count { $0 == "x" + line } == 12_000)
    }

    @Test func longLinesAreCutWithAMark() throws {
        let host = Host()
        host.append("/log/a.log", String(repeating: "é", count: 700_000) + "\nnext\n")
        host.scan()
        host.read()
        try #require(host.lines.count == 2 && host.lines[1] == "next")
        #expect(host.lines[0].hasSuffix("é […cut]") && host.lines[0].utf8.count <= Limits.lineBytesMax + 16)
        #expect(host.records[0].field("truncated") == .bool(true) && host.records[0].field("invalid_utf8") == nil)
    }

    @Test func brokenBytesAreKeptVisiblyAndBinaryFilesLeftAlone() throws {
        let host = Host()
        host.append("/log/a.log", Array("bad ".utf8) + [0xFF, 0x0A])
        host.append("/log/b.log", [0x1F, 0x8B, 8, 0, 1, 2, 3, 0x0A])
        host.append("/log/c.log", Array("text\n".utf8) + [0, 1, 2, 0x0A])
        host.scan()
        host.read()
        host.append("/log/a.log", [0, 0, 0x61, 0, 0x62, 0x0A])
        host.read()
        try #require(host.lines == ["bad \u{FFFD}", "a\u{2400}b"])
        #expect(host.records[0].field("invalid_utf8") == .bool(true) && host.records[1].field("nul_bytes") == .bool(true))
        #expect(host.counters.withLock { $0.filesSkipped } == 2)
        host.settle()
        #expect(host.counters.withLock { $0.filesSkipped } == 2)
    }

    @Test func descriptorsAreBounded() {
        let host = Host()
        for number in 0..<300 { host.append("/log/\(number).log", "\(number)\n") }
        host.settle()
        #expect(host.lines.count == 300)
        #expect(host.tailer.tailed.values.count { $0.file != nil } <= Limits.descriptorsMax)
        for number in 0..<300 { host.append("/log/\(number).log", "again \(number)\n") }
        host.rename("/log/7.log", "/log/7.log.1")
        host.settle()
        #expect(host.lines.count == 600)
    }

    @Test func placesOfFilesThatVanishedUnopenedAreForgotten() {
        let host = Host()
        for number in 0..<200 { host.append("/log/\(number).log", "\(number)\n") }
        host.settle()
        for number in 0..<200 { host.remove("/log/\(number).log") }
        host.settle()
        #expect(host.durable.byKey.isEmpty && host.tailer.tailed.isEmpty)
        #expect(host.counters.withLock { $0.possibleLosses } == 0)
    }

    @Test func linesThatWereNotCommittedComeAgainAfterARestart() {
        let host = Host()
        host.append("/log/a.log", "1\n")
        host.scan()
        host.read()
        host.append("/log/a.log", "2\n")
        host.read(commits: false)
        host.start()
        host.read()
        #expect(host.lines == ["1", "2"])
    }

    /// Writers, rotation, removal and restarts in any order; every line that was written comes exactly once.
    @Test(arguments: 0..<60 as Range<UInt64>) func anySequenceOfWritesRotationsAndRestartsIsReadExactlyOnce(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let host = Host(seed: seed, globs: Bool.random(using: &generator) ? ["/log/*.log"] : ["/log/*"])
        var written: [String] = []
        for number in 0..<120 {
            let name = ["a", "b", "c"].randomElement(using: &generator)!
            let path = "/log/\(name).log"
            switch Int.random(in: 0..<12, using: &generator) {
            case 0..<5:
                let line = "\(name) \(number) " + String(repeating: "x", count: Int.random(in: 0..<400, using: &generator))
                let cut = Int.random(in: 0...line.utf8.count, using: &generator)
                // A writer may be seen in the middle of its line.
                host.append(path, String(line.prefix(cut)))
                if Bool.random(using: &generator) { host.read() }
                host.append(path, String(line.dropFirst(cut)) + "\n")
                written.append(line)
            case 5:
                // A crash before the spool had it: what was read comes again.
                host.read(commits: false)
                host.start()
            case 6, 7: host.scan()
            case 8:
                // Rotation by number, as logrotate does; the oldest goes once it was read.
                host.scan()
                host.read()
                if (try? host.disk.exists("\(path).2")) == true { host.settle(); host.remove("\(path).2") }
                if (try? host.disk.exists("\(path).1")) == true { host.rename("\(path).1", "\(path).2") }
                if (try? host.disk.exists(path)) == true { host.rename(path, "\(path).1") }
            case 9:
                host.tailer = nil
                host.start()
            default: host.read()
            }
        }
        host.start()
        host.settle()
        #expect(host.lines.sorted() == written.sorted())
    }
}

@Suite struct GlobTests {
    @Test(arguments: [
        ("*.log", "a.log", true), ("*.log", ".log", false), ("*.log", "a.log.1", false), ("a?c", "abc", true), ("a?c", "ac", false), ("[a-c]x", "bx", true),
        ("[!a-c]x", "bx", false), ("[!a-c]x", "dx", true), ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false), ("", "", true), ("*", "", true),
        ("[", "[", true), (".*", ".a", true),
    ])
    func namesMatchAsInTheShell(pattern: String, name: String, matches: Bool) {
        #expect(Glob.matches(Array(pattern.utf8), Array(name.utf8)) == matches)
    }

    @Test func manyStarsTakeNoTime() {
        let pattern = Array(String(repeating: "*a", count: 50).utf8) + [0x62]
        #expect(!Glob.matches(pattern, [UInt8](repeating: 0x61, count: 255)))
    }

    @Test func foldersAreSearchedAndExcluded() throws {
        let disk = SimulatedFileSystem(seed: 1)
        for path in ["/l/a.log", "/l/x/b.log", "/l/x/y/c.log", "/l/data/d.log", "/l/.hidden/e.log", "/l/x/f.txt"] {
            try disk.createDirectory(Paths.directory(of: path))
            _ = try disk.open(path, .create)
        }
        func find(_ pattern: String) -> [String] { Glob(pattern).find(in: disk, excluding: ["/l/data"]).map(\.path).sorted() }
        #expect(find("/l/**/*.log") == ["/l/a.log", "/l/x/b.log", "/l/x/y/c.log"])
        #expect(find("/l/*/*.log") == ["/l/x/b.log"])
        #expect(find("/l/a.log") == ["/l/a.log"])
        #expect(find("/none/*.log") == [])
        #expect(find("/l/x") == [])
    }
}
