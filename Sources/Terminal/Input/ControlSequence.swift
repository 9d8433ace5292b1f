/// A complete control sequence, CSI, of a terminal's input.
struct ControlSequence {
    private let prefix: UInt8?
    private let numbers: [Int]
    private let intermediates: [UInt8]
    private let final: UInt8

    /// `parameters` are all bytes between `ESC [` and the final one.
    init(parameters: ArraySlice<UInt8>, final: UInt8) {
        var rest = parameters
        prefix = rest.first.flatMap { (0x3C...0x3F).contains($0) ? $0 : nil }
        if prefix != nil { rest.removeFirst() }
        let digits = rest.prefix { (0x30...0x3B).contains($0) }
        numbers = digits.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { part in
            // A colon separates sub-parameters, of which none is needed.
            part.prefix { $0 != UInt8(ascii: ":") }.reduce(0) { min(100_000, $0 * 10 + Int($1 & 0x0F)) }
        }
        intermediates = Array(rest.dropFirst(digits.count))
        self.final = final
    }

    /// Nil where the sequence isn't known.
    var event: InputEvent? {
        switch prefix {
        case UInt8(ascii: "<"): mouse
        case UInt8(ascii: "?"): reply
        case nil: intermediates.isEmpty ? key : nil
        default: nil
        }
    }

    private func number(_ index: Int, default value: Int = 0) -> Int { index < numbers.count ? numbers[index] : value }

    private var modifiers: Modifiers {
        // xterm: 1 plus the sum of 1 shift, 2 alt, 4 control.
        Modifiers(rawValue: UInt8(max(0, number(1, default: 1) - 1) & 7))
    }

    private var key: InputEvent? {
        switch final {
        case UInt8(ascii: "Z"): .key(.tab, .shift)
        case UInt8(ascii: "~"): Self.numbered(number(0)).map { .key($0, modifiers) }
        case UInt8(ascii: "u"): unicodeKey
        default: Self.lettered(final).map { .key($0, modifiers) }
        }
    }

    private var unicodeKey: InputEvent? {
        switch number(0) {
        case 13: return .key(.enter, modifiers)
        case 9: return .key(.tab, modifiers)
        case 27: return .key(.escape, modifiers)
        case 127: return .key(.backspace, modifiers)
        case let value where value >= 0x20 && value < 0x7F: return .key(.character(Character(Unicode.Scalar(UInt8(value)))), modifiers.subtracting(.shift))
        default: return nil
        }
    }

    private static func lettered(_ final: UInt8) -> Key? {
        switch final {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        case UInt8(ascii: "F"): .end
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "P"): .function(1)
        case UInt8(ascii: "Q"): .function(2)
        case UInt8(ascii: "R"): .function(3)
        case UInt8(ascii: "S"): .function(4)
        default: nil
        }
    }

    private static func numbered(_ number: Int) -> Key? {
        switch number {
        case 1, 7: .home
        case 2: .insert
        case 3: .delete
        case 4, 8: .end
        case 5: .pageUp
        case 6: .pageDown
        case 11...15: .function(number - 10)
        case 17...21: .function(number - 11)
        case 23, 24: .function(number - 12)
        default: nil
        }
    }

    /// `ESC O` and a letter: what the cursor and function keys send in application mode.
    static func singleShift(_ final: UInt8) -> InputEvent? {
        if final == UInt8(ascii: "M") { return .key(.enter) }
        return lettered(final).map { .key($0) }
    }

    /// SGR mouse reports, DEC mode 1006: button; column; row, `M` for a press and `m` for a release.
    private var mouse: InputEvent? {
        guard numbers.count == 3, number(1) > 0, number(2) > 0, final == UInt8(ascii: "M") || final == UInt8(ascii: "m") else { return nil }
        let code = number(0)
        let modifiers = Modifiers(rawValue: UInt8((code & 4 != 0 ? 1 : 0) | (code & 8 != 0 ? 2 : 0) | (code & 16 != 0 ? 4 : 0)))
        let action: MouseEvent.Action
        if code & 64 != 0 {
            guard code & 3 < 2 else { return nil }
            action = code & 1 == 0 ? .wheelUp : .wheelDown
        } else if code & 32 != 0 {
            action = .move
        } else {
            action = final == UInt8(ascii: "M") ? .press(button: code & 3) : .release(button: code & 3)
        }
        return .mouse(MouseEvent(action: action, x: number(1) - 1, y: number(2) - 1, modifiers: modifiers))
    }

    private var reply: InputEvent? {
        if final == UInt8(ascii: "c") { return .reply(.deviceAttributes) }
        if final == UInt8(ascii: "y"), intermediates == [UInt8(ascii: "$")], numbers.count == 2 {
            // 1 set, 2 reset: can be changed. 0 is not known, 3 and 4 are fixed.
            return .reply(.mode(number: number(0), isSupported: number(1) == 1 || number(1) == 2))
        }
        return nil
    }
}
