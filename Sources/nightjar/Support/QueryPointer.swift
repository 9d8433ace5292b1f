/// Shows where a query is wrong: the query's line, and a mark below the place that the collector's words name.
enum QueryPointer {
    /// The words without the place, and the query with a mark; the words as they are where they name no place in the query.
    static func explain(_ words: String, query: String) -> String {
        let prefix = "invalid parameter \"query\": "
        let sentence = words.hasPrefix(prefix) ? String(words.dropFirst(prefix.count)) : words
        guard let (line, column) = place(in: sentence) else { return sentence }
        let lines = query.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(line - 1), (1...lines[line - 1].count + 1).contains(column) else { return sentence }
        return "\(sentence)\n  \(lines[line - 1])\n  \(String(repeating: " ", count: column - 1))^"
    }

    /// `1:5: parse error: …` of PromQL, `parse error at line 1, col 5: …` of LogQL.
    private static func place(in sentence: String) -> (line: Int, column: Int)? {
        if let match = sentence.firstMatch(of: /(?:^|\s)(\d{1,6}):(\d{1,6}): parse error/), let line = Int(match.1), let column = Int(match.2) {
            return (line, column)
        }
        if let match = sentence.firstMatch(of: /line (\d{1,6}), col (\d{1,6})/), let line = Int(match.1), let column = Int(match.2) {
            return (line, column)
        }
        return nil
    }
}
