import Foundations
import Model
import Testing

@testable import Wire

@Suite struct RedactionTests {
    private func redact(_ text: String, _ rules: RedactionRules = RedactionRules()) -> (text: String, counts: RedactionCounts) {
        var (text, counts) = (text, RedactionCounts())
        Redactor(rules).redact(&text, counting: &counts)
        return (text, counts)
    }

    @Test(arguments: [
        ("paid with 4111111111111111 ok", "paid with ************1111 ok"), ("4111-1111-1111-1111", "****-****-****-1111"),
        ("card=5500 0000 0000 0004, done", "card=**** **** **** 0004, done"), ("amex 3782 822463 10005.", "amex **** ****** *0005."),
        ("6304000000000000 and 4222222222222", "************0000 and *********2222"), ("200 4111 1111 1111 1111 12", "200 **** **** **** 1111 12"),
        (#"{"card":4111111111111111,"a":1}"#, #"{"card":"************1111","a":1}"#),
        (#"{"cards":["4111111111111111"]}"#, #"{"cards":["************1111"]}"#),
    ])
    func cardNumbersKeepTheirLastFourDigits(line: String, expected: String) {
        #expect(redact(line).text == expected)
        #expect(redact(line).counts[.cards] == (line.contains(" and 4222") ? 2 : 1))
    }

    @Test(arguments: [
        "4111111111111112", "1714566896000000000", "7111111111111111", "41111111111111111111111", "a4111111111111111", "id 4111111111111111b",
        "2024-05-01 12:34:56.789 took 4111", "0.4111111111111111", "10.4.111.111 11", "4111 1111 1111", "20240501 12 34 56 78 90 12",
    ])
    func otherNumbersStay(line: String) {
        #expect(redact(line).text == line)
        #expect(redact(line).counts.total == 0)
    }

    @Test(arguments: [
        ("Authorization: Bearer abc.def-123~+/==", "Authorization: Bearer [redacted]"), ("using bearer AbCdEf123456, fine", "using bearer [redacted], fine"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted]"), (#"{"authorization":"Token abcdefgh12"}"#, #"{"authorization":"Token [redacted]"}"#),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N end", "jwt [redacted] end"),
        ("key AKIAIOSFODNN7EXAMPLE used", "key [redacted] used"), ("postgres://bob:s3cr:t@db:5432/x", "postgres://bob:[redacted]@db:5432/x"),
        ("password=hunter2 user=bob", "password=[redacted] user=bob"), (#"{"db_password": "a\"b c", "x": 1}"#, #"{"db_password": "[redacted]", "x": 1}"#),
        (#"msg="{\"api_key\":\"abc\",\"n\":1}""#, #"msg="{\"api_key\":\"[redacted]\",\"n\":1}""#), ("GET /a?token=abc&b=1", "GET /a?token=[redacted]&b=1"),
        ("Password: correct horse", "Password: [redacted] horse"), ("clientSecret: 'xyz'", "clientSecret: '[redacted]'"),
        (#"{"token":12345,"a":1}"#, #"{"token":"[redacted]","a":1}"#), ("SECRET_KEY=abc", "SECRET_KEY=[redacted]"), (":pwd => \"x1\"", ":pwd => \"[redacted]\""),
    ])
    func secretsAreTakenOut(line: String, expected: String) {
        #expect(redact(line).text == expected)
        #expect(redact(line).counts.total == 1)
    }

    @Test(arguments: [
        "Failed password for root from 10.0.0.1 port 22", "password: null", "unexpected token: identifier", "tokens=500 keyboard=us", "Bearer authentication required",
        "http://example.com/a@b:c", "https://user@host/", "AKIA", "xAKIAIOSFODNN7EXAMPLE", "eyJ.abc", "PWD=/root ; USER=root", "password=*** secret=[FILTERED]",
        "token::new", "if key == \"x\"", "the secret of life", "passphrase", "https://[::1]:8080/", "", "a",
    ])
    func otherTextStays(line: String) {
        #expect(redact(line).text == line)
    }

    @Test(arguments: 0..<200) func whatWasTakenOutOnceIsNotFoundAgain(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "4111111111111111", "4111-1111-1111-1111", "password=abc", "\"token\":\"x\"", "Bearer abcdefgh123", "://u:p@h", "AKIAIOSFODNN7EXAMPLE", " ", ",", "\"", "{",
            "}", ":", "=", "\\", "'", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc", "Authorization: ", "Basic YWJjZGVmZ2g=", "é", "secret: ", "12", "[", "]", "\n",
        ]
        let line = (0..<Int.random(in: 1...20, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
        let once = redact(line).text
        let again = redact(once)
        #expect(again.text == once, "\(line)")
        #expect(again.counts.total == 0, "\(line) | \(once)")
    }

    /// The probing of every twelfth byte against looking at every run.
    @Test(arguments: 0..<200) func noCardIsMissedWhereverItStands(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let filler = Array("abc XYZ.:/\"9 0")
        let front = String((0..<Int.random(in: 0...40, using: &random)).map { _ in filler.randomElement(using: &random)! })
        let back = String((0..<Int.random(in: 0...40, using: &random)).map { _ in filler.randomElement(using: &random)! })
        let card = ["4111111111111111", "5500-0000-0000-0004", "378282246310005", "4222222222222"].randomElement(using: &random)!
        let line = "\(front)<\(card)>\(back)"
        #expect(redact(line).text.contains("****"), "\(line)")
    }

    @Test func fieldsAreCleanedAndThoseNamedAsSecretsLoseTheirValue() {
        var record = LogRecord(
            timestamp: receivedAt, stream: [:], body: "ok",
            fields: [
                LogField("db.password", "x"), LogField("card", .integer(4_111_111_111_111_111)), LogField("url", "ftp://a:b@c"), LogField("count", .integer(4111)),
                LogField("token", ""), LogField("api_key", "[redacted]"), LogField("ok", .bool(true)),
            ])
        var counts = RedactionCounts()
        Redactor().redact(&record, counting: &counts)
        #expect(record.fields.map(\.value.description) == ["[redacted]", "************1111", "ftp://a:[redacted]@c", "4111", "", "[redacted]", "true"])
        #expect((counts[.keys], counts[.cards], counts[.urls]) == (1, 1, 1))
    }

    @Test func patternsOfOnesOwnReplaceWhatTheyOrTheirGroupMatch() throws {
        let rules = RedactionRules(
            kinds: [.patterns],
            patterns: [
                .init(name: "employee", expression: try RegularExpression("EMP-[0-9]{6}")), .init(name: "order", expression: try RegularExpression("order (\\w+)")),
                .init(name: "empty", expression: try RegularExpression("x*")),
            ])
        let (text, counts) = redact("EMP-123456 order abc password=stays 4111111111111111", rules)
        #expect(text == "[redacted] order [redacted] password=stays 4111111111111111")
        #expect(counts[.patterns] == 2)
        #expect(redact(text, rules).counts.total == 0)
    }

    @Test func whatIsTurnedOffStays() {
        let line = "password=a 4111111111111111"
        #expect(redact(line, .none).text == line)
        #expect(redact(line, RedactionRules(kinds: [.cards])).text == "password=a ************1111")
        #expect(!Redactor(.none).isOn)
    }
}
