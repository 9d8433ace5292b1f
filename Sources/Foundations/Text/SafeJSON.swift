/// JSON that can be printed on a terminal.
public enum SafeJSON {
    /// JSON of the same meaning without what could act on a terminal (see `SafeText`): such characters are written as escapes of four
    /// hexadecimal digits. Controls below 0x20 are left alone, since JSON has escaped those within strings already.
    public static func escaped(_ json: String) -> String {
        guard json.utf8.contains(where: { $0 >= 0x7F }) else { return json }
        var escaped = String.UnicodeScalarView()
        for scalar in json.unicodeScalars {
            if scalar.value < 0x7F || SafeText(String(scalar)).string.unicodeScalars.first == scalar {
                escaped.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    escaped.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).unicodeScalars)
                }
            }
        }
        return String(escaped)
    }
}
