/// A word of the language with its place in the text.
struct Token: Equatable {
    enum Kind: Equatable {
        case identifier(String)
        case string(String)
        /// A number, with the text it was written as.
        case number(Double, String)
        /// Milliseconds.
        case duration(Int64, String)
        /// A size, in bytes.
        case bytes(Double, String)
        /// Brackets, commas, operators.
        case symbol(String)
        /// `--strict`
        case flag(String)
        case end
    }

    let kind: Kind
    /// Byte offset in the text.
    let offset: Int

    /// As it is named in an error.
    var description: String {
        switch kind {
        case .identifier(let name): "`\(name)`"
        case .string: "a string"
        case .number(_, let text), .duration(_, let text), .bytes(_, let text): "`\(text)`"
        case .symbol(let symbol): "`\(symbol)`"
        case .flag(let name): "`--\(name)`"
        case .end: "the end of the query"
        }
    }
}
