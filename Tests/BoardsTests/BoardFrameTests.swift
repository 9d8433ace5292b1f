import Foundations
import Terminal
import Testing

@testable import Boards

@Suite struct BoardFrameTests {
    static let sizes = [Size(columns: 80, rows: 24), Size(columns: 120, rows: 40), Size(columns: 200, rows: 60)]

    private func check(_ view: BoardView, _ name: String, _ capabilities: Capabilities) throws {
        let text = PlainFrame.text(of: Fixtures.draw(view), colours: capabilities.colours, showsUnicode: capabilities.showsUnicode)
        try expectGolden(text.split(separator: "\u{1B}", omittingEmptySubsequences: false).joined(separator: "\\e"), name)
        if !capabilities.showsUnicode { #expect(text.utf8.allSatisfy { $0 < 0x7F }) }
    }

    @Test(arguments: sizes) func aBoardDrawsAsItsGoldenInEveryLook(size: Size) async throws {
        let board = try Fixtures.sample("modern.json")
        for (look, capabilities) in Fixtures.looks {
            var view = await Fixtures.view(board, size, capabilities)
            try check(view, "modern-\(size.columns)x\(size.rows)-\(look).txt", capabilities)
            guard look == "none" || look == "ascii" else { continue }
            // The rest of the board, as one pages through it.
            let runner = BoardRunner(source: WaveSource(), clock: ManualClock(milliseconds: Fixtures.now.milliseconds))
            await Fixtures.perform(view.reduce(.command(.bottom)), runner, &view)
            try check(view, "modern-end-\(size.columns)x\(size.rows)-\(look).txt", capabilities)
        }
    }

    @Test func anOldBoardDrawsAsItsGolden() async throws {
        let view = await Fixtures.view(try Fixtures.sample("old.json"), Size(columns: 120, rows: 40), Capabilities(colours: .none, showsUnicode: true))
        try check(view, "old-120x40.txt", Capabilities(colours: .none, showsUnicode: true))
    }
}
