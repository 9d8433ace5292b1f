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
        var parameters: [UInt8] = []
        var base = current ?? Style.plain
        // Single attributes aren't turned off: terminals disagree about the parameters for that.
        if current == nil || !base.attributes.subtracting(wanted.attributes).isEmpty {
            parameters.append(UInt8(ascii: "0"))
            base = .plain
        }
        for (attribute, code) in Attributes.all where wanted.attributes.contains(attribute) && !base.attributes.contains(attribute) {
            separate(&parameters)
            parameters.append(decimal: code)
        }
        if wanted.foreground != base.foreground { append(wanted.foreground, isBackground: false, &parameters) }
        if wanted.background != base.background { append(wanted.background, isBackground: true, &parameters) }
        current = wanted
        if parameters.isEmpty { return }
        output.append(contentsOf: "\u{1B}[".utf8)
        output.append(contentsOf: parameters)
        output.append(UInt8(ascii: "m"))
    }

    private func append(_ colour: Colour, isBackground: Bool, _ parameters: inout [UInt8]) {
        separate(&parameters)
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

    private func separate(_ parameters: inout [UInt8]) {
        if !parameters.isEmpty { parameters.append(UInt8(ascii: ";")) }
    }
}

extension [UInt8] {
    /// A number of 0 or more in decimal digits.
    mutating func append(decimal value: Int) {
        if value >= 10 { append(decimal: value / 10) }
        append(UInt8(ascii: "0") + UInt8(value % 10))
    }
}
