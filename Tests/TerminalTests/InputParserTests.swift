import Foundations
import Testing

@testable import Terminal

@Suite struct InputParserTests {
    static let stream = Array("aé漢😀\r\t\u{7F}\u{1}\u{1A}\u{1B}[A\u{1B}OB\u{1B}[1;5C\u{1B}[3~\u{1B}[15~\u{1B}[Z\u{1B}x\u{1B}é\u{1B}[<0;10;20M\u{1B}[<65;1;1M\u{1B}[200~pasted \u{1B}[31m text\r\u{1B}[201~\u{1B}[?62;22c\u{1B}[?2026;2$y\u{1B}[97;5u\u{1B}[5;2~z".utf8)

    static let events: [InputEvent] = [
        .key(.character("a")), .key(.character("é")), .key(.character("漢")), .key(.character("😀")), .key(.enter), .key(.tab), .key(.backspace),
        .key(.character("a"), .control), .key(.character("z"), .control), .key(.up), .key(.down), .key(.right, .control), .key(.delete), .key(.function(5)),
        .key(.tab, .shift), .key(.character("x"), .alt), .key(.character("é"), .alt), .mouse(MouseEvent(action: .press(button: 0), x: 9, y: 19)),
        .mouse(MouseEvent(action: .wheelDown, x: 0, y: 0)), .paste("pasted \u{1B}[31m text\r"), .reply(.deviceAttributes),
        .reply(.mode(number: 2026, isSupported: true)), .key(.character("a"), .control), .key(.pageUp, .shift), .key(.character("z")),
    ]

    @Test func everySplitGivesTheSameEvents() {
        for split in 0...Self.stream.count {
            var parser = InputParser()
            var events: [InputEvent] = []
            parser.feed(Self.stream[..<split], into: &events)
            parser.feed(Self.stream[split...], into: &events)
            #expect(events == Self.events, "split at \(split)")
            #expect(!parser.isWaiting)
        }
    }

    @Test func byteByByteGivesTheSameEvents() {
        var parser = InputParser()
        var events: [InputEvent] = []
        for byte in Self.stream { parser.feed([byte], into: &events) }
        #expect(events == Self.events)
    }

    @Test func aLoneEscapeIsTheKeyOnceNothingFollows() {
        var parser = InputParser()
        var events: [InputEvent] = []
        parser.feed([0x1B], into: &events)
        #expect(events.isEmpty && parser.isWaiting)
        parser.flush(into: &events)
        #expect(events == [.key(.escape)] && !parser.isWaiting)
        parser.feed([0x1B, 0x5B], into: &events)
        parser.flush(into: &events)
        #expect(events == [.key(.escape), .key(.character("["), .alt)])
    }

    @Test(arguments: 0..<200) func anyBytesAreTakenWithoutHoldingMoreThanTheirCap(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var parser = InputParser()
        var events: [InputEvent] = []
        let interesting: [UInt8] = [0x1B, 0x5B, 0x4F, 0x3B, 0x3C, 0x3F, 0x30, 0x32, 0x7E, 0x4D, 0xC3, 0xA9, 0xF0, 0x9F, 0xFF, 0x41, 0x00, 0x0D]
        for _ in 0..<400 {
            parser.feed((0..<Int.random(in: 0..<9, using: &random)).map { _ in interesting.randomElement(using: &random)! }, into: &events)
            if Bool.random(using: &random) { parser.flush(into: &events) }
        }
        parser.flush(into: &events)
        #expect(events.count <= 400 * 9)
    }

    @Test func aSequenceWithoutEndIsDropped() {
        var parser = InputParser()
        var events: [InputEvent] = []
        parser.feed(Array("\u{1B}[".utf8) + [UInt8](repeating: 0x30, count: 100), into: &events)
        parser.feed(Array("q".utf8), into: &events)
        #expect(events == [.key(.character("q"))])
    }

    @Test func aLongPasteIsCut() {
        var parser = InputParser()
        var events: [InputEvent] = []
        parser.feed(Array("\u{1B}[200~".utf8) + [UInt8](repeating: 0x61, count: 1 << 20) + Array("\u{1B}[201~".utf8), into: &events)
        guard case .paste(let text) = events.first else { return #expect(Bool(false), "no paste") }
        #expect(text.string.utf8.count == Limits.pasteBytes)
    }
}
