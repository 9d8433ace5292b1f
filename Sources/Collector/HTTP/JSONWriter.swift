import Foundations
import Model

/// Appends JSON (RFC 8259) to bytes; commas are set by itself, nesting is the caller's.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false
    private var sampleText = SampleText()

    init(reservingBytes count: Int = 256) { bytes.reserveCapacity(count) }

    mutating func beginObject() { open(UInt8(ascii: "{")) }
    mutating func endObject() { close(UInt8(ascii: "}")) }
    mutating func beginArray() { open(UInt8(ascii: "[")) }
    mutating func endArray() { close(UInt8(ascii: "]")) }

    /// An object, its members written by `body`.
    mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        beginObject()
        try body(&self)
        endObject()
    }

    mutating func array<Elements: Sequence>(_ elements: Elements, _ body: (inout JSONWriter, Elements.Element) throws -> Void) rethrows {
        beginArray()
        for element in elements { try body(&self, element) }
        endArray()
    }

    mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
    }

    /// UTF-8 bytes as a string.
    mutating func string(_ utf8: UnsafeRawBufferPointer) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func integer(_ value: some BinaryInteger) {
        separate()
        bytes.append(decimal: value)
    }

    /// A finite number; others, which JSON doesn't have, become null.
    mutating func number(_ value: Double) {
        separate()
        if value.isFinite { bytes.append(plainValue: value) } else { bytes.append(contentsOf: "null".utf8) }
    }

    mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Samples as an array of pairs, `[[1435781451.781,"1"],…]`.
    mutating func samples(_ timestamps: [Int64], _ values: [Double]) {
        beginArray()
        sampleText.append(timestamps, values, to: &bytes)
        endArray()
    }

    /// Forgets what was written, which has gone elsewhere; what follows is written as behind it.
    mutating func removeBytes() { bytes.removeAll(keepingCapacity: true) }

    /// A value that `append` writes as JSON itself.
    mutating func raw(_ append: (inout [UInt8]) -> Void) {
        separate()
        append(&bytes)
    }

    mutating func member(_ name: String, _ value: String) {
        key(name)
        string(value)
    }
    mutating func member(_ name: String, _ value: some BinaryInteger) {
        key(name)
        integer(value)
    }
    mutating func member(_ name: String, _ value: Double) {
        key(name)
        number(value)
    }
    mutating func member(_ name: String, _ value: Bool) {
        key(name)
        bool(value)
    }
    mutating func member(_ name: String, _ values: some Sequence<String>) {
        key(name)
        array(values) { $0.string($1) }
    }

    /// Labels as an object of strings.
    mutating func labels(_ labels: Labels) {
        beginObject()
        labels.forEachBytes { name, value in
            string(name)
            bytes.append(UInt8(ascii: ":"))
            needsComma = false
            string(value)
        }
        endObject()
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func appendEscaped(_ utf8: UnsafeRawBufferPointer) {
        var plainStart = 0
        for index in utf8.indices {
            let byte = utf8[index]
            if byte >= 0x20 && byte != 0x22 && byte != 0x5C && byte != 0x7F { continue }
            bytes.append(contentsOf: utf8[plainStart..<index])
            plainStart = index + 1
            switch byte {
            case 0x22, 0x5C: bytes.append(contentsOf: [0x5C, byte])
            case 0x0A: bytes.append(contentsOf: [0x5C, UInt8(ascii: "n")])
            case 0x0D: bytes.append(contentsOf: [0x5C, UInt8(ascii: "r")])
            case 0x09: bytes.append(contentsOf: [0x5C, UInt8(ascii: "t")])
            default:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(hexDigit: byte >> 4)
                bytes.append(hexDigit: byte & 0xF)
            }
        }
        bytes.append(contentsOf: utf8[plainStart...])
    }
}

extension [UInt8] {
    mutating func append(hexDigit digit: UInt8) { append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
}
