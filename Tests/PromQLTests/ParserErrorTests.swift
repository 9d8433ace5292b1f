import PromQL
import Testing

@Suite struct ParserErrorTests {
    @Test(arguments: [
        ("", "1:1: parse error: no expression found in input"),
        ("  # nothing", "1:12: parse error: no expression found in input"),
        ("foo{", "1:5: parse error: unexpected end of input in label matching, expected identifier, string or \"}\""),
        ("foo{a}", "1:6: parse error: unexpected \"}\" in label matching, expected label matching operator"),
        ("foo{a=1}", "1:7: parse error: unexpected number \"1\" in label matching, expected string"),
        ("(1", "1:3: parse error: unclosed left parenthesis, expected \")\""),
        ("1 +", "1:4: parse error: unexpected end of input in the expression, expected a number, a string, a selector, a call or \"(\""),
        ("foo bar", "1:5: parse error: unexpected identifier \"bar\" in the expression, expected an operator or the end"),
        ("\n\nrate(foo)", "3:6: parse error: expected type range vector in call to function \"rate\", got instant vector"),
        ("unknown(1)", "1:1: parse error: unknown function with name \"unknown\""),
        ("1 == 2", "1:1: parse error: comparisons between scalars must use BOOL modifier"),
        ("1 and 2", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"),
        ("a + on(x) 1", "1:1: parse error: vector matching only allowed between instant vectors"),
        ("a and on(x) group_left b", "1:13: parse error: no grouping allowed for \"and\" operation"),
        ("a + bool b", "1:5: parse error: bool modifier can only be used on comparison operators"),
        ("a * on(x) group_left(x) b", "1:11: parse error: label \"x\" must not occur in ON and GROUP clause at once"),
        ("{a=\"\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ("foo{__name__=\"bar\"}", "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\""),
        ("foo{a=~\"(\"}", "1:8: parse error: \"(\" is no regular expression: missing ): ("),
        ("foo[5m][5m]", "1:8: parse error: ranges only allowed for vector selectors"),
        ("foo[0]", "1:4: parse error: duration must be greater than 0"),
        ("foo offset 5m offset 5m", "1:15: parse error: offset may not be set multiple times"),
        ("sum(foo) offset 5m", "1:10: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery"),
        ("foo @ 1 @ 2", "1:9: parse error: @ <timestamp> may not be set multiple times"),
        ("foo[5m][5m:1m]", "1:1: parse error: subquery is only allowed on instant vector, got range vector instead"),
        ("\"abc", "1:1: parse error: unterminated quoted string"),
        ("\"\\q\"", "1:2: parse error: unknown or incomplete escape sequence in a string, expected one of \\a \\b \\f \\n \\r \\t \\v \\\\ \\nnn \\xnn \\unnnn \\Unnnnnnnn or the quote"),
        ("5mm", "1:1: parse error: bad number or duration syntax: \"5mm\""),
        ("sum(a, b)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2"),
        ("topk(a, b)", "1:6: parse error: expected type scalar in aggregation parameter, got instant vector"),
        ("round()", "1:1: parse error: expected at least 1 argument(s) in call to \"round\", got 0"),
        ("time(1)", "1:1: parse error: expected 0 argument(s) in call to \"time\", got 1"),
        ("abs(a,)", "1:6: parse error: trailing commas not allowed in function call args"),
        ("-foo[5m]", "1:2: parse error: unary expression only allowed on expressions of type scalar or instant vector, got \"range vector\""),
        ("deriv(foo[5m] anchored)", "1:7: parse error: anchored modifier can only be used with: changes, delta, increase, rate, resets - not with deriv"),
        ("a;b", "1:2: parse error: unexpected character: \";\""),
        ("a\u{1B}b", "1:2: parse error: unexpected character: \"␛\""),
    ])
    func aMistakeIsNamedWithItsPlace(text: String, message: String) {
        do {
            let expression = try PromQLParser.parse(text)
            Issue.record("\(text) parsed as \(expression)")
        } catch {
            #expect(error.description == message)
        }
    }

    @Test func columnsCountBytesAndOffsetsCountFromTheText() throws {
        let error = try #require(throws: PromQLSyntaxError.self) { try PromQLParser.parse("{a=\"é\"}\n  + ;") }
        #expect((error.position.line, error.position.column, error.position.offset) == (2, 5, 13))
    }

    @Test(arguments: [
        ("0x1F", 31.0), ("1_000_000", 1_000_000), (".5", 0.5), ("5.", 5), ("1e-3", 0.001), ("1E3", 1000), ("017", 15), ("08", 8), ("5m", 300), ("1h30m", 5400),
        ("100ms", 0.1), ("1d", 86_400), ("inF", .infinity), ("0x_ff_ff", 65_535),
    ])
    func numbersHaveAllTheirForms(text: String, value: Double) throws {
        guard case .number(let literal) = try PromQLParser.parse(text).node else {
            Issue.record("\(text) is no number")
            return
        }
        #expect(literal.value == value)
    }

    @Test func stringsKeepBytesThatAreNoText() throws {
        guard case .string(let literal) = try PromQLParser.parse(#""\xff\101\u00e4\n""#).node else {
            Issue.record("no string")
            return
        }
        #expect(literal.bytes == [0xFF, 0x41, 0xC3, 0xA4, 0x0A])
        #expect(literal.text == nil)
    }
}
