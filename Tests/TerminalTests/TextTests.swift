import Foundations
import Testing

@testable import Terminal

@Suite struct DisplayWidthTests {
    @Test(arguments: [
        ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("한", 2), ("ｆ", 2), ("😀", 2), ("👨‍👩‍👧", 2), ("🇩🇪", 2), ("❤️", 2), ("▲", 1), ("─", 1), ("⣿", 1),
        ("", 0), ("\u{301}", 1), ("ไทย", 3), ("\u{1100}\u{1161}", 2), ("…", 1),
    ] as [(SafeText, Int)])
    func textTakesItsColumns(text: SafeText, columns: Int) {
        #expect(DisplayWidth.columns(of: text) == columns)
        var buffer = Buffer(Size(columns: 10, rows: 1))
        let used = buffer.write(text, x: 0, y: 0)
        #expect(used == columns)
    }

    @Test func theTableAgreesWithUnicodeAboutMarks() {
        // Marks that this runtime's Unicode has and the table's didn't have yet.
        var missing = 0
        for value in UInt32(0x300)...0x1FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark: missing += DisplayWidth.columns(of: scalar) == 0 ? 0 : 1
            case .uppercaseLetter, .decimalNumber, .mathSymbol: #expect(DisplayWidth.columns(of: scalar) != 0)
            default: break
            }
        }
        #expect(missing < 150)
    }

    @Test func wideAndEmojiScalarsTakeTwoColumns() {
        for value in [0x4E00, 0x9FFF, 0x3042, 0xFF01, 0x1F600, 0x1FAE8, 0x20000, 0x2FFFD] as [UInt32] { #expect(DisplayWidth.columns(of: Unicode.Scalar(value)!) == 2) }
    }

    @Test func clippingNeverExceedsTheColumns() {
        for text in ["hello world", "漢字漢字漢字", "a😀b😀c"] as [SafeText] {
            for columns in 0...12 { #expect(DisplayWidth.columns(of: DisplayWidth.clip(text, to: columns)) <= columns) }
        }
        #expect(DisplayWidth.clip("hello world", to: 6) == "hello…")
        #expect(DisplayWidth.clip("漢字漢字", to: 6) == "漢字…")
    }

    @Test func wrappingBreaksAtSpacesAndKeepsAllWords() {
        #expect(DisplayWidth.wrap("the quick brown fox", to: 10) == ["the quick", "brown fox"])
        #expect(DisplayWidth.wrap("abcdefghijkl", to: 5) == ["abcde", "fghij", "kl"])
        #expect(DisplayWidth.wrap("one two three four", to: 7, rowsMax: 2) == ["one two", "three …"])
        #expect(DisplayWidth.wrap("漢字漢字", to: 5) == ["漢字", "漢字"])
    }
}

@Suite struct BufferTests {
    @Test func overwritingHalfOfAWideClusterBlanksTheOther() {
        var buffer = Buffer(Size(columns: 6, rows: 1))
        buffer.write("漢字", x: 0, y: 0)
        buffer.write("x", x: 1, y: 0)
        #expect(buffer.text == " x字\n")
        buffer.write("y", x: 2, y: 0)
        #expect(buffer.text == " xy\n")
    }

    @Test func aWideClusterThatDoesNotFitIsLeftOut() {
        var buffer = Buffer(Size(columns: 3, rows: 1))
        let used = buffer.write("漢字", x: 0, y: 0)
        #expect(used == 2)
        #expect(buffer.text == "漢\n")
    }

    @Test(arguments: 0..<50) func noTextPutsAControlCharacterIntoTheOutput(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let hostile: [String] = [
            "\u{1B}]0;title\u{7}", "\u{1B}[2J", "\u{9B}31m", "\u{90}q", "\u{202E}abc", "\u{2066}x\u{2069}", "\u{8}\u{8}", "\r\n", "\u{FEFF}", "\u{E0041}", "\u{7F}", "a", "漢", "\u{200B}", "\0",
        ]
        var buffer = Buffer(Size(columns: 40, rows: 3))
        for row in 0..<3 {
            let text = (0..<12).map { _ in hostile.randomElement(using: &random)! }.joined()
            buffer.write(SafeText(text), x: 0, y: row)
        }
        let forbidden = buffer.text.unicodeScalars.filter { scalar in
            let value = scalar.value
            return value < 0x20 && value != 0x0A || (0x7F...0x9F).contains(value) || (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value) || value >= 0xE0000
        }
        #expect(forbidden.isEmpty)
        var encoder = FrameEncoder(capabilities: Capabilities(colours: .rgb, showsUnicode: true))
        var bytes: [UInt8] = []
        encoder.encode(from: nil, to: buffer, into: &bytes)
        var terminal = TerminalEmulator(buffer.size)
        terminal.write(bytes)
        #expect(terminal.faults == [])
        #expect(terminal.difference(from: buffer) == nil)
    }

    @Test func theClusterTableIsBounded() {
        let table = ClusterTable(capacity: 2)
        #expect(table.glyph(for: "a\u{301}") != nil && table.glyph(for: "b\u{301}") != nil && table.glyph(for: "c\u{301}") == nil)
        #expect(table.glyph(for: "a\u{301}") == table.glyph(for: "a\u{301}"))
    }

    @Test func stackedMarksAreCut() {
        var buffer = Buffer(Size(columns: 4, rows: 1))
        buffer.write(SafeText("a" + String(repeating: "\u{301}", count: 500)), x: 0, y: 0)
        #expect(buffer[0, 0].text.unicodeScalars.count == Limits.clusterScalars)
    }

    @Test(arguments: [("80x24", Size(columns: 80, rows: 24)), ("0x5", nil), ("80", nil), ("80x24x1", nil), ("9999x9", nil), ("ax b", nil)] as [(String, Size?)])
    func sizesAreParsed(text: String, size: Size?) { #expect(Size(text) == size) }
}
