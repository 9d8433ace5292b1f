/// A value of a JSON text (RFC 8259) and the line it begins on. Objects keep the order of their members.
struct JSONNode: Sendable {
    enum Value: Sendable {
        case null
        case bool(Bool)
        case number(Double)
        case string(String)
        case array([JSONNode])
        case object([(name: String, node: JSONNode)])
    }

    let value: Value
    let line: Int

    /// A member of an object; nil where there is none, or where it is null.
    subscript(name: String) -> JSONNode? {
        guard case .object(let members) = value, let node = members.first(where: { $0.name == name })?.node else { return nil }
        if case .null = node.value { return nil }
        return node
    }

    /// A member of a member: `custom.stacking.mode`.
    subscript(path first: String, _ rest: String...) -> JSONNode? { rest.reduce(self[first]) { $0?[$1] } }

    var string: String? {
        if case .string(let text) = value { return text }
        return nil
    }

    /// A text, or a number or a flag as text: older files have one for the other.
    var text: String? {
        switch value {
        case .string(let text): text
        case .number(let number): NumberText.trimmed(NumberText.fixed(number, decimals: 6))
        case .bool(let flag): flag ? "true" : "false"
        default: nil
        }
    }

    /// A number, or a text that is one.
    var number: Double? {
        switch value {
        case .number(let number): number
        case .string(let text): Double(text)
        default: nil
        }
    }

    var integer: Int? { number.flatMap { Int(exactly: $0.rounded()) } }

    var bool: Bool? {
        if case .bool(let flag) = value { return flag }
        return nil
    }

    /// The elements of an array; none where it is something else.
    var elements: [JSONNode] {
        if case .array(let elements) = value { return elements }
        return []
    }

    var members: [(name: String, node: JSONNode)] {
        if case .object(let members) = value { return members }
        return []
    }

    var isObject: Bool {
        if case .object = value { return true }
        return false
    }
}

/// Why a text is no JSON, and where.
struct JSONFault: Error {
    var line: Int
    var reason: String
}
