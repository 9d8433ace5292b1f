import Foundations

/// What came from the terminal.
public enum InputEvent: Hashable, Sendable {
    case key(Key, Modifiers = [])
    case mouse(MouseEvent)
    /// Text that was pasted as a whole.
    case paste(SafeText)
    case reply(TerminalReply)
}

/// A key by what it means. Control with a letter is `.character` with `.control`.
public enum Key: Hashable, Sendable {
    case character(Character)
    case enter, tab, backspace, escape
    case up, down, left, right, home, end, pageUp, pageDown, insert, delete
    /// F1 is 1.
    case function(Int)
}

/// Keys held down with another. Shift is told apart only where the key isn't a character.
public struct Modifiers: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let shift = Modifiers(rawValue: 1)
    public static let alt = Modifiers(rawValue: 2)
    public static let control = Modifiers(rawValue: 4)
}

/// A press, release or turn of the wheel; the position counts from 0 at the top left.
public struct MouseEvent: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
        case press(button: Int), release(button: Int), move, wheelUp, wheelDown
    }

    public var action: Action
    public var x: Int
    public var y: Int
    public var modifiers: Modifiers

    public init(action: Action, x: Int, y: Int, modifiers: Modifiers = []) {
        self.action = action
        self.x = x
        self.y = y
        self.modifiers = modifiers
    }
}

/// The terminal's answers to questions.
public enum TerminalReply: Hashable, Sendable {
    /// Primary device attributes (DA1): every terminal answers it, so it marks the end of a probe.
    case deviceAttributes
    /// Whether a DEC private mode is known and can be set (DECRPM).
    case mode(number: Int, isSupported: Bool)
}
