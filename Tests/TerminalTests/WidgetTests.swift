import Foundations
import Testing

@testable import Terminal

@Suite struct WidgetTests {
    static let looks: [(name: String, capabilities: Capabilities)] = [
        ("unicode", Capabilities(colours: .rgb, showsUnicode: true)), ("ascii", Capabilities(colours: .none, showsUnicode: false)),
    ]

    @Test(arguments: 0..<2, [60, 34]) func everyWidgetDrawsAsItsGolden(look: Int, width: Int) throws {
        let (name, capabilities) = Self.looks[look]
        let theme = Theme(capabilities: capabilities)
        var buffer = Buffer(Size(columns: width, rows: 30))
        let wave = (0..<120).map { index -> Double? in index == 50 ? nil : Double((index * index) % 97) }
        Tabs([("1", "Overview"), ("2", "Alerts"), ("5", "Logs")], selected: 1, theme: theme).render(in: buffer.bounds.row(0), to: &buffer)
        let inside = Border(title: "Hosts", note: "3 of 9", theme: theme).render(in: Rect(x: 0, y: 1, width: width, height: 8), to: &buffer)
        Table(
            columns: [
                Column("STATE", width: 6), Column("HOST", width: 8, isFlexible: true), Column("CPU", priority: 1, width: 6, alignment: .right),
                Column("TREND", priority: 3, width: 12), Column("LOAD", priority: 2, width: 6, alignment: .right),
            ], rowCount: 9, selected: 2, offset: 1, theme: theme
        ) { index in
            [
                .line(TextLine([Span(theme.glyphs.critical, theme.critical), Span(" CRIT")])), .text("host-\(String(index)).example.漢字.org"), .text("\(String(index * 11))%"),
                .drawn { rect, buffer in Sparkline(wave, style: theme.good, glyphs: theme.glyphs).render(in: rect, to: &buffer) }, .text("0.5"),
            ]
        }.render(in: inside, to: &buffer)
        LineChart(
            [ChartLine("a", wave, style: theme.lines[0]), ChartLine("b", wave.map { $0.map { 97 - $0 } }, style: theme.lines[1])], startLabel: "12:00", endLabel: "12:15", theme: theme
        ) { SafeText(String(Int($0))) }.render(in: Rect(x: 0, y: 9, width: width, height: 8), to: &buffer)
        Gauge(0.63, style: theme.good, empty: theme.muted, glyphs: theme.glyphs).render(in: Rect(x: 0, y: 17, width: 21, height: 1), to: &buffer)
        Paragraph("The file system /var fills up and will be full in four hours; delete or grow.").render(in: Rect(x: 0, y: 18, width: width, height: 3), to: &buffer)
        var line = InputLine("error service:cart")
        _ = line.handle(.key(.character("w"), .control))
        line.render(in: Rect(x: 0, y: 21, width: width, height: 1), to: &buffer, style: theme.text, showsCursor: true)
        List(count: 4, selected: 1, theme: theme) { TextLine("entry \(String($0))") }.render(in: Rect(x: 0, y: 22, width: width, height: 3), to: &buffer)
        StatusLine(left: TextLine("a long text at the left that is cut"), right: TextLine("LIVE", theme.good)).render(in: Rect(x: 0, y: 25, width: width, height: 1), to: &buffer, ellipsis: theme.glyphs.ellipsis)
        try expectGolden(buffer.text, "widgets-\(name)-\(width).txt")
    }

    @Test func helpIsDrawnOverTheMiddle() throws {
        let theme = Theme(capabilities: Self.looks[0].capabilities)
        var buffer = Buffer(Size(columns: 50, rows: 10))
        buffer.fill(buffer.bounds, "x")
        HelpOverlay(title: "Help", sections: [.init("Move", [("j k", "next, previous"), ("PgUp", "a page up")]), .init("Do", [("q", "quit")])], theme: theme)
            .render(in: buffer.bounds, to: &buffer)
        try expectGolden(buffer.text, "help.txt")
    }

    @Test func noWidgetDrawsOutsideOfItsRectangle() {
        let theme = Theme(capabilities: Self.looks[0].capabilities)
        for width in 0...20 {
            for height in 0...6 {
                var buffer = Buffer(Size(columns: 30, rows: 12))
                let rect = Rect(x: 4, y: 3, width: width, height: height)
                _ = Border(title: "a title 漢字", note: "note", theme: theme).render(in: rect, to: &buffer)
                LineChart([ChartLine("a", [1, 2, nil, .nan, .infinity, 4], style: theme.good)], theme: theme) { SafeText(String($0)) }.render(in: rect, to: &buffer)
                Sparkline([1, nil, 3, -.infinity], style: theme.good, glyphs: theme.glyphs).render(in: rect, to: &buffer)
                Gauge(1.7, style: theme.good, empty: theme.muted, glyphs: theme.glyphs).render(in: rect, to: &buffer)
                Gauge(.nan, style: theme.good, empty: theme.muted, glyphs: theme.glyphs).render(in: rect, to: &buffer)
                Paragraph("some words 漢字漢字 that wrap").render(in: rect, to: &buffer)
                Table(columns: [Column("A", width: 5), Column("B", priority: 1, width: 9)], rowCount: 9, selected: 0, theme: theme) { _ in [.text("漢字漢字"), .text("b")] }.render(in: rect, to: &buffer)
                StatusLine(left: TextLine("漢字 left"), right: TextLine("right 漢字")).render(in: rect, to: &buffer)
                InputLine("漢字 words").render(in: rect, to: &buffer, style: .plain, showsCursor: true)
                HelpOverlay(title: "t", sections: [.init("s", [("k", "action")])], theme: theme).render(in: rect, to: &buffer)
                for y in 0..<12 {
                    for x in 0..<30 where !rect.contains(x: x, y: y) { #expect(buffer[x, y] == .blank, "\(x),\(y) with \(rect)") }
                }
            }
        }
    }

    @Test func columnsAreDroppedByPriority() {
        let columns = [Column("STATE", width: 6), Column("A", priority: 2, width: 10), Column("B", priority: 1, width: 10), Column("AGE", width: 5)]
        #expect(Column.layout(columns, width: 40).map(\.index) == [0, 1, 2, 3])
        #expect(Column.layout(columns, width: 30).map(\.index) == [0, 2, 3])
        #expect(Column.layout(columns, width: 20).map(\.index) == [0, 3])
    }

    @Test func theSelectedRowStaysVisible() {
        var offset = 0
        for selected in Array(0..<50) + (0..<50).reversed() {
            offset = Selection.offset(selected: selected, count: 50, rows: 10, previous: offset)
            #expect(offset <= selected && selected < offset + 10 && offset <= 40)
        }
        #expect(Selection.offset(selected: 2, count: 3, rows: 10, previous: 30) == 0)
    }

    @Test func anInputLineIsEdited() {
        var line = InputLine("one two")
        for event in [.key(.character("w"), .control), .key(.character("3")), .key(.home), .key(.character("x")), .key(.delete), .paste("yy\n"), .key(.end), .key(.backspace)] as [InputEvent] {
            let isTaken = line.handle(event)
            #expect(isTaken)
        }
        #expect(line.text == "xyy\u{240A}ne ")
        let takesEnter = line.handle(.key(.enter))
        #expect(!takesEnter)
        _ = line.handle(.key(.character("u"), .control))
        #expect(line.isEmpty && line.cursor == 0)
    }
}
