import Foundations
import Terminal
import Testing

@testable import Dashboard

@Suite struct FrameTests {
    static let sizes = [Size(columns: 80, rows: 24), Size(columns: 120, rows: 40), Size(columns: 200, rows: 60)]

    @Test(arguments: sizes) func everyScreenDrawsAsItsGolden(size: Size) throws {
        let looks = [
            ("rgb", Fixtures.rgb), ("16", Capabilities(colours: .sixteen, showsUnicode: true)), ("none", Capabilities(colours: .none, showsUnicode: true)), ("ascii", Fixtures.ascii),
        ]
        for (look, capabilities) in looks {
            for (name, model) in Fixtures.screens(size, capabilities) {
                let text = PlainFrame.text(of: Frame.render(model), colours: capabilities.colours, showsUnicode: capabilities.showsUnicode)
                // Escape sequences are written out, so that the files can be read.
                let shown = text.split(separator: "\u{1B}", omittingEmptySubsequences: false).joined(separator: "\\e")
                try expectGolden(shown, "\(size.columns)x\(size.rows)/\(name)-\(look).txt")
                if look == "ascii" { #expect(text.utf8.allSatisfy { $0 < 0x7F }) }
            }
        }
    }

    @Test func theFirstFrameNeedsNoData() throws {
        let model = DashboardModel(size: Size(columns: 80, rows: 24), theme: Theme(capabilities: Fixtures.rgb), url: "http://127.0.0.1:9845", now: Fixtures.now)
        try expectGolden(Frame.render(model).text, "first-80x24.txt")
    }

    @Test func aSmallScreenShowsTheAlertsAlone() throws {
        try expectGolden(Frame.render(Fixtures.model(Size(columns: 50, rows: 10))).text, "compact-50x10.txt")
    }

    @Test func everySizeCanBeDrawn() {
        for columns in [1, 20, 60, 110, 200] {
            for rows in [1, 4, 15, 60] {
                for (_, model) in Fixtures.screens(Size(columns: columns, rows: rows), Fixtures.rgb) { #expect(Frame.render(model).size == model.size) }
            }
        }
    }

    /// Labels, annotations, log lines, fields and reasons that try to act on the terminal.
    @Test(arguments: 0..<20) func hostileTextNeverReachesTheTerminal(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let parts = ["\u{1B}[2J", "\u{1B}]52;c;aGk=\u{7}", "\u{9B}31m", "\u{202E}", "\u{2066}", "\r\n", "\u{0}", "\u{8}", "a", "漢", "\u{1B}P", "\u{FEFF}", "\u{E0041}"]
        func text() -> String { (0..<6).map { _ in parts.randomElement(using: &random)! }.joined() }
        for size in Self.sizes {
            var model = Fixtures.model(size)
            let alerts = (0..<5).map { number in
                var alert = AlertItem(
                    fingerprint: "\(number)" + text(), labels: [.init(name: text(), value: text()), .init(name: "alertname", value: text()), .init(name: "instance", value: text())],
                    annotations: pairs(["summary": text(), "description": text(), "runbook_url": text()]), phase: .firing, activeAt: Fixtures.now, value: 1)
                alert.acknowledgement = .init(kind: .acked, actor: text(), at: Fixtures.now, comment: text())
                return alert
            }
            var status = Fixtures.status
            status.agents.append(.init(instance: text(), version: text(), secondsSinceSeen: 1, state: "ok"))
            status.problems.append(.init(place: text(), reason: text()))
            status.refusingReason = text()
            status.isAccepting = false
            let incident = IncidentItem(id: 1, state: text(), severity: .critical, title: text(), runbook: text(), openedAt: Fixtures.now, resolvedAt: nil, resolvedBy: text(), roles: pairs([text(): text()]), members: [])
            let duty = OnCallItem(schedule: text(), zone: text(), person: text(), fullName: text(), until: nil, next: text(), note: .init(at: Fixtures.now, author: text(), text: text()), overrides: [])
            for action in [
                Action.status(status, at: Fixtures.now), .board(AlertBoard(alerts), of: nil), .onCall(OnCallState(schedules: [duty])), .incidents([incident]),
                .objectives([ObjectiveItem(service: text(), name: text(), objective: 0.9)]),
            ] { _ = Reducer.reduce(&model, action) }
            let item = LogItem(timestamp: Fixtures.now.nanos, level: .error, stream: [.init(name: text(), value: text()), .init(name: "instance", value: text())], line: text(), fields: [.init(name: text(), value: text())])
            for keys in ["1", "2", "3", "4", "5", "7", "8", "9", "0"] {
                _ = Fixtures.type(keys, &model)
                _ = Reducer.reduce(&model, .logs(LogSearch(query: "", span: .standard), [item]))
                _ = Reducer.reduce(&model, .input(.key(.enter)))
                let frame = Frame.render(model).text
                let bad = frame.unicodeScalars.filter { ($0.value < 0x20 && $0 != "\n") || (0x7F...0x9F).contains($0.value) || (0x202A...0x202E).contains($0.value) || (0x2066...0x2069).contains($0.value) || $0.value >= 0xE0000 }
                #expect(bad.isEmpty)
            }
            _ = Reducer.reduce(&model, .failed(.badReply(path: text(), reason: SafeText(text()).string), at: Fixtures.now))
            #expect(Report(model).text.unicodeScalars.allSatisfy { ($0.value >= 0x20 || $0 == "\n") && !(0x7F...0x9F).contains($0.value) && !(0x202A...0x202E).contains($0.value) })
        }
    }
}
