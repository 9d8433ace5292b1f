import Foundations
import Glibc
import Model
import PromQL

extension ReferenceEvaluator {
    // MARK: Aggregation

    func aggregate(_ aggregation: Aggregation, at moment: Int64) throws -> Vector {
        let input = try vector(aggregation.expression, at: moment)
        var groups: [(labels: Labels, members: Vector)] = []
        for element in input {
            let labels =
                switch aggregation.grouping {
                case .by(let names)?: element.labels.keeping(Set(names))
                case .without(let names)?: element.labels.dropping(Set(names + ["__name__"]))
                case nil: Labels()
                }
            if let index = groups.firstIndex(where: { $0.labels == labels }) { groups[index].members.append(element) } else { groups.append((labels, [element])) }
        }
        return try groups.flatMap { labels, members -> Vector in
            let floats = members.compactMap(\.sample.float)
            let histograms = members.compactMap(\.sample.histogram)
            switch aggregation.op {
            case .sum, .avg:
                if !floats.isEmpty && !histograms.isEmpty { return [] }
                let share = aggregation.op == .avg ? 1 / Double(members.count) : 1
                if floats.isEmpty { return [(labels, .histogram(histograms.dropFirst().reduce(histograms[0], +).scaled(share)))] }
                let sum = floats.reduce(0, +)
                return [(labels, .float(aggregation.op == .avg ? sum / Double(floats.count) : sum))]
            case .count: return [(labels, .float(Double(members.count)))]
            case .group: return [(labels, .float(1))]
            case .countValues:
                guard histograms.isEmpty, case .string(let name)? = aggregation.parameter?.unparenthesized.node, let name = name.text else {
                    throw ReferenceProblem.unsettled
                }
                var counts: [String: Double] = [:]
                for value in floats { counts[ValueText.format(value), default: 0] += 1 }
                return counts.map { (labels.setting(name, to: $0.key), .float($0.value)) }
            case .topk, .bottomk: return try ranked(aggregation, members.filter { $0.sample.float != nil }, at: moment)
            case .limitk, .limitRatio: throw ReferenceProblem.unsettled
            case .min, .max, .stddev, .stdvar, .quantile:
                if floats.isEmpty { return [] }
                let parameter = try aggregation.parameter.map { try scalar($0, at: moment) }
                return [(labels, .float(ReferenceMath.aggregate(aggregation.op.rawValue, floats, parameter)))]
            }
        }
    }

    private func ranked(_ aggregation: Aggregation, _ members: Vector, at moment: Int64) throws -> Vector {
        let parameter = try scalar(aggregation.parameter!, at: moment)
        if parameter.isNaN { throw ReferenceProblem.refused }
        guard parameter >= 1 else { return [] }
        let isTop = aggregation.op == .topk
        let sorted = members.sorted {
            let (a, b) = ($0.sample.float!, $1.sample.float!)
            return a.isNaN ? false : b.isNaN ? true : isTop ? a > b : a < b
        }
        let count = Int(min(parameter, Double(sorted.count)))
        if count < sorted.count, count > 0 {
            let (last, next) = (sorted[count - 1].sample.float!, sorted[count].sample.float!)
            if last == next || (last.isNaN && next.isNaN) || ReferenceNumber.areNear(last, next) { throw ReferenceProblem.unsettled }
        }
        return Array(sorted.prefix(count))
    }

    // MARK: Binary operators

    func binary(_ operation: BinaryOperation, at moment: Int64) throws -> ReferenceValue {
        let (left, right) = (try value(operation.left, at: moment), try value(operation.right, at: moment))
        let op = operation.op
        switch (left, right) {
        case (.scalar(let a), .scalar(let b)):
            let result = ReferenceMath.apply(op, a, b)
            return .scalar(op.isComparison ? (result.holds ? 1 : 0) : result.value)
        case (.vector(let vector), .scalar(let number)):
            return .vector(try unique(try vector.compactMap { try pair(operation, $0.sample, .float(number), selects: $0.sample, name: $0.labels) }))
        case (.scalar(let number), .vector(let vector)):
            return .vector(try unique(try vector.compactMap { try pair(operation, .float(number), $0.sample, selects: $0.sample, name: $0.labels) }))
        case (.vector(let a), .vector(let b)):
            return .vector(op.isSetOperator ? combine(operation, a, b) : try unique(match(operation, a, b)))
        }
    }

    /// The result for two samples; nil where they don't go together or the comparison doesn't hold.
    private func pair(
        _ operation: BinaryOperation, _ left: ReferenceSample, _ right: ReferenceSample, selects: ReferenceSample, name labels: Labels
    ) throws -> (labels: Labels, sample: ReferenceSample)? {
        let op = operation.op
        let result = op.isComparison && !operation.returnsBool ? labels : Self.withoutName(labels)
        func compared(_ holds: Bool) -> (labels: Labels, sample: ReferenceSample)? {
            operation.returnsBool ? (result, .float(holds ? 1 : 0)) : holds ? (result, selects) : nil
        }
        switch (left, right) {
        case (.float(let a), .float(let b)):
            let outcome = ReferenceMath.apply(op, a, b)
            return op.isComparison ? compared(outcome.holds) : (result, .float(outcome.value))
        case (.histogram(let a), .float(let b)) where op == .multiply: return (result, .histogram(a.scaled(b)))
        case (.float(let a), .histogram(let b)) where op == .multiply: return (result, .histogram(b.scaled(a)))
        case (.histogram(let a), .float(let b)) where op == .divide:
            if b == 0 { throw ReferenceProblem.unsettled }
            return (result, .histogram(a.scaled(1 / b)))
        case (.histogram(let a), .histogram(let b)):
            switch op {
            case .add: return (result, .histogram(a + b))
            case .subtract: return (result, .histogram(a + b.scaled(-1)))
            case .equal, .notEqual: return compared(a.isNear(b) == (op == .equal))
            default: return nil
            }
        default: return nil
        }
    }

    private func key(_ labels: Labels, _ matching: VectorMatching) -> Labels {
        switch matching.labels {
        case .on(let names)?: labels.keeping(Set(names))
        case .ignoring(let names)?: labels.dropping(Set(names + ["__name__"]))
        case nil: Self.withoutName(labels)
        }
    }

    private func combine(_ operation: BinaryOperation, _ left: Vector, _ right: Vector) -> Vector {
        func keys(_ vector: Vector) -> Set<Labels> { Set(vector.map { key($0.labels, operation.matching) }) }
        switch operation.op {
        case .and: return left.filter { keys(right).contains(key($0.labels, operation.matching)) }
        case .unless: return left.filter { !keys(right).contains(key($0.labels, operation.matching)) }
        default: return left + right.filter { !keys(left).contains(key($0.labels, operation.matching)) }
        }
    }

    private func match(_ operation: BinaryOperation, _ left: Vector, _ right: Vector) throws -> Vector {
        let matching = operation.matching
        var isRightMany = false
        var included: [String]?
        switch matching.cardinality {
        case .manyToOne(let names): included = names
        case .oneToMany(let names): (included, isRightMany) = (names, true)
        default: break
        }
        let (many, one) = isRightMany ? (right, left) : (left, right)
        let (fillMany, fillOne) = (matching.fillLeft, matching.fillRight)
        if many.isEmpty && fillMany == nil { return [] }
        if one.isEmpty && fillOne == nil { return [] }
        // The side of one must be unique even where nothing on the other side matches.
        guard Set(one.map { key($0.labels, matching) }).count == one.count else { throw ReferenceProblem.refused }
        var pairs: [(many: (labels: Labels, sample: ReferenceSample), one: (labels: Labels, sample: ReferenceSample))] = []
        for element in many {
            let group = key(element.labels, matching)
            if let partner = one.first(where: { key($0.labels, matching) == group }) {
                pairs.append((element, partner))
            } else if let fillOne {
                pairs.append((element, (group, .float(fillOne.value))))
            }
        }
        if included == nil, Set(pairs.map { key($0.many.labels, matching) }).count != pairs.count { throw ReferenceProblem.refused }
        if let fillMany {
            for element in one where !many.contains(where: { key($0.labels, matching) == key(element.labels, matching) }) {
                pairs.append(((key(element.labels, matching), .float(fillMany.value)), element))
            }
        }
        var seen: Set<Labels> = []
        return try pairs.compactMap { pair in
            let (a, b) = isRightMany ? (pair.one.sample, pair.many.sample) : (pair.many.sample, pair.one.sample)
            var labels = pair.many.labels
            if let included {
                for name in included { labels = labels.setting(name, to: pair.one.labels[name] ?? "") }
            } else if matching.labels != nil {
                labels = matching.labels.map { selection -> Labels in
                    switch selection {
                    case .on(let names): labels.keeping(Set(names))
                    case .ignoring(let names): labels.dropping(Set(names))
                    }
                }!
            }
            let result = try self.pair(operation, a, b, selects: a, name: labels)
            // Pairs that a comparison leaves out count too: each result must have one pair.
            let isComputed = result != nil || operation.op.isComparison && a.float != nil && b.float != nil
            let target = operation.op.isComparison ? labels : Self.withoutName(labels)
            if isComputed, !seen.insert(target).inserted { throw ReferenceProblem.refused }
            return result
        }
    }
}
