import Foundations
import Testing

@Test(arguments: [
    ("{\"a\": \"plain\"}\n", "{\"a\": \"plain\"}\n"), ("\"é – 😀\"", "\"é – 😀\""), ("\"\u{9B}2J\"", "\"\\u009b2J\""),
    ("\"\u{202E}x\u{7F}\"", "\"\\u202ex\\u007f\""), ("\"\u{E0041}\"", "\"\\udb40\\udc41\""),
])
func whatCouldActOnATerminalIsEscapedInJSON(_ json: String, _ expected: String) { #expect(SafeJSON.escaped(json) == expected) }
