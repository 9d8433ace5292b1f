import Foundations
import Glibc

/// A length of time in a range, an offset or a subquery's step: a literal, or arithmetic over literals and the query's own step and range.
public indirect enum DurationExpression: Sendable {
    public enum Operator: String, Hashable, Sendable {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        case modulo = "%"
        case power = "^"
    }

    /// Why there is no such duration.
    public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    case milliseconds(Int64)
    case seconds(Double)
    /// The query's step; 0 in an instant query.
    case step
    /// From the query's start to its end; 0 in an instant query.
    case range
    case negated(DurationExpression)
    case binary(Operator, DurationExpression, DurationExpression)
    case minimum(DurationExpression, DurationExpression)
    case maximum(DurationExpression, DurationExpression)
    case parenthesized(DurationExpression)
    /// With where in the query's text it stands, in bytes from its start.
    case placed(DurationExpression, Range<Int>)

    /// Its value with the query's step and range, in milliseconds: a literal's rounded, a computed one's cut off.
    public func milliseconds(step stepMilliseconds: Int64, range rangeMilliseconds: Int64, isPositive: Bool = false) throws(Problem) -> Int64 {
        let seconds = try value(Double(stepMilliseconds) / 1000, Double(rangeMilliseconds) / 1000)
        let milliseconds = (seconds * 1000).rounded(isLiteral ? .toNearestOrAwayFromZero : .towardZero)
        if isPositive, seconds <= 0 || milliseconds == 0 { throw problem("duration must be greater than 0") }
        guard milliseconds.magnitude < Double(PromQLLimits.millisecondsMax) else { throw problem("duration is out of range") }
        return Int64(milliseconds)
    }

    private func problem(_ reason: String) -> Problem {
        // What is wrong with a literal is found where the query is read, which knows its place.
        guard !isLiteral, let place else { return Problem(description: reason) }
        return Problem(description: "\(place.lowerBound):\(place.upperBound): \(reason)")
    }

    /// Where in the query's text it stands, without parentheses around it; nil where it wasn't read from a text.
    private var place: Range<Int>? {
        switch self {
        case .placed(_, let place): return place
        case .parenthesized(let inner): return inner.place
        case .binary(_, let left, let right), .minimum(let left, let right), .maximum(let left, let right):
            guard let start = left.place?.lowerBound, let end = right.place?.upperBound else { return nil }
            return start..<end
        case .milliseconds, .seconds, .step, .range, .negated: return nil
        }
    }

    /// Whether nothing needs to be computed.
    var isLiteral: Bool {
        switch self {
        case .milliseconds, .seconds: true
        case .negated(let inner), .parenthesized(let inner), .placed(let inner, _): inner.isLiteral
        case .step, .range, .binary, .minimum, .maximum: false
        }
    }

    private func value(_ step: Double, _ range: Double) throws(Problem) -> Double {
        switch self {
        case .milliseconds(let milliseconds): return Double(milliseconds) / 1000
        case .seconds(let seconds): return seconds
        case .step: return step
        case .range: return range
        case .negated(let inner): return -(try inner.value(step, range))
        case .parenthesized(let inner), .placed(let inner, _): return try inner.value(step, range)
        case .minimum(let left, let right): return min(try left.value(step, range), try right.value(step, range))
        case .maximum(let left, let right): return max(try left.value(step, range), try right.value(step, range))
        case .binary(let op, let left, let right):
            let (a, b) = (try left.value(step, range), try right.value(step, range))
            switch op {
            case .add: return a + b
            case .subtract: return a - b
            case .multiply: return a * b
            case .divide:
                if b == 0 { throw problem("division by zero") }
                return a / b
            case .modulo:
                if b == 0 { throw problem("modulo by zero") }
                return fmod(a, b)
            case .power: return pow(a, b)
            }
        }
    }

    /// Whether it is the same in every query.
    public var isConstant: Bool {
        switch self {
        case .milliseconds, .seconds: true
        case .step, .range: false
        case .negated(let inner), .parenthesized(let inner), .placed(let inner, _): inner.isConstant
        case .binary(_, let left, let right), .minimum(let left, let right), .maximum(let left, let right): left.isConstant && right.isConstant
        }
    }
}

extension DurationExpression: Hashable {
    public static func == (left: Self, right: Self) -> Bool { left.description == right.description }
    public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

extension DurationExpression: CustomStringConvertible {
    public var description: String {
        switch self {
        case .milliseconds(let milliseconds): DurationText.format(milliseconds: milliseconds)
        case .seconds(let seconds): ValueText.format(seconds)
        case .step: "step()"
        case .range: "range()"
        case .negated(let inner): "-\(inner)"
        case .binary(let op, let left, let right): "\(left) \(op.rawValue) \(right)"
        case .minimum(let left, let right): "min(\(left), \(right))"
        case .maximum(let left, let right): "max(\(left), \(right))"
        case .parenthesized(let inner): "(\(inner))"
        case .placed(let inner, _): inner.description
        }
    }
}
