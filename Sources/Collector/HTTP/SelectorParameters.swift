import Model
import PromQL

extension RequestParameters {
    /// The series that `match[]` selects: one list of matchers for each time it stands there.
    func selectors() throws(Refusal) -> [[Matcher]] {
        var selectors: [[Matcher]] = []
        for text in all("match[]") {
            selectors.append(try Self.selector(text, name: "match[]"))
            guard selectors.last!.contains(where: { !$0.matchesEmpty }) else {
                throw .badParameter("invalid parameter \"match[]\": match[] must contain at least one non-empty matcher")
            }
        }
        return selectors
    }

    /// The matchers of a selector without range, offset and @.
    static func selector(_ text: String, name: String) throws(Refusal) -> [Matcher] {
        do throws(PromQLSyntaxError) {
            return try PromQLParser.parseSelector(text)
        } catch {
            throw .badParameter("invalid parameter \"\(name)\": \(error)")
        }
    }

    /// A parsed expression. Where it is missing it is empty, which is no expression.
    func expression(_ name: String = "query") throws(Refusal) -> Expression {
        do throws(PromQLSyntaxError) {
            return try PromQLParser.parse(self[name] ?? "")
        } catch {
            throw .badParameter("invalid parameter \"\(name)\": \(error)")
        }
    }
}
