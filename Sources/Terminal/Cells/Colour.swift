/// A cell's colour: the terminal's own, or 24 bits that the output brings down to what the terminal has.
@frozen public struct Colour: Hashable, Sendable {
    let bits: UInt32

    init(bits: UInt32) { self.bits = bits }

    /// The terminal's own foreground or background.
    public static let standard = Colour(bits: 0)

    /// `0xRRGGBB`.
    public init(_ rgb: UInt32) { bits = 0x0100_0000 | (rgb & 0xFF_FFFF) }

    var isStandard: Bool { bits == 0 }
    var red: Int { Int(bits >> 16 & 0xFF) }
    var green: Int { Int(bits >> 8 & 0xFF) }
    var blue: Int { Int(bits & 0xFF) }
}

/// How many colours the terminal shows.
public enum ColourDepth: String, Sendable, CaseIterable {
    case none, sixteen, indexed256, rgb
}

extension Colour {
    /// The nearest of the 240 fixed entries of xterm's palette (6x6x6 cube and 24 greys): 16 to 255.
    var indexed256: Int {
        func step(_ value: Int) -> Int { value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40 }
        func level(_ step: Int) -> Int { step == 0 ? 0 : 55 + 40 * step }
        let (r, g, b) = (step(red), step(green), step(blue))
        let grey = min(23, max(0, ((red + green + blue) / 3 - 3) / 10))
        let cubeError = distance(level(r), level(g), level(b))
        let greyError = distance(8 + 10 * grey, 8 + 10 * grey, 8 + 10 * grey)
        return greyError < cubeError ? 232 + grey : 16 + 36 * r + 6 * g + b
    }

    /// The nearest of the 16 named colours by xterm's values: 0 to 15.
    var indexed16: Int {
        var best = (index: 0, error: Int.max)
        for (index, value) in Self.named.enumerated() {
            let error = distance(Int(value >> 16), Int(value >> 8 & 0xFF), Int(value & 0xFF))
            if error < best.error { best = (index, error) }
        }
        return best.index
    }

    private static let named: [UInt32] = [
        0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
        0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF,
    ]

    private func distance(_ r: Int, _ g: Int, _ b: Int) -> Int {
        (red - r) * (red - r) + (green - g) * (green - g) + (blue - b) * (blue - b)
    }
}
