/// A place in a query's text.
public struct SourcePosition: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Bytes of UTF-8 before it.
    public let offset: Int
    /// From 1.
    public let line: Int
    /// In bytes, from 1.
    public let column: Int

    public init(offset: Int, line: Int, column: Int) {
        self.offset = offset
        self.line = line
        self.column = column
    }

    /// Before the first byte.
    public static let start = SourcePosition(offset: 0, line: 1, column: 1)

    public static func < (left: SourcePosition, right: SourcePosition) -> Bool { left.offset < right.offset }

    /// `line:column`
    public var description: String { "\(line):\(column)" }
}

/// What part of a query's text an expression stands for.
public struct SourceRange: Hashable, Sendable {
    public let start: SourcePosition
    /// Bytes of UTF-8 before its end.
    public let endOffset: Int

    public init(start: SourcePosition, endOffset: Int) {
        self.start = start
        self.endOffset = endOffset
    }
}

/// Why a text is no PromQL expression, and where.
public struct PromQLSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    public let position: SourcePosition
    public let reason: String
    /// What could stand there instead; nil where the reason says it all.
    public let expected: String?

    public init(position: SourcePosition, reason: String, expected: String? = nil) {
        self.position = position
        self.reason = reason
        self.expected = expected
    }

    /// The reason with what was expected, without the place.
    public var message: String { expected.map { "\(reason), expected \($0)" } ?? reason }

    /// As Prometheus words it: `1:5: parse error: …`
    public var description: String { "\(position): parse error: \(message)" }
}
