import Foundations
import Model

/// When a script evaluates a query.
enum ScriptMoments: Sendable {
    case instant(Int64)
    case range(start: Int64, end: Int64, step: Int64)
}

/// What a script expects of a kind of remark.
struct RemarkExpectation {
    enum Text {
        case any
        case equal(String)
        case matching(RegularExpression)

        func matches(_ remark: String) -> Bool {
            switch self {
            case .any: true
            // Some scripts put the text in quotes.
            case .equal(let text): text == remark || text == "\"\(remark)\""
            case .matching(let pattern): pattern.matchesPart(remark)
            }
        }
    }

    var texts: [Text] = []
    var isForbidden = false

    /// What is wrong with the remarks; nil where nothing is.
    func problem(_ remarks: [String], _ kind: String) -> String? {
        if isForbidden, let first = remarks.first { return "expected no \(kind), got \(quoted(first))" }
        guard !texts.isEmpty else { return nil }
        if remarks.isEmpty { return "expected \(kind), got none" }
        if let odd = remarks.first(where: { remark in !texts.contains { $0.matches(remark) } }) { return "unexpected \(kind) \(quoted(odd))" }
        for text in texts where !remarks.contains(where: text.matches) {
            if case .equal(let wanted) = text { return "expected \(kind) \(quoted(wanted)), got \(remarks)" }
            return "an expected \(kind) is missing among \(remarks)"
        }
        return nil
    }
}

/// One `eval` of a script with all that it expects.
struct ScriptEvaluation {
    let line: Int
    let query: String
    let moments: ScriptMoments
    var failure: RemarkExpectation.Text?
    var warnings = RemarkExpectation()
    var infos = RemarkExpectation()
    var isOrdered = false
    var string: String?
    /// The moments of the points where the result is a range vector.
    var rangeVector: (start: Int64, step: Int64)?
    var scalar: Double?
    var series: [ScriptSeries] = []

    init(line: Int, query: String, moments: ScriptMoments) {
        self.line = line
        self.query = query
        self.moments = moments
    }

    /// Evaluates the query; what is wrong with the result, or nil.
    func problem(_ engine: Engine) async -> String? {
        let result: QueryResult
        do {
            switch moments {
            case .instant(let moment): result = try await engine.instant(query, at: Timestamp(milliseconds: moment))
            case .range(let start, let end, let step):
                result = try await engine.range(
                    query, start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end), stepMilliseconds: step)
            }
        } catch {
            let message = "\(error)"
            guard let failure else { return "failed: \(message)" }
            // Some faults that other engines meet while they compute are found here when the query is read; what they say is the same.
            if case QueryError.syntax(let fault) = error, failure.matches(fault.message) { return nil }
            return failure.matches(message) ? nil : "failed with another message: \(message)"
        }
        if failure != nil { return "expected it to fail" }
        return warnings.problem(result.warnings, "warning") ?? infos.problem(result.infos, "info") ?? problem(result.value)
    }

    /// Whether an instant query gives the same in the middle of a range query; nil where it does or where that can't be compared.
    func problemAsRange(_ engine: Engine) async -> String? {
        guard case .instant(let moment) = moments, failure == nil, !isOrdered, string == nil, rangeVector == nil,
            let expression = try? PromQLParser.parse(query), !expression.speaksOfTheQuery
        else { return nil }
        let minute: Int64 = 60_000
        do {
            let result = try await engine.range(
                expression, start: Timestamp(milliseconds: moment - minute), end: Timestamp(milliseconds: moment + minute), stepMilliseconds: minute)
            guard case .matrix(let all) = result.value else { return nil }
            let elements = all.compactMap { series in series.value(at: moment).map { VectorElement(labels: series.labels, timestamp: moment, value: $0) } }
            let value: QueryValue = expression.type == .scalar ? .scalar(Timestamp(milliseconds: moment), elements.first?.number ?? .nan) : .vector(elements)
            return problem(value).map { "as a range query: \($0)" }
        } catch {
            return "as a range query it failed: \(error)"
        }
    }
}

extension Expression {
    /// Whether the result depends on where the query begins and ends.
    fileprivate var speaksOfTheQuery: Bool {
        func varies(_ at: AtModifier?, _ durations: DurationExpression?...) -> Bool {
            at == .start || at == .end || durations.contains { $0?.isConstant == false }
        }
        let variesItself =
            switch node {
            case .call(let function, _): [.start, .end, .step, .range].contains(function)
            case .selector(let selector): varies(selector.at, selector.offset)
            case .rangeSelector(let selector, let range): varies(selector.at, selector.offset, range)
            case .subquery(let subquery): varies(subquery.at, subquery.offset, subquery.range, subquery.step)
            default: false
            }
        return variesItself || node.children.contains(where: \.speaksOfTheQuery)
    }
}

extension Series {
    fileprivate func value(at moment: Int64) -> MetricValue? {
        if let index = timestamps.firstIndex(of: moment) { return .float(values[index]) }
        return histograms.first { $0.timestamp == moment }.map { .histogram($0.histogram) }
    }
}

extension VectorElement {
    fileprivate var number: Double? {
        if case .float(let value) = value { return value }
        return nil
    }
}
