import Foundations
import LogQL
import PromQL

/// What is wrong with the queries of boards, as the engine that is going to be asked says it.
public enum QueryFault {
    /// Why a query can't be asked, with the place in its text; nil where it can.
    public static func reason(_ query: FilledQuery) -> String? {
        switch query.language {
        case .promQL:
            do throws(PromQLSyntaxError) {
                _ = try PromQLParser.parse(query.text)
                return nil
            } catch {
                return error.description
            }
        case .logQL:
            switch query.wanted {
            case .lines: return LogEngine.problem(inLineQuery: query.text, takesTerseForm: query.isForPeople)?.description
            case .numbers: return LogEngine.problem(inMetricQuery: query.text)?.description
            case .either: return LogEngine.problem(inQuery: query.text)?.description
            }
        }
    }
}
