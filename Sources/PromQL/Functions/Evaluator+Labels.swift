import Model

extension Evaluator {
    /// `label_replace`
    func replaceLabel(_ arguments: [Expression]) throws -> [Column] {
        let columns = try vector(arguments[0])
        let replacement = try text(arguments[2])
        let source = try text(arguments[3])
        let patternText = try text(arguments[4])
        let pattern: RegularExpression
        do {
            pattern = try RegularExpression("^(?s:\(patternText))$")
        } catch {
            throw QueryError.execution("invalid regular expression in label_replace(): \(patternText)")
        }
        let destination = try labelName(arguments[1], "destination label name in label_replace()")
        return try Self.joined(
            columns.map { column in
                var value = column.labels[source] ?? ""
                let replaced: String? = value.withUTF8 { bytes in
                    let bytes = UnsafeRawBufferPointer(bytes)
                    return pattern.firstMatch(in: bytes).map { pattern.expand(replacement, match: $0, in: bytes) }
                }
                guard let replaced else { return column }
                return relabelled(column, destination, replaced)
            })
    }

    /// `label_join`
    func joinLabels(_ arguments: [Expression]) throws -> [Column] {
        let columns = try vector(arguments[0])
        let separator = try text(arguments[2])
        let sources = try arguments.dropFirst(3).map { try labelName($0, "source label name in label_join()") }
        let destination = try labelName(arguments[1], "destination label name in label_join()")
        return try Self.joined(
            columns.map { column in
                relabelled(column, destination, sources.map { column.labels[$0] ?? "" }.joined(separator: separator))
            })
    }

    private func relabelled(_ column: Column, _ name: String, _ value: String) -> Column {
        var result = column
        result.labels = column.labels.setting(name, to: value)
        // A name that was given anew stays.
        if name == LabelName.metricName { result.dropsName = false }
        return result
    }

    private func labelName(_ argument: Expression, _ place: String) throws -> String {
        let literal = string(argument)
        guard let name = literal.text, !name.isEmpty else { throw QueryError.execution("invalid \(place): \(String(decoding: literal.bytes, as: UTF8.self))") }
        return name
    }
}
