/// Sets the terminal's style with as few bytes as it takes.
struct StyleWriter {
    let depth: ColourDepth
    /// What the terminal has set; nil where it isn't known.
    private(set) var current: Style?

    init(depth: ColourDepth) { self.depth = depth }

    mutating func forget() { current = nil }

    mutating func set(_ style: Style, _ output: inout [UInt8]) {
        let wanted = depth == .none ? Style(.standard, on: .standard, style.attributes) : style
        if wanted == current { return }
        output.append(contentsOf: "\u{1B}[".utf8)
        let start = output.count
        // From nothing, where that is shorter or the only way: single attributes aren't turned off, because terminals disagree about the
        // parameters for that. Without parameters all is reset too.
        if wanted != .plain { output.append(UInt8(ascii: "0")) }
        appendParameters(from: .plain, to: wanted, start, &output)
        let end = output.count
        if let current, current.attributes.subtracting(wanted.attributes).isEmpty, end > start {
            appendParameters(from: current, to: wanted, end, &output)
            if output.count - end < end - start { output.removeSubrange(start..<end) } else { output.removeLast(output.count - end) }
        }
        current = wanted
        output.append(UInt8(ascii: "m"))
    }

    /// Whether a cell written now would look as it should.
    func shows(_ cell: Cell) -> Bool {
        guard let current else { return false }
        let background = depth == .none ? .standard : cell.background
        if cell.glyph == 0x20, cell.style.attributes.isDisjoint(with: .seenOnBlanks), current.attributes.isDisjoint(with: .seenOnBlanks) { return current.background == background }
        return current == Style(depth == .none ? .standard : cell.foreground, on: background, cell.style.attributes)
    }

    /// Makes sure that what is erased or comes in by scrolling has the terminal's own background.
    mutating func clearBackground(_ output: inout [UInt8]) {
        if let current, current.background.isStandard, current.attributes.isEmpty { return }
        set(.plain, &output)
    }

    /// Appends what turns one style into the other; `start` is where parameters began.
    private func appendParameters(from base: Style, to wanted: Style, _ start: Int, _ output: inout [UInt8]) {
        if wanted.attributes != base.attributes {
            for (attribute, code) in Attributes.all where wanted.attributes.contains(attribute) && !base.attributes.contains(attribute) {
                separate(start, &output)
                output.append(decimal: code)
            }
        }
        if wanted.foreground != base.foreground { append(wanted.foreground, isBackground: false, start, &output) }
        if wanted.background != base.background { append(wanted.background, isBackground: true, start, &output) }
    }

    private func append(_ colour: Colour, isBackground: Bool, _ start: Int, _ parameters: inout [UInt8]) {
        separate(start, &parameters)
        if colour.isStandard {
            parameters.append(decimal: isBackground ? 49 : 39)
            return
        }
        switch depth {
        case .none: preconditionFailure("colours were taken off before")
        case .sixteen:
            let index = colour.indexed16
            parameters.append(decimal: (index < 8 ? 30 + index : 90 + index - 8) + (isBackground ? 10 : 0))
        case .indexed256:
            parameters.append(contentsOf: (isBackground ? "48;5;" : "38;5;").utf8)
            parameters.append(decimal: colour.indexed256)
        case .rgb:
            parameters.append(contentsOf: (isBackground ? "48;2;" : "38;2;").utf8)
            parameters.append(decimal: colour.red)
            parameters.append(UInt8(ascii: ";"))
            parameters.append(decimal: colour.green)
            parameters.append(UInt8(ascii: ";"))
            parameters.append(decimal: colour.blue)
        }
    }

    private func separate(_ start: Int, _ parameters: inout [UInt8]) {
        if parameters.count > start { parameters.append(UInt8(ascii: ";")) }
    }
}

extension [UInt8] {
    /// A number of 0 or more in decimal digits.
    mutating func append(decimal value: Int) {
        if value >= 10 { append(decimal: value / 10) }
        append(UInt8(ascii: "0") + UInt8(value % 10))
    }
}
