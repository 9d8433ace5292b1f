/// Reads `$A / ${B name} * 100`, with the signs and functions of Grafana's server-side expressions.
struct MathParser {
    private var rest: ArraySlice<UInt8>
    private var depth = 0

    /// Nesting: each level is a call on the stack.
    private static let depthMax = 100

    static func parse(_ text: String) throws(MathFault) -> MathNode {
        var parser = MathParser(rest: Array(text.utf8)[...])
        let node = try parser.expression(above: 0)
        parser.skipBlanks()
        guard parser.rest.isEmpty else { throw MathFault(description: "`\(parser.shown)` isn't understood") }
        return node
    }

    private var shown: String { String(decoding: rest.prefix(20), as: UTF8.self) }

    private mutating func skipBlanks() { while let byte = rest.first, byte == 0x20 || (0x09...0x0D).contains(byte) { rest.removeFirst() } }

    private mutating func take(_ text: StaticString) -> Bool {
        skipBlanks()
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard rest.starts(with: wanted) else { return false }
        rest.removeFirst(wanted.count)
        return true
    }

    /// The sign that stands here; longer ones first.
    private func sign() -> MathNode.Sign? {
        for length in [2, 1] {
            if let sign = MathNode.Sign(rawValue: String(decoding: rest.prefix(length), as: UTF8.self)), sign.rawValue.utf8.count == length { return sign }
        }
        return nil
    }

    private mutating func expression(above rank: Int) throws(MathFault) -> MathNode {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.depthMax else { throw MathFault(description: "it is nested deeper than \(Self.depthMax) levels") }
        var left = try operand()
        while true {
            skipBlanks()
            guard let sign = sign(), sign.rank > rank else { return left }
            rest.removeFirst(sign.rawValue.utf8.count)
            // A power binds from the right.
            left = .binary(sign, left, try expression(above: sign == .power ? sign.rank - 1 : sign.rank))
        }
    }

    private mutating func operand() throws(MathFault) -> MathNode {
        if take("-") { return .negated(try expression(above: MathNode.Sign.multiply.rank)) }
        if take("!") { return .not(try expression(above: MathNode.Sign.power.rank)) }
        if take("(") {
            let inside = try expression(above: 0)
            guard take(")") else { throw MathFault(description: "a `)` is missing") }
            return inside
        }
        if take("${") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { throw MathFault(description: "a `}` is missing") }
            let name = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
            return .reference(name)
        }
        if take("$") { return .reference(try word()) }
        guard let first = rest.first else { throw MathFault(description: "it ends too early") }
        return (0x30...0x39).contains(first) || first == UInt8(ascii: ".") ? try number() : try call()
    }

    private mutating func word() throws(MathFault) -> String {
        let found = rest.prefix { ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
        guard !found.isEmpty else { throw MathFault(description: "a name was expected at `\(shown)`") }
        rest = rest[found.endIndex...]
        return String(decoding: found, as: UTF8.self)
    }

    private mutating func number() throws(MathFault) -> MathNode {
        var end = rest.startIndex
        while end < rest.endIndex {
            let byte = rest[end]
            let isExponentSign = (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")) && end > rest.startIndex && rest[end - 1] | 0x20 == UInt8(ascii: "e")
            guard (0x30...0x39).contains(byte) || byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") || isExponentSign else { break }
            end += 1
        }
        guard let value = Double(String(decoding: rest[..<end], as: UTF8.self)) else { throw MathFault(description: "`\(shown)` is no number") }
        rest = rest[end...]
        return .number(value)
    }

    private mutating func call() throws(MathFault) -> MathNode {
        let name = try word()
        guard take("(") else { throw MathFault(description: "`\(name)` isn't known; queries are written `$A`") }
        let constants: [String: Double] = ["nan": .nan, "null": .nan, "inf": .infinity, "infn": -.infinity]
        if let constant = constants[name] {
            guard take(")") else { throw MathFault(description: "`\(name)` takes nothing") }
            return .number(constant)
        }
        guard let function = MathFunction(rawValue: name) else { throw MathFault(description: "the function `\(name)` isn't known") }
        let inside = try expression(above: 0)
        guard take(")") else { throw MathFault(description: "a `)` is missing") }
        return .call(function, inside)
    }
}
