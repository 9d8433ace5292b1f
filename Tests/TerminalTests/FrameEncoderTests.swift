import Foundations
import Testing

@testable import Terminal

/// Random frames: pieces of ASCII, wide, combined and uncertain text in random styles.
struct FrameMaker {
    var random: SeededGenerator
    let size: Size
    static let pieces: [SafeText] = [
        "a", "log line", "   ", "│", "▁▂▃", "⣿⡇", "é", "e\u{301}", "漢字", "한글", "😀", "👨‍👩‍👧", "🇩🇪", "❤️", "1️⃣", "ไทย", "नमस्ते", "\u{301}", "x\u{200D}y", "\u{1B}[31m", "…", "🇩", "⚠", "ﷺ", "0123456789",
    ]
    static let styles: [Style] = [
        .plain, Style(Colour(0xD55E00)), Style(.standard, on: Colour(0x264F78)), Style(Colour(0xF0E442), on: Colour(0x101010), [.bold, .underline]),
        Style(.standard, on: .standard, .dim), Style(.standard, on: .standard, .reverse),
    ]

    mutating func frame(pieces count: Int) -> Buffer {
        var buffer = Buffer(size)
        change(&buffer, pieces: count)
        return buffer
    }

    mutating func change(_ buffer: inout Buffer, pieces count: Int) {
        for _ in 0..<count {
            let x = Int.random(in: -3..<size.columns, using: &random)
            let y = Int.random(in: 0..<size.rows, using: &random)
            let style = Self.styles.randomElement(using: &random)!
            switch Int.random(in: 0..<11, using: &random) {
            case 10: if x >= 0, (0..<size.columns).allSatisfy({ buffer[$0, y].width == 1 }) { buffer.shiftLeft(x..<size.columns - Int.random(in: 0...(size.columns - x - 1), using: &random), by: Int.random(in: 1...3, using: &random), row: y) }
            case 0: buffer.clear(Rect(x: x, y: y, width: 9, height: 2), style: style)
            case 1: buffer.restyle(Rect(x: x, y: y, width: 5, height: 2)) { $0.background = style.background }
            case 2: buffer.scroll(min(y, size.rows - 2)..<size.rows, by: Bool.random(using: &random) ? 1 : -1)
            default: buffer.write(Self.pieces.randomElement(using: &random)!, x: x, y: y, style: style)
            }
        }
    }
}

@Suite struct FrameEncoderTests {
    let rgb = Capabilities(colours: .rgb, showsUnicode: true)

    @Test(arguments: 0..<60) func replayingTheDifferenceOverAFrameGivesTheOther(seed: UInt64) {
        var maker = FrameMaker(random: SeededGenerator(seed: seed), size: Size(columns: 7 + Int(seed) % 40, rows: 3 + Int(seed) % 14))
        for isNarrow in [false, true] {
            var terminal = TerminalEmulator(maker.size, isNarrow: isNarrow)
            var encoder = FrameEncoder(capabilities: rgb)
            encoder.capabilities.synchronizesOutput = seed % 2 == 0
            var shown: Buffer?
            var next = maker.frame(pieces: 30)
            for _ in 0..<25 {
                var bytes: [UInt8] = []
                encoder.encode(from: shown, to: next, into: &bytes)
                terminal.write(bytes)
                #expect(terminal.faults == [])
                #expect(terminal.difference(from: next) == nil, "narrow \(isNarrow)")
                shown = next
                maker.change(&next, pieces: Int.random(in: 0..<8, using: &maker.random))
            }
        }
    }

    @Test func anUnchangedFrameTakesNoBytes() {
        var maker = FrameMaker(random: SeededGenerator(seed: 1), size: Size(columns: 80, rows: 24))
        let frame = maker.frame(pieces: 100)
        var encoder = FrameEncoder(capabilities: rgb)
        encoder.capabilities.synchronizesOutput = true
        var bytes: [UInt8] = []
        encoder.encode(from: nil, to: frame, into: &bytes)
        bytes = []
        encoder.encode(from: frame, to: frame, into: &bytes)
        #expect(bytes.isEmpty)
    }

    @Test(arguments: [true, false]) func aLineAppendedToALogScrollsInsteadOfBeingRedrawn(atBottom: Bool) {
        func frame(_ first: Int) -> Buffer {
            var buffer = Buffer(Size(columns: 120, rows: 40))
            buffer.write("header", x: 0, y: 0)
            for row in 1..<39 { buffer.write("2026-01-01 12:00:00 request number \(String(atBottom ? first + row : first - row)) took a while", x: 0, y: row) }
            buffer.write("status", x: 0, y: 39)
            return buffer
        }
        var encoder = FrameEncoder(capabilities: rgb)
        var terminal = TerminalEmulator(Size(columns: 120, rows: 40))
        var bytes: [UInt8] = []
        encoder.encode(from: nil, to: frame(1000), into: &bytes)
        terminal.write(bytes)
        bytes = []
        encoder.encode(from: frame(1000), to: frame(1001), into: &bytes)
        terminal.write(bytes)
        #expect(terminal.difference(from: frame(1001)) == nil)
        #expect(bytes.count < 100)
    }

    @Test func aFollowedLogTakesAFewBytesMoreThanItsLines() {
        func frame(_ first: Int) -> Buffer {
            var buffer = Buffer(Size(columns: 160, rows: 40))
            buffer.write("header", x: 0, y: 0)
            for row in 1..<39 {
                buffer.write("12:00:00 ", x: 0, y: row, style: Style(Colour(0x999999)))
                buffer.write("request number \(String(10_000 + first - row)) of somebody who buys a thing or two and comes back for more, again and again", x: 9, y: row)
            }
            buffer.write("status", x: 0, y: 39)
            return buffer
        }
        var encoder = FrameEncoder(capabilities: Capabilities(colours: .indexed256, showsUnicode: true))
        var bytes: [UInt8] = []
        encoder.encode(from: nil, to: frame(0), into: &bytes)
        encoder.encode(from: frame(0), to: frame(1), into: &bytes)
        bytes = []
        for number in 1...10 { encoder.encode(from: frame(number), to: frame(number + 1), into: &bytes) }
        #expect(bytes.count / 10 <= frame(0).text(row: 1).utf8.count + 18, "\(bytes.count / 10)")
    }

    /// A chart of a wave with its axis between other things, after so many columns of time.
    private func chart(_ time: Int) -> Buffer {
        var buffer = Buffer(Size(columns: 120, rows: 20))
        for row in 0..<20 { buffer.write("left of it │", x: 0, y: row); buffer.write("│ right of it", x: 100, y: row) }
        for x in 0..<80 {
            let moment = time + x
            let height = (moment * 7919 % 13 + moment % 17) / 2
            for row in 0..<height { buffer.write("⣿", x: 15 + x, y: 18 - row, style: Style(Colour(row % 3 == 0 ? 0xD55E00 : 0x56B4E9))) }
            if moment % 20 == 0 { buffer.write("12:00", x: 15 + x, y: 19, columnsMax: 80 - x) }
        }
        return buffer
    }

    @Test(arguments: [1, 2, 5]) func aChartThatMovesOnIsMovedByTheTerminal(columns: Int) {
        var encoder = FrameEncoder(capabilities: rgb)
        var terminal = TerminalEmulator(Size(columns: 120, rows: 20))
        var shown: Buffer?
        for step in 0..<6 {
            var bytes: [UInt8] = []
            let next = chart(step * columns)
            encoder.encode(from: shown, to: next, into: &bytes)
            terminal.write(bytes)
            #expect(terminal.faults == [] && terminal.difference(from: next) == nil)
            // Some 20 bytes a row and what comes in, in place of some 200 a row.
            if step > 0 { #expect(bytes.count < 20 * (24 + columns * 14), "\(bytes.count) bytes") }
            shown = next
        }
    }

    @Test func whatIsNearIsReachedByFewBytes() {
        func bytes(_ from: (Int, Int), _ to: (Int, Int)) -> String {
            var mover = CursorMover()
            var output: [UInt8] = []
            mover.note(x: from.0, y: from.1)
            #expect(mover.cost(toX: to.0, y: to.1) < 10)
            mover.move(toX: to.0, y: to.1, &output)
            return String(decoding: output, as: UTF8.self)
        }
        #expect(bytes((196, 1), (195, 1)) == "\u{8}")
        #expect(bytes((10, 3), (10, 4)) == "\n" && bytes((10, 3), (0, 4)) == "\n\r" && bytes((10, 3), (9, 2)) == "\u{1B}[A\u{8}")
        #expect(bytes((10, 3), (60, 3)) == "\u{1B}[50C" && bytes((60, 3), (10, 3)) == "\u{1B}[50D" && bytes((100, 50), (0, 0)) == "\u{1B}[H")
        #expect(bytes((100, 50), (19, 4)) == "\u{1B}[5;20H")
        // A margin of scrolling isn't crossed by relative moves, which end there.
        var mover = CursorMover()
        mover.region = 5..<20
        for (from, to, isCrossing) in [(19, 20, true), (3, 20, true), (3, 19, false), (5, 4, true), (25, 4, true), (25, 5, false), (21, 22, false), (4, 3, false)] {
            mover.note(x: 0, y: from)
            var output: [UInt8] = []
            mover.move(toX: 0, y: to, &output)
            #expect(!isCrossing || output.last == UInt8(ascii: "H"), "\(from) to \(to)")
        }
    }

    @Test func onlyWhatChangedOfAClockIsSent() {
        func frame(_ time: SafeText) -> Buffer {
            var buffer = Buffer(Size(columns: 80, rows: 24))
            buffer.write(time, x: 70, y: 1, style: Style(Colour(0x999999)))
            return buffer
        }
        var encoder = FrameEncoder(capabilities: rgb)
        encoder.capabilities.synchronizesOutput = true
        var bytes: [UInt8] = []
        encoder.encode(from: nil, to: frame("10:00:07"), into: &bytes)
        encoder.encode(from: frame("10:00:07"), to: frame("10:00:08"), into: &bytes)
        bytes = []
        encoder.encode(from: frame("10:00:08"), to: frame("10:00:09"), into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "\u{8}9")
    }

    @Test func aDifferenceThatCannotBeSeenIsNotSent() {
        var (first, second) = (Buffer(Size(columns: 20, rows: 1)), Buffer(Size(columns: 20, rows: 1)))
        first.write("a   b", x: 0, y: 0)
        second.write("a   b", x: 0, y: 0)
        second.restyle(Rect(x: 1, y: 0, width: 3, height: 1)) { $0 = Style(Colour(0xFF0000), on: .standard, .bold) }
        var encoder = FrameEncoder(capabilities: rgb)
        var bytes: [UInt8] = []
        encoder.encode(from: first, to: second, into: &bytes)
        #expect(bytes.isEmpty)
    }

    @Test func withoutColoursNoColourIsSent() {
        var buffer = Buffer(Size(columns: 20, rows: 1))
        buffer.write("alarm", x: 0, y: 0, style: Style(Colour(0xD55E00), on: Colour(0x112233), .bold))
        var encoder = FrameEncoder(capabilities: Capabilities(colours: .none, showsUnicode: true))
        var bytes: [UInt8] = []
        encoder.encode(from: nil, to: buffer, into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "\u{1B}[m\u{1B}[H\u{1B}[2J\u{1B}[1malarm")
    }

    @Test func aTerminalWithoutUnicodeIsSentASCIIAlone() {
        var maker = FrameMaker(random: SeededGenerator(seed: 5), size: Size(columns: 60, rows: 20))
        var encoder = FrameEncoder(capabilities: Capabilities(colours: .sixteen, showsUnicode: false))
        var bytes: [UInt8] = []
        encoder.encode(from: nil, to: maker.frame(pieces: 200), into: &bytes)
        #expect(bytes.allSatisfy { $0 < 0x7F })
    }

    @Test func coloursComeDownToWhatTheTerminalHas() {
        #expect(Colour(0xD55E00).indexed256 == 166)
        #expect(Colour(0x999999).indexed256 == 247)
        #expect(Colour(0xF0E442).indexed16 == 11)
        #expect(Colour(0x000000).indexed16 == 0)
        #expect(Colour(0xFFFFFF).indexed256 == 231)
    }

    @Test func aCellIsSixteenBytes() { #expect(MemoryLayout<Cell>.stride == 16 && MemoryLayout<Cell>.size == 16) }
}

@Suite struct CapabilitiesTests {
    @Test(arguments: [
        (["TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "en_US.UTF-8"], ColourDepth.rgb, true, true),
        (["TERM": "screen-256color", "LANG": "C.UTF-8"], .indexed256, true, true),
        (["TERM": "xterm", "LANG": "C"], .sixteen, false, true),
        (["TERM": "linux", "LC_ALL": "en_US.utf8"], .sixteen, true, true),
        (["TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1", "LANG": "C.UTF-8"], .none, true, true),
        (["TERM": "xterm-256color", "NO_COLOR": ""], .indexed256, false, true),
        (["TERM": "dumb", "COLORTERM": "truecolor"], .none, false, false), (["TERM": "vt100"], .none, false, true), ([:], .none, false, false),
    ])
    func theEnvironmentTells(environment: [String: String], colours: ColourDepth, unicode: Bool, movesCursor: Bool) {
        let capabilities = Capabilities(environment: environment)
        #expect(capabilities.colours == colours)
        #expect(capabilities.showsUnicode == unicode)
        #expect(capabilities.movesCursor == movesCursor)
        #expect(!capabilities.synchronizesOutput)
    }
}
