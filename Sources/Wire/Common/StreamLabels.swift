import Model

/// Makes a log stream's labels from names and values of any spelling.
struct StreamLabels {
    private let limits: WireLimits
    private var builder = LabelsBuilder()
    private var count = 0

    init(limits: WireLimits) { self.limits = limits }

    /// Sets a label. What is no letter, digit or underscore in the name becomes an underscore, as Loki does with `service.name`, so that
    /// selectors can name it. Of equal names the last one wins.
    mutating func set(_ name: String, to value: String, offset: Int) throws(WireError) {
        guard !name.isEmpty else { throw WireError("a stream label has an empty name", offset: offset) }
        guard name.utf8.count <= limits.labelNameBytesMax else {
            throw WireError(.overLimit, "the stream label \(quoted(String(name.prefix(64)))) is longer than \(limits.labelNameBytesMax) bytes", offset: offset)
        }
        guard value.utf8.count <= limits.labelValueBytesMax else {
            throw WireError(.overLimit, "the stream label \(quoted(name)) has a value of more than \(limits.labelValueBytesMax) bytes", offset: offset)
        }
        count += 1
        guard count <= limits.labelsMax else {
            throw WireError(.overLimit, "a stream has more than \(limits.labelsMax) labels", offset: offset)
        }
        builder.set(Self.plain(name), to: value)
    }

    /// The same for a value that nobody chose as a label, such as a process's command line in OTLP's resource: cut where it is too long, at a whole character.
    mutating func setCutting(_ name: String, to value: String, offset: Int) throws(WireError) {
        guard value.utf8.count > limits.labelValueBytesMax else { return try set(name, to: value, offset: offset) }
        var end = value.utf8.index(value.startIndex, offsetBy: limits.labelValueBytesMax)
        while end > value.startIndex, value.utf8[end] & 0xC0 == 0x80 { end = value.utf8.index(before: end) }
        try set(name, to: String(value[..<end]), offset: offset)
    }

    func build() -> Labels { builder.build() }

    private static func plain(_ name: String) -> String {
        if LabelName.isLegacy(name) { return name }
        var bytes = name.utf8.map { byte in
            let isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A
            let isDigit = byte >= 0x30 && byte <= 0x39
            return isLetter || isDigit ? byte : UInt8(ascii: "_")
        }
        if bytes[0] >= 0x30 && bytes[0] <= 0x39 { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
