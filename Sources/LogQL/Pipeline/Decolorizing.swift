/// Takes ANSI colour sequences out of lines.
enum Decolorizing {
    static func plain(_ line: String) -> String {
        let escape: UInt8 = 0x1B
        guard line.utf8.contains(escape) else { return line }
        var result: [UInt8] = []
        var rest = Array(line.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == escape, rest.first == UInt8(ascii: "[") else {
                result.append(byte)
                continue
            }
            // Parameters (0x30…0x3F), intermediates (0x20…0x2F), one final byte (0x40…0x7E): ECMA-48, 5.4.
            rest = rest.dropFirst().drop { $0 >= 0x20 && $0 <= 0x3F }
            rest = rest.dropFirst()
        }
        return String(decoding: result, as: UTF8.self)
    }
}
