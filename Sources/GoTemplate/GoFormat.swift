import Glibc

/// Go's `printf` for the values a template has: flags, width and precision with the verbs v s d f g e x t q c.
public enum GoFormat {
    /// A value to be written.
    public enum Argument: Sendable {
        case bool(Bool)
        case integer(Int64)
        case float(Double)
        case text(String)
        /// What has no verb of its own but `v`: as Go prints it, and Go's name of its type. Lists and maps can be printed as texts.
        case other(printed: String, type: String, isCollection: Bool)

        public var printed: String {
            switch self {
            case .bool(let flag): flag ? "true" : "false"
            case .integer(let number): String(number)
            case .float(let number): GoNumber.shortest(number)
            case .text(let text): text
            case .other(let printed, _, _): printed
            }
        }

        fileprivate var type: String {
            switch self {
            case .bool: "bool"
            case .integer: "int"
            case .float: "float64"
            case .text: "string"
            case .other(_, let type, _): type
            }
        }
    }

    /// A width or precision beyond this only fills memory.
    private static let widthMax = 256

    public static func format(_ format: String, _ arguments: [Argument]) -> String {
        var result = ""
        var rest = format[...]
        var next = 0
        while let percent = rest.firstIndex(of: "%") {
            result += rest[..<percent]
            rest = rest[rest.index(after: percent)...]
            let directive = takeDirective(&rest)
            guard let verb = directive.verb else {
                result += "%!(NOVERB)"
                break
            }
            if verb == "%" {
                result += "%"
            } else if next < arguments.count {
                result += text(arguments[next], verb, directive)
                next += 1
            } else {
                result += "%!\(verb)(MISSING)"
            }
        }
        result += rest
        if next < arguments.count { result += "%!(EXTRA \(arguments[next...].map { "\($0.type)=\($0.printed)" }.joined(separator: ", ")))" }
        return result
    }

    private struct Directive {
        var isLeft = false
        var isSigned = false
        var isZeroPadded = false
        var width = 0
        var precision: Int?
        var verb: Character?
    }

    private static func takeDirective(_ rest: inout Substring) -> Directive {
        var directive = Directive()
        while let flag = rest.first, "-+0# ".contains(flag) {
            if flag == "-" { directive.isLeft = true }
            if flag == "+" { directive.isSigned = true }
            if flag == "0" { directive.isZeroPadded = true }
            rest.removeFirst()
        }
        directive.width = takeNumber(&rest) ?? 0
        if rest.first == "." {
            rest.removeFirst()
            directive.precision = takeNumber(&rest) ?? 0
        }
        directive.verb = rest.popFirst()
        return directive
    }

    private static func takeNumber(_ rest: inout Substring) -> Int? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        return digits.isEmpty ? nil : min(Int(digits) ?? widthMax, widthMax)
    }

    private static func text(_ value: Argument, _ verb: Character, _ directive: Directive) -> String {
        guard let plain = plainText(value, verb, directive) else { return "%!\(verb)(\(value.type)=\(value.printed))" }
        let missing = directive.width - plain.count
        if missing <= 0 { return plain }
        if directive.isLeft { return plain + String(repeating: " ", count: missing) }
        if directive.isZeroPadded, verb != "s", verb != "q" {
            let sign = plain.hasPrefix("-") || plain.hasPrefix("+") ? plain.prefix(1) : ""
            return sign + String(repeating: "0", count: missing) + plain.dropFirst(sign.count)
        }
        return String(repeating: " ", count: missing) + plain
    }

    private static func plainText(_ value: Argument, _ verb: Character, _ directive: Directive) -> String? {
        switch (verb, value) {
        case ("v", .float(let number)) where directive.precision != nil: float(number, "g", directive)
        case ("v", _): (directive.isSigned ? sign(value) : "") + value.printed
        case ("s", .text(let text)): directive.precision.map { String(text.prefix($0)) } ?? text
        case ("s", .other(let printed, _, true)): printed
        case ("q", .text(let text)): goQuoted(text)
        case ("d", .integer(let number)): (directive.isSigned && number >= 0 ? "+" : "") + String(number)
        case ("x", .integer(let number)): String(number, radix: 16)
        case ("X", .integer(let number)): String(number, radix: 16, uppercase: true)
        case ("o", .integer(let number)): String(number, radix: 8)
        case ("b", .integer(let number)): String(number, radix: 2)
        case ("c", .integer(let number)): UInt32(exactly: number).flatMap(Unicode.Scalar.init).map { String(Character($0)) }
        case ("x", .text(let text)): text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        case ("t", .bool(let flag)): flag ? "true" : "false"
        case ("f", .float(let number)), ("F", .float(let number)), ("e", .float(let number)), ("E", .float(let number)), ("g", .float(let number)),
            ("G", .float(let number)):
            float(number, verb, directive)
        default: nil
        }
    }

    private static func sign(_ value: Argument) -> String {
        switch value {
        case .integer(let number): number >= 0 ? "+" : ""
        case .float(let number): number >= 0 && number.isFinite ? "+" : ""
        default: ""
        }
    }

    private static func float(_ number: Double, _ verb: Character, _ directive: Directive) -> String {
        if let special = GoNumber.special(number) { return special }
        let sign = directive.isSigned && number >= 0 ? "+" : ""
        if directive.precision == nil, verb == "g" || verb == "G" { return sign + GoNumber.shortest(number) }
        return sign + GoNumber.formatted(number, verb, decimals: directive.precision ?? 6)
    }

    /// As Go quotes a text: `%q`.
    public static func goQuoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

}
