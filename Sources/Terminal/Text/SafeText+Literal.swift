import Foundations

/// Literals and interpolations go through the same neutralising as text from outside.
extension SafeText: ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) { self.init(value) }

    public static func + (left: SafeText, right: SafeText) -> SafeText { SafeText(left.string + right.string) }
    public var isEmpty: Bool { string.isEmpty }
}
