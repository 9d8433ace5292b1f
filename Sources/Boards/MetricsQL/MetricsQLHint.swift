/// Tells in one pass over a query's tokens whether it may be more than PromQL: what most dashboards ask is PromQL plainly, and needs no parser
/// in a program that only shows the answers.
enum MetricsQLHint {
    /// True where in doubt: a rollup without its range or a range without its rollup, a template, a choice over the whole range, a range
    /// in steps, and operators whose sides may be what PromQL refuses.
    static func mayBeMore(_ text: String) -> Bool {
        let tokens: [MetricsQLToken]
        do throws(MetricsQLFault) {
            tokens = try MetricsQLToken.tokens(of: text)
        } catch {
            return true
        }
        var brackets: [Bracket] = []
        var isRollup = false
        for (index, token) in tokens.enumerated() {
            defer { isRollup = token.kind == .name && self.isRollup(token.text) }
            switch token.kind {
            case .number where token.text.hasSuffix("i"): return true
            case .name where doubtful.contains(token.text.lowercased()): return true
            case .name where tokens[index + 1].text == "(" && isUnusual(token.text): return true
            case .sign where token.text == "(": brackets.append(isRollup ? .rollup(hasRange: false) : .other)
            case .sign where token.text == "[":
                guard case .rollup? = brackets.last else { return true }
                brackets[brackets.count - 1] = .rollup(hasRange: true)
            case .sign where token.text == ")":
                if case .rollup(hasRange: false)? = brackets.popLast() { return true }
            default: continue
            }
        }
        return false
    }

    /// What a round bracket is of.
    private enum Bracket {
        case rollup(hasRange: Bool)
        case other
    }

    private static func isRollup(_ name: String) -> Bool { name.hasSuffix("_over_time") || rollupNames.contains(name) }

    /// A function that PromQL writes in another way or hasn't got.
    private static func isUnusual(_ name: String) -> Bool { name.hasPrefix("topk_") || name.hasPrefix("bottomk_") || name.utf8.contains { (0x41...0x5A).contains($0) } }

    private static let doubtful: Set<String> = ["with", "or", "group_left", "group_right"]
    private static let rollupNames: Set<String> = [
        "rate", "irate", "increase", "delta", "idelta", "deriv", "changes", "resets", "predict_linear", "holt_winters", "double_exponential_smoothing",
    ]
}
