import Foundations
import Model
import TestSupport
import Testing

@Suite struct LogTemplateTests {
    @Test(arguments: [
        ("Accepted password for root from 10.1.1.1 port 22 ssh2", "Accepted password for root from <_> port <_> <_>"),
        ("sshd[1234]: session opened for user bob(uid=0)", "sshd[<_>]: session opened for user bob(uid=<_>)"),
        ("10.0.0.1 - - [21/Nov/2026:12:00:00 +0000] \"GET /api/v1/cart/77 HTTP/1.1\" 503 12", "<_> - - [<_>/Nov/<_> +<_>] \"GET /api/<_>/cart/<_> HTTP/<_>\" <_> <_>"),
        (#"{"level":"error","msg":"refused","user":"bob","n":7,"text":"two words"}"#, #"{"level":"error","msg":"refused","user":"<_>","n":<_>,"text":"two words"}"#),
        (#"{"level": "warn", "user": "bob"}"#, #"{"level": "warn", "user": "<_>"}"#),
        ("level=info user=bob path=/a/b took=3ms", "level=info user=<_> path=/a/b took=<_>"),
        ("at com.example.Cart.add(Cart.java:42)", "at com.example.Cart.add(Cart.java:<_>)"),
        ("id 4bf92f35-77b3-4da6-a3ce-929d0e0e4736 done", "id <_> done"),
        ("2026-11-21T12:00:00.123Z starting", "<_> starting"),
        ("first 1\n  at second 2", "first <_>"),
        ("größe 5, 日本7", "größe <_>, <_>"), ("", ""), ("12", "<_>"), ("=\"\"", "=\"\""), ("\"a\"", "\"a\""), (":\"a\"", ":\"a\""),
    ])
    func varyingPartsBecomePlaceholders(_ line: String, _ template: String) {
        #expect(LogTemplate(line).text == template)
    }

    @Test func theIdentifierIsThatOfTheTextAndStays() {
        #expect(LogTemplate("took 5 ms").id == LogTemplate("took 77 ms").id)
        #expect(LogTemplate("took 5 ms").id != LogTemplate("took 5 s").id)
        #expect(LogTemplate(text: LogTemplate("took 5 ms").text) == LogTemplate("took 6 ms"))
        // Files hold these: a change makes them unreadable.
        #expect(LogTemplate("took 5 ms").id == 0x565F_65E3_7F49_263E)
    }

    @Test func longLinesAreCutBetweenCharacters() {
        let template = LogTemplate(String(repeating: "é ", count: 2000))
        #expect(template.text.utf8.count <= LogTemplate.textBytesMax && template.text.utf8.count > LogTemplate.textBytesMax - 4)
        #expect(!template.text.unicodeScalars.contains("\u{FFFD}"))
    }

    private static let pieces = ["error", "42", "=", "\"", ":", " ", "-", ".", "/", "é", "日", "\n", "a1b2", "level", "user", "<_>", "\\", "{", "}", "\0", "10.0.0.1", "é9"]

    private static func line(_ generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: 0...60, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }.joined()
    }

    @Test func tokensAreInOrderAndCutNoWord() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<3000 {
            var line = Self.line(&generator)
            let words = LogWords.all(in: line)
            line.withUTF8 { utf8 in
                let bytes = UnsafeRawBufferPointer(utf8)
                var tokens = LogTokens(bytes)
                var parts: [String] = []
                var end = 0
                while let token = tokens.next() {
                    #expect(token.lowerBound >= end && !token.isEmpty && token.upperBound <= bytes.count)
                    parts.append(String(decoding: bytes[end..<token.lowerBound], as: UTF8.self))
                    parts.append(String(decoding: bytes[token], as: UTF8.self))
                    end = token.upperBound
                }
                parts.append(String(decoding: bytes[end...], as: UTF8.self))
                #expect(parts.flatMap { LogWords.all(in: $0) } == words)
            }
        }
    }

    @Test func anyBytesHaveTheTemplateOfTheirRepairedText() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<2000 {
            var bytes = Array(Self.line(&generator).utf8)
            for _ in 0..<Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0x80...0xFF, using: &generator)
            }
            let template = bytes.withUnsafeBytes { LogTemplate($0) }
            #expect(template == LogTemplate(String(decoding: bytes, as: UTF8.self)))
            #expect(template == LogTemplate(text: template.text))
        }
    }
}
