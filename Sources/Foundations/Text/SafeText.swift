/// Text from outside that can't act on a terminal: control, C1, bidirectional and separator characters are made visible.
///
/// C0 controls become their pictures (ESC is `␛`), a tab becomes a space, everything else that could move the cursor, reorder
/// or hide text becomes `�`. A terminal cell can hold nothing but characters of such a text.
public struct SafeText: Hashable, Sendable, CustomStringConvertible {
    public let string: String

    public init(_ text: some StringProtocol) {
        let needsWork = text.utf8.contains { $0 < 0x20 || $0 == 0x7F || $0 >= 0x80 }
        guard needsWork else {
            string = String(text)
            return
        }
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { safe.append(Self.neutralized(scalar)) }
        string = String(safe)
    }

    /// Invalid UTF-8 becomes `�`.
    public init(bytes: some Sequence<UInt8>) { self.init(String(decoding: Array(bytes), as: UTF8.self)) }

    public var description: String { string }

    static func neutralized(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0x09: " "
        case 0x00...0x1F: Unicode.Scalar(0x2400 + scalar.value)!
        case 0x7F: "\u{2421}"
        case 0x80...0x9F,  // C1 controls
            0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069,  // bidirectional marks, overrides and isolates
            0x2028, 0x2029,  // line and paragraph separators
            0x200B, 0x2060...0x2064, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFB,  // invisible: zero-width space, joiners of nothing, anchors
            0xE0000...0xE007F:  // tags
            "\u{FFFD}"
        default: scalar
        }
    }
}
