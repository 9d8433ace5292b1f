import Foundations
import Model

extension LogEngine {
    /// What is wrong with a query that is to give numbers, as rules need them: bad syntax, with its place, or lines alone. Nil where nothing is.
    public static func problem(inMetricQuery text: String) -> LogQLError? {
        do throws(LogQLError) {
            if case .log = try Parser.parse(text) { return .failed("lines are no numbers; count them, as in count_over_time({…}[5m])") }
            return nil
        } catch {
            return error
        }
    }

    /// What is wrong with a query that may give either.
    public static func problem(inQuery text: String) -> LogQLError? {
        do throws(LogQLError) {
            _ = try Parser.parse(text)
            return nil
        } catch {
            return error
        }
    }

    /// Whether a query gives lines; false where it gives numbers, or is no LogQL.
    public static func givesLines(_ text: String) -> Bool {
        do throws(LogQLError) {
            if case .log = try Parser.parse(text) { return true }
            return false
        } catch {
            return false
        }
    }

    /// What is wrong with a query that is to give lines; the terse form is taken where people write for us, not for Loki.
    public static func problem(inLineQuery text: String, takesTerseForm: Bool) -> LogQLError? {
        do throws(LogQLError) {
            if takesTerseForm, !TerseQuery.isLogQL(text) {
                let command = try TerseQuery(text, now: NanoTimestamp(nanoseconds: 0)).command
                return command == nil ? nil : .failed("a command behind `|` gives no lines, and lines are asked for here")
            }
            _ = try selector(try Parser.parse(text))
            return nil
        } catch {
            return error
        }
    }

    /// The matchers of a query for lines, `{app="x"} |= "y"`: where just streams are asked for, stages say nothing.
    public static func matchers(of text: String) throws(LogQLError) -> [Matcher] { try selector(try Parser.parse(text)).matchers }
}
