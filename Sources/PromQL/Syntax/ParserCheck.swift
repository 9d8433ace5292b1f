/// What must hold for any text that the parser is given: the body of a fuzz target, and of property tests.
public enum ParserCheck {
    /// Reads a text, and where it is an expression prints it and reads it again. What is wrong; nil where nothing is.
    ///
    /// Bytes that are no UTF-8 are replaced as `String(decoding:as:)` does.
    public static func problem(_ bytes: some Collection<UInt8>) -> String? {
        guard let expression = try? PromQLParser.parse(String(decoding: bytes, as: UTF8.self)) else { return nil }
        _ = expression.syntaxTree.json
        let printed = expression.description
        do {
            let again = try PromQLParser.parse(printed)
            if again != expression { return "\(printed) is read as another expression" }
            return again.description == printed ? nil : "\(printed) prints as \(again.description)"
        } catch {
            // Printing sets blanks and brackets, so that a text near the limits can leave them.
            return printed.utf8.count > PromQLLimits.queryBytesMax ? nil : "\(printed) can't be read: \(error)"
        }
    }
}
