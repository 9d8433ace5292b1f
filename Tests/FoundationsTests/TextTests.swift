import Foundations
import Testing

@Suite struct TextTests {
    @Test(arguments: [
        ("5m", 300_000 as Int64?), ("1h30m", 5_400_000), ("250ms", 250), ("1y", 31_536_000_000), ("1w2d", 777_600_000), ("0", 0), ("0s", 0),
        ("1d12h", 129_600_000), ("1m1ms", 60_001),
        ("", nil), ("5", nil), ("m", nil), ("5x", nil), ("30m1h", nil), ("1m1m", nil), ("-5m", nil), ("1.5h", nil), (" 5m", nil),
        ("99999999999999999999s", nil), ("300000000y", nil), ("５m", nil), ("5m ", nil),
    ])
    func durationsAreReadAsPrometheusReadsThem(text: String, milliseconds: Int64?) {
        #expect(DurationText.milliseconds(text) == milliseconds)
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func aFormattedDurationIsReadAgain(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let milliseconds = Int64(generator.next() >> UInt64.random(in: 1..<64, using: &generator))
        #expect(DurationText.milliseconds(DurationText.format(milliseconds: milliseconds)) == milliseconds)
    }

    @Test(arguments: [
        (5_400_000 as Int64, "1h30m"), (0, "0s"), (-1500, "-1s500ms"), (604_800_000, "1w"), (691_200_000, "8d"), (.min, "-"),
    ])
    func durationsAreWrittenInTheirShortestExactForm(milliseconds: Int64, text: String) {
        #expect(DurationText.format(milliseconds: milliseconds).hasPrefix(text))
    }

    @Test func plainTextStaysAsItIs() {
        for text in ["", "plain text", "Grüße, 東京 🦉", "e\u{301}"] { #expect(SafeText(text).string.unicodeScalars.elementsEqual(text.unicodeScalars)) }
    }

    @Test func nothingThatActsOnATerminalIsLeft() {
        for value in 0...0x10FFFF as ClosedRange<UInt32> {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let isDangerous =
                value < 0x20 || (0x7F...0x9F).contains(value) || (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
                || [0x2028, 0x2029, 0x200E, 0x200F, 0x061C, 0xFEFF].contains(value)
            guard isDangerous else { continue }
            let safe = SafeText("a\(String(Character(scalar)))b").string
            #expect(!safe.unicodeScalars.contains(scalar), "U+\(String(value, radix: 16))")
            #expect(safe.unicodeScalars.count == 3)
        }
        #expect(SafeText("\u{1B}[2J\tx\u{7F}").string == "␛[2J x␡")
    }

    @Test func brokenBytesBecomeReplacementCharacters() {
        #expect(SafeText(bytes: [0x61, 0xFF, 0x62]).string == "a\u{FFFD}b")
    }

    @Test func aSecretIsShownNowhere() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(describing: [secret]), "\(Optional(secret) as Any)", dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect(secret.reveal() == "hunter2")
    }

    @Test(arguments: [("a", "a", true), ("a", "b", false), ("a", "aa", false), ("", "", true), ("é", "e\u{301}", false)])
    func secretsAreComparedByTheirBytes(left: String, right: String, areEqual: Bool) {
        #expect((Secret(left) == Secret(right)) == areEqual)
    }

    @Test func timestampsConvertTowardsThePast() {
        #expect(NanoTimestamp(nanoseconds: -1).milliseconds == Timestamp(milliseconds: -1))
        #expect(NanoTimestamp(nanoseconds: 1_999_999).milliseconds == Timestamp(milliseconds: 1))
        #expect(Timestamp.distantFuture.nanos == .distantFuture)
        #expect(Timestamp.distantPast.nanos == .distantPast)
        #expect(Timestamp.distantFuture.advanced(byMilliseconds: 1) == .distantFuture)
        #expect(NanoTimestamp.distantPast.advanced(byNanoseconds: -1) == .distantPast)
    }
}
