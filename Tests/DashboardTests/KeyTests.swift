import Foundations
import Terminal
import Testing

@testable import Dashboard

@Suite struct KeyTests {
    @Test func noKeyStandsTwiceOnAScreen() {
        for screen in ScreenKind.allCases {
            let keys = KeyMap.standard.bindings.filter { $0.screens?.contains(screen) ?? true }.flatMap { $0.keys.map(\.event) }
            #expect(Set(keys).count == keys.count, "\(screen)")
        }
    }

    @Test func helpIsMadeFromTheKeysAndNarrowsWhileItIsTyped() {
        let all = KeyMap.standard.help(matching: "").flatMap(\.keys).count
        #expect(all == KeyMap.standard.bindings.count)
        let found = KeyMap.standard.help(matching: "silence").flatMap(\.keys)
        #expect(found.map(\.key) == ["s"])
        #expect(KeyMap.standard.help(matching: "xyzzy").isEmpty)
    }

    @Test func settingsGiveOtherKeysAndColours() throws {
        let settings = try DashboardSettings(text: "keys: {acknowledge: [f2, K], logs-of: ctrl-l}\ntheme: {critical: \"#FF0000\", ascii: true}\n", path: "dash.yml")
        #expect(settings.keys.command(for: .key(.function(2)), on: .alerts) == .acknowledge)
        #expect(settings.keys.command(for: .key(.character("a")), on: .alerts) == nil)
        #expect(settings.keys.key(of: .logs, on: .alerts) == "Ctrl-L")
        let theme = settings.theme(Fixtures.rgb)
        #expect(theme.critical.foreground == Colour(0xFF0000) && theme.glyphs.critical == "X")
    }

    @Test func aKeyGivenToAnActionIsTakenFromTheOther() throws {
        let settings = try DashboardSettings(text: "keys: {silence: a}\n", path: "dash.yml")
        #expect(settings.keys.command(for: .key(.character("a")), on: .alerts) == .silence)
        #expect(settings.keys.key(of: .acknowledge, on: .alerts) == nil)
    }

    @Test(arguments: [("keys: {acknowlege: a}\n", "did you mean `acknowledge`?"), ("keys: {silence: ctrl-shift-q}\n", "is no key"), ("theme: {critical: red}\n", "is no colour"), ("- a\n", "the file must be")])
    func whatIsWrongInSettingsIsSaid(text: String, words: String) {
        do {
            _ = try DashboardSettings(text: text, path: "dash.yml")
            #expect(Bool(false), "it was taken")
        } catch {
            #expect("\(error)".contains(words) && "\(error)".contains("dash.yml"))
        }
    }

    @Test func everyWordOfTheFilterCounts() {
        let index = SearchIndex(["CRIT web1 Disk full", "WARN web2 disk slow", "Überlauf"]) { $1 += $0 }
        #expect(index.rows(matching: "DISK") == [0, 1] && index.rows(matching: "disk !slow") == [0] && index.rows(matching: "\"disk slow\"") == [1])
        #expect(index.rows(matching: "über") == [2] && index.rows(matching: "") == [0, 1, 2] && index.rows(matching: "x") == [])
    }

    @Test(arguments: 0..<20) func aFilterThatIsTypedFindsTheSameAsAWholeOne(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func text(_ count: Int) -> String { String((0..<count).map { _ in Array("abB! \"").randomElement(using: &random)! }) }
        let index = SearchIndex((0..<200).map { _ in text(12) }) { $1 += $0 }
        var (filter, rows): (String?, [Int32]) = (nil, [])
        for _ in 0..<40 {
            // Mostly a character more, sometimes fewer, sometimes other ones.
            let next = switch Int.random(in: 0..<10, using: &random) {
            case 0: String((filter ?? "").dropLast())
            case 1: text(3)
            default: (filter ?? "") + text(1)
            }
            rows = index.rows(matching: next, from: rows, of: filter)
            filter = next
            #expect(rows == index.rows(matching: next), "\(next)")
        }
    }

    @Test func theHeaderCountsWhatIsThere() {
        var alerts = Fixtures.alerts
        let board = AlertBoard(alerts)
        #expect(board.count(.critical) == alerts.count { $0.counts && $0.severity == .critical } && board.count(.critical) == 1)
        #expect(board.tally.suppressed == 1 && board.tally.state == .critical && board.tally.oldestUnattended == alerts[0].activeAt)
        alerts[0].acknowledgement = .init(kind: .acked, actor: "ann", at: Fixtures.now, comment: "")
        #expect(AlertBoard(alerts).tally.oldestUnattended == nil && AlertBoard(alerts).tally.state == .critical)
        #expect(AlertBoard([]).tally.state == .ok)
    }

    @Test func theAnnouncerSaysChangesAlone() {
        var announcer = Announcer()
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        let first = announcer.changes(to: model)
        let second = announcer.changes(to: model)
        #expect(first.contains { $0.contains("1 critical, 1 warnings") } && first.contains { $0.contains("HostOutOfDisk on db1.example.org") })
        #expect(second.isEmpty)
        var alerts = Fixtures.alerts
        alerts.removeFirst()
        alerts[0].acknowledgement = nil
        _ = Reducer.reduce(&model, .board(AlertBoard(alerts), of: nil))
        let lines = announcer.changes(to: model)
        #expect(lines.contains { $0.hasSuffix("Resolved: HostOutOfDisk on db1.example.org.") } && lines.contains { $0.contains("No longer acknowledged: HostHighLoad") })
    }

    @Test func theConversationAnswersAndActs() {
        var model = Fixtures.model(Size(columns: 80, rows: 24))
        let alerts = Conversation.reply(to: "alerts", &model)
        #expect(alerts.lines.first?.hasPrefix("1. Critical") == true)
        let acknowledged = Conversation.reply(to: "ack 1 mine", &model)
        #expect(acknowledged.effects == [.perform(.acknowledge(fingerprint: "HostOutOfDisk-db1.example.org", comment: "mine", by: "ann"))])
        let (unknown, end) = (Conversation.reply(to: "ack 99", &model), Conversation.reply(to: "quit", &model))
        #expect(unknown.effects.isEmpty && end.isOver)
        for word in ["status", "incidents", "hosts", "oncall", "agents", "help", "filter web", ""] {
            let reply = Conversation.reply(to: word, &model)
            #expect(!reply.isOver)
        }
    }
}
