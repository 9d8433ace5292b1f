@testable import Terminal
import Foundations

/// As much of a terminal as the encoder uses: cursor, SGR, erasing, scroll regions. Anything else it is sent is a fault of the encoder.
struct TerminalEmulator {
    struct Position: Equatable {
        var text = " "
        var style = Style.plain
        /// 0 in the right half of a wide cluster.
        var width = 1
    }

    let size: Size
    /// Draws uncertain clusters in one column, as some terminals do.
    var isNarrow = false
    private(set) var rows: [[Position]]
    private(set) var faults: [String] = []
    private var x = 0
    private var y = 0
    private var style = Style.plain
    private var region: ClosedRange<Int>

    init(_ size: Size, isNarrow: Bool = false) {
        self.size = size
        self.isNarrow = isNarrow
        rows = Array(repeating: Array(repeating: Position(), count: size.columns), count: size.rows)
        region = 0...size.rows - 1
    }

    mutating func write(_ bytes: [UInt8]) {
        var rest = Substring(String(decoding: bytes, as: UTF8.self)).unicodeScalars[...]
        while let scalar = rest.first {
            if scalar == "\u{1B}" {
                rest.removeFirst()
                escape(&rest)
            } else if scalar == "\r" {
                rest.removeFirst()
                x = 0
            } else if scalar == "\u{8}" {
                rest.removeFirst()
                x = max(0, x - 1)
            } else if scalar == "\n" {
                rest.removeFirst()
                if y == region.upperBound { scroll(1) } else { y = min(y + 1, size.rows - 1) }
            } else if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
                faults.append("control \(scalar.value)")
                rest.removeFirst()
            } else {
                let text = rest.prefix { $0.value >= 0x20 }
                for character in String(text) { print(character) }
                rest = rest[text.endIndex...]
            }
        }
    }

    private mutating func escape(_ rest: inout Substring.UnicodeScalarView) {
        let kind = rest.popFirst()
        if kind == "M" {
            if y == region.lowerBound { scroll(-1) } else { y = max(0, y - 1) }
            return
        }
        guard kind == "[" else { return faults.append("ESC \(String(describing: kind))") }
        let body = String(rest.prefix { (0x20...0x3F).contains($0.value) })
        rest.removeFirst(body.unicodeScalars.count)
        let final = rest.popFirst() ?? "?"
        if body == "?2026" && (final == "h" || final == "l") { return }
        let numbers = body.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        func number(_ index: Int) -> Int { index < numbers.count ? max(1, numbers[index]) : 1 }
        switch final {
        case "H": (x, y) = (min(number(1), size.columns) - 1, min(number(0), size.rows) - 1)
        // Within the margins of scrolling the cursor stays there.
        case "A": y = max(y >= region.lowerBound ? region.lowerBound : 0, y - number(0))
        case "B": y = min(y <= region.upperBound ? region.upperBound : size.rows - 1, y + number(0))
        case "C": x = min(size.columns - 1, x + number(0))
        case "D": x = max(0, x - number(0))
        case "P": shift(number(0), isDeleting: true)
        case "@": shift(number(0), isDeleting: false)
        case "J": rows = Array(repeating: Array(repeating: Position(style: Style(on: style.background)), count: size.columns), count: size.rows)
        case "K": for column in x..<size.columns { blank(column, y, style: Style(on: style.background)) }
        case "r":
            region = body.isEmpty ? 0...size.rows - 1 : number(0) - 1...number(1) - 1
            (x, y) = (0, 0)
        case "m": select(numbers)
        default: faults.append("CSI \(body)\(final)")
        }
    }

    private mutating func select(_ numbers: [Int]) {
        var rest = numbers[...]
        if rest.isEmpty { style = .plain }
        while let code = rest.popFirst() {
            switch code {
            case 0: style = .plain
            case 39: style.foreground = .standard
            case 49: style.background = .standard
            case 38, 48:
                guard rest.popFirst() == 2, let r = rest.popFirst(), let g = rest.popFirst(), let b = rest.popFirst() else { return faults.append("SGR \(numbers)") }
                let colour = Colour(UInt32(r << 16 | g << 8 | b))
                if code == 38 { style.foreground = colour } else { style.background = colour }
            default:
                guard let known = Attributes.all.first(where: { $0.code == code }) else { return faults.append("SGR \(code)") }
                style.attributes.insert(known.attribute)
            }
        }
    }

    private mutating func print(_ character: Character) {
        var width = DisplayWidth.columns(of: SafeText(String(character)))
        let isCertain = character.unicodeScalars.count == 1 && Cluster.isCertain(character.unicodeScalars.first!.value)
        if isNarrow && !isCertain { width = 1 }
        // Without wrapping, what is beyond the last column replaces it.
        if x + width > size.columns { x = size.columns - width }
        for column in x..<x + width { blank(column, y, style: style) }
        rows[y][x] = Position(text: String(character), style: style, width: width)
        if width == 2 { rows[y][x + 1] = Position(text: "", style: style, width: 0) }
        x = min(x + width, size.columns - 1)
    }

    private mutating func blank(_ x: Int, _ y: Int, style: Style) {
        if rows[y][x].width == 0 { rows[y][x - 1] = Position(style: rows[y][x - 1].style) }
        if rows[y][x].width == 2 { rows[y][x + 1] = Position(style: rows[y][x + 1].style) }
        rows[y][x] = Position(style: style)
    }

    /// Deletes or inserts characters at the cursor; the rest of the row moves.
    private mutating func shift(_ count: Int, isDeleting: Bool) {
        let blank = Position(style: Style(on: style.background))
        if rows[y][x...].contains(where: { $0.width != 1 }) { faults.append("moved a wide cluster") }
        for _ in 0..<count {
            if isDeleting {
                rows[y].remove(at: x)
                rows[y].append(blank)
            } else {
                rows[y].insert(blank, at: x)
                rows[y].removeLast()
            }
        }
    }

    private mutating func scroll(_ shift: Int) {
        let blank = Array(repeating: Position(style: Style(on: style.background)), count: size.columns)
        if shift > 0 {
            rows.remove(at: region.lowerBound)
            rows.insert(blank, at: region.upperBound)
        } else {
            rows.remove(at: region.upperBound)
            rows.insert(blank, at: region.lowerBound)
        }
    }

    /// The first position that differs from a buffer; nil where none does. In narrow mode only certain glyphs are compared.
    func difference(from buffer: Buffer) -> String? {
        for y in 0..<size.rows {
            for x in 0..<size.columns {
                let cell = buffer[x, y]
                if isNarrow && !Cluster.isCertain(cell.glyph) { continue }
                let shown = rows[y][x]
                // Of a blank no more can be seen than its background, underline and reversal.
                let isBlank = cell.glyph == 0x20 && [cell.style, shown.style].allSatisfy { $0.attributes.isDisjoint(with: [.underline, .reverse]) }
                let isSame = shown.style == cell.style || isBlank && shown.style.background == cell.style.background
                if shown.text != cell.text || !isSame { return "\(x),\(y): shows \(shown), wanted \(cell.text) \(cell.style)" }
            }
        }
        return nil
    }
}
