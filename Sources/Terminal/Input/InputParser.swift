import Foundations

/// Parses the bytes of a terminal into keys, mouse events, pastes and replies. The bytes may be split anywhere.
///
/// A lone ESC is held back until more comes or `flush` says that nothing will. Sequences that aren't known are dropped whole.
public struct InputParser: Sendable {
    private enum Step {
        case event(InputEvent, bytes: Int)
        case dropped(bytes: Int)
        case needsMore
    }

    private var pending: [UInt8] = []
    /// The bytes of a paste that hasn't ended.
    private var paste: [UInt8]?

    private static let pasteStart = Array("\u{1B}[200~".utf8)
    private static let pasteEnd = Array("\u{1B}[201~".utf8)

    public init() {}

    /// Whether the beginning of a sequence is held back: `flush` is due when nothing follows.
    public var isWaiting: Bool { !pending.isEmpty && paste == nil }

    /// Takes bytes and appends the events that are complete.
    public mutating func feed(_ bytes: some Sequence<UInt8>, into events: inout [InputEvent]) {
        pending.append(contentsOf: bytes)
        consume(into: &events)
    }

    /// Takes what is held back as keys: ESC as itself, other beginnings of sequences as Alt with a character.
    public mutating func flush(into events: inout [InputEvent]) {
        guard isWaiting else { return }
        if pending[0] == 0x1B {
            pending.removeFirst()
            if let next = pending.first, next >= 0x20, next < 0x7F {
                events.append(.key(.character(Character(Unicode.Scalar(next))), .alt))
                pending.removeFirst()
            } else {
                events.append(.key(.escape))
            }
        } else {
            // The beginning of a UTF-8 sequence that never ended.
            pending.removeFirst()
        }
        consume(into: &events)
        if !pending.isEmpty { flush(into: &events) }
    }

    private mutating func consume(into events: inout [InputEvent]) {
        var offset = 0
        parsing: while offset < pending.count {
            if paste != nil {
                offset = continuePaste(from: offset, into: &events)
                if paste != nil { break }
                continue
            }
            if pending[offset...].starts(with: Self.pasteStart) {
                offset += Self.pasteStart.count
                paste = []
                continue
            }
            switch step(pending[offset...]) {
            case .event(let event, let bytes):
                events.append(event)
                offset += bytes
            case .dropped(let bytes): offset += bytes
            case .needsMore: break parsing
            }
        }
        pending.removeFirst(offset)
    }

    /// Collects a paste up to its end mark; returns the offset behind what was taken.
    private mutating func continuePaste(from start: Int, into events: inout [InputEvent]) -> Int {
        let rest = pending[start...]
        var offset = start
        while offset < rest.endIndex {
            if rest[offset] == 0x1B {
                let tail = rest[offset...]
                if tail.starts(with: Self.pasteEnd) {
                    events.append(.paste(SafeText(bytes: paste ?? [])))
                    paste = nil
                    return offset + Self.pasteEnd.count
                }
                if tail.count < Self.pasteEnd.count && Self.pasteEnd.starts(with: tail) { return offset }
            }
            if paste!.count < Limits.pasteBytes { paste!.append(rest[offset]) }
            offset += 1
        }
        return offset
    }

    private func step(_ bytes: ArraySlice<UInt8>) -> Step {
        let first = bytes[bytes.startIndex]
        switch first {
        case 0x1B: return stepEscape(bytes)
        case 0x0D, 0x0A: return .event(.key(.enter), bytes: 1)
        case 0x09: return .event(.key(.tab), bytes: 1)
        case 0x08, 0x7F: return .event(.key(.backspace), bytes: 1)
        case 0x00: return .event(.key(.character(" "), .control), bytes: 1)
        case 0x01...0x1A: return .event(.key(.character(Character(Unicode.Scalar(first + 0x60))), .control), bytes: 1)
        case 0x1C...0x1F: return .event(.key(.character(Character(Unicode.Scalar(first + 0x40))), .control), bytes: 1)
        default: return stepCharacter(bytes, modifiers: [], prefix: 0)
        }
    }

    private func stepEscape(_ bytes: ArraySlice<UInt8>) -> Step {
        let rest = bytes.dropFirst()
        guard let second = rest.first else { return .needsMore }
        switch second {
        case UInt8(ascii: "["): return stepControlSequence(bytes)
        case UInt8(ascii: "O"):
            guard let final = rest.dropFirst().first else { return .needsMore }
            return ControlSequence.singleShift(final).map { .event($0, bytes: 3) } ?? .dropped(bytes: 3)
        case 0x1B: return .event(.key(.escape), bytes: 1)
        case 0x0D, 0x0A: return .event(.key(.enter, .alt), bytes: 2)
        case 0x7F, 0x08: return .event(.key(.backspace, .alt), bytes: 2)
        case 0x00..<0x20: return .event(.key(.escape), bytes: 1)
        default: return stepCharacter(rest, modifiers: .alt, prefix: 1)
        }
    }

    private func stepCharacter(_ bytes: ArraySlice<UInt8>, modifiers: Modifiers, prefix: Int) -> Step {
        let first = bytes[bytes.startIndex]
        let length = first < 0x80 ? 1 : first & 0xE0 == 0xC0 ? 2 : first & 0xF0 == 0xE0 ? 3 : first & 0xF8 == 0xF0 ? 4 : 0
        if length == 0 { return .dropped(bytes: prefix + 1) }
        for (index, byte) in bytes.dropFirst().prefix(length - 1).enumerated() where byte & 0xC0 != 0x80 { return .dropped(bytes: prefix + 1 + index) }
        if bytes.count < length { return .needsMore }
        guard let text = String(validating: bytes.prefix(length), as: UTF8.self), let character = SafeText(text).string.first else {
            return .dropped(bytes: prefix + length)
        }
        return .event(.key(.character(character), modifiers), bytes: prefix + length)
    }

    private func stepControlSequence(_ bytes: ArraySlice<UInt8>) -> Step {
        let body = bytes.dropFirst(2)
        // Parameters and intermediates are 0x20 to 0x3F, the final byte 0x40 to 0x7E (ECMA-48, 5.4).
        guard let end = body.firstIndex(where: { !(0x20...0x3F).contains($0) }) else {
            return bytes.count > Limits.sequenceBytes ? .dropped(bytes: bytes.count) : .needsMore
        }
        let length = end - bytes.startIndex + 1
        guard (0x40...0x7E).contains(bytes[end]) else { return .dropped(bytes: length - 1) }
        if length > Limits.sequenceBytes { return .dropped(bytes: length) }
        let event = ControlSequence(parameters: body[..<end], final: bytes[end]).event
        return event.map { .event($0, bytes: length) } ?? .dropped(bytes: length)
    }
}
