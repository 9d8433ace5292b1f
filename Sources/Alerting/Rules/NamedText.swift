/// A name with its text and the text's line.
public struct NamedText: Hashable, Sendable {
    public var name: String
    public var text: String
    /// From 1; 0 where it isn't known.
    public var line: Int

    public init(name: String, text: String, line: Int = 0) {
        self.name = name
        self.text = text
        self.line = line
    }
}
