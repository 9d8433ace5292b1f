import Foundations
import Model

/// `service:cart`, `status>=500`, `path:/api/*`.
struct TerseCondition {
    let name: String
    let op: String
    let value: String
    let isNegative: Bool
    let filter: LabelFilter

    /// Longer ones before those they begin with.
    private static let operators = ["!=", ">=", "<=", ":", "=", ">", "<"]

    /// Nil where the word is a text to look for, such as `12:30:45` and `http://…`.
    init?(_ word: TerseWord) throws(LogQLError) {
        guard let start = word.text.firstIndex(where: { "!:=<>".contains($0) }), Self.isName(word.text[..<start]) else { return nil }
        let rest = word.text[start...]
        guard let op = Self.operators.first(where: rest.hasPrefix) else { return nil }
        var value = rest.dropFirst(op.count)
        guard !value.isEmpty, !value.hasPrefix("//") else { return nil }
        let isQuoted = value.count >= 2 && value.first == "\"" && value.last == "\""
        if isQuoted { value = value.dropFirst().dropLast() }
        name = String(word.text[..<start])
        self.op = op
        self.value = String(value)
        isNegative = word.isNegative
        filter = try Self.filter(name, op, String(value), isExact: isQuoted, isNegative: word.isNegative)
    }

    static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && text.first?.isNumber == false
            && text.utf8.allSatisfy { byte in
                (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || (byte >= 0x30 && byte <= 0x39) || byte == 0x5F || byte == 0x2E || byte == 0x2D
            }
    }

    private static func filter(_ name: String, _ op: String, _ value: String, isExact: Bool, isNegative: Bool) throws(LogQLError) -> LabelFilter {
        let isUnequal = isNegative != (op == "!=")
        if op == ":" || op == "=" || op == "!=" {
            if value.contains("*") && !isExact {
                let parts = value.split(separator: "*", omittingEmptySubsequences: false).map { escaped($0) }
                return .matcher(matcher(name, isUnequal ? .notRegex : .regex, parts.joined(separator: ".*")))
            }
            return .matcher(isUnequal ? matcher(name, .notEqual, value) : Matcher(name, equals: value))
        }
        if name == "level" { return .matcher(Matcher(name, equals: value)) }
        guard let (number, unit) = quantity(value) else { throw .failed("`\(SafeText(value))` behind \(name)\(op) is no number, length of time or size") }
        let compared = BinaryOperation.Operator(rawValue: op)!
        return .number(name: name, isNegative ? opposite(compared) : compared, number, unit: unit, text: value)
    }

    private static func quantity(_ text: String) -> (Double, Unwrap.Conversion)? {
        if let number = Double(text) { return (number, .number) }
        if let milliseconds = Quantity.durationMilliseconds(text) { return (milliseconds / 1000, .duration) }
        return Quantity.bytes(text).map { ($0, .bytes) }
    }

    private static func opposite(_ op: BinaryOperation.Operator) -> BinaryOperation.Operator {
        switch op {
        case .greater: .lessOrEqual
        case .less: .greaterOrEqual
        case .greaterOrEqual: .less
        default: .greater
        }
    }

    private static func escaped(_ text: Substring) -> String {
        text.map { #"\.+*?()|[]{}^$"#.contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    /// Built from names and escaped values alone, so the expression is always one.
    static func matcher(_ name: String, _ op: Matcher.Operator, _ value: String) -> Matcher {
        do { return try Matcher(name, op, value) } catch { preconditionFailure("a matcher made here is refused: \(error)") }
    }
}
