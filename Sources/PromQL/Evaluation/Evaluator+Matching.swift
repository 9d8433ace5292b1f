import Model

extension Evaluator {
    /// Series of both sides with the same matching labels.
    private struct MatchGroup {
        var key: Labels
        var many: [Column] = []
        var one: [Column] = []
        /// Where on their sides the series stand.
        var manyOrder: [Int] = []
        var oneOrder: [Int] = []
    }

    /// An arithmetic or comparison operator between two vectors.
    ///
    /// «One» is the side that must be unique in a group: the right one, but for `group_right`.
    func match(_ operation: BinaryOperation, _ place: SourceRange) throws -> [Column] {
        let (left, right) = (try vector(operation.left), try vector(operation.right))
        let isSwapped: Bool
        if case .oneToMany = operation.matching.cardinality { isSwapped = true } else { isSwapped = false }
        let (many, one) = isSwapped ? (right, left) : (left, right)
        let matching = operation.matching
        // The left value is that of the many side, whichever side that is.
        let (fillMany, fillOne) = (matching.fillLeft, matching.fillRight)
        let groups = group(many, one, LabelProjection(matching.labels))
        try checkDuplicates(groups, many, one, isSwapped: isSwapped, hasFill: fillMany != nil || fillOne != nil)
        var joiner = MatchJoiner(self, operation, isSwapped: isSwapped, place)
        for group in groups {
            try context.check()
            try join(group, manyCount: many.count, fillMany: fillMany?.value, fillOne: fillOne?.value, &joiner)
        }
        joiner.remark()
        return try finish(joiner.columns)
    }

    private func group(_ many: [Column], _ one: [Column], _ projection: LabelProjection) -> [MatchGroup] {
        var indexOfKey: [Labels: Int] = [:]
        var groups: [MatchGroup] = []
        func index(_ labels: Labels) -> Int {
            let key = projection(labels)
            if let known = indexOfKey[key] { return known }
            indexOfKey[key] = groups.count
            groups.append(MatchGroup(key: key))
            return groups.count - 1
        }
        for (order, column) in one.enumerated() {
            let place = index(column.labels)
            groups[place].one.append(column)
            groups[place].oneOrder.append(order)
        }
        for (order, column) in many.enumerated() {
            let place = index(column.labels)
            groups[place].many.append(column)
            groups[place].manyOrder.append(order)
        }
        return groups
    }

    /// Throws where at some step two series of the side that must be unique are in one group and both sides have values.
    private func checkDuplicates(_ groups: [MatchGroup], _ many: [Column], _ one: [Column], isSwapped: Bool, hasFill: Bool) throws {
        var hasMany: [Bool]?
        for group in groups where group.one.count > 1 {
            for step in 0..<steps {
                var first: Column?
                for column in group.one where column.isPresent(at: step) {
                    guard let other = first else {
                        first = column
                        continue
                    }
                    if hasMany == nil { hasMany = (0..<steps).map { step in many.contains { $0.isPresent(at: step) } } }
                    guard hasFill || hasMany![step] else { break }
                    let pair = [other.labels, column.labels].sorted().map(Self.fullText)
                    let side = isSwapped ? "left" : "right"
                    throw QueryError.execution(
                        "found duplicate series for the match group \(Self.fullText(group.key)) on the \(side) hand-side of the operation: "
                            + "[\(pair[0]), \(pair[1])];many-to-many matching not allowed: matching labels must be unique on one side")
                }
            }
        }
    }

    /// All labels in braces, the metric's name among them.
    static func fullText(_ labels: Labels) -> String {
        "{" + labels.pairs.map { "\(LabelName.isLegacy($0.name) ? $0.name : quoted($0.name))=\(quoted($0.value))" }.joined(separator: ", ") + "}"
    }

    private func join(_ group: MatchGroup, manyCount: Int, fillMany: Double?, fillOne: Double?, _ joiner: inout MatchJoiner) throws {
        let (many, one, key) = (group.many, group.one, group.key)
        if let fillMany, !one.isEmpty {
            let filling = (0..<steps).map { step in !many.contains { $0.isPresent(at: step) } }
            let constant = Column(labels: key, values: filling.map { $0 ? fillMany : absentValue })
            if filling.contains(true) {
                for (index, column) in one.enumerated() { try joiner.join(constant, column, order: manyCount + group.oneOrder[index]) }
            }
        }
        for (index, column) in many.enumerated() {
            if joiner.isOneToOne { try checkUnique(many, index) { step in fillOne != nil || one.contains { $0.isPresent(at: step) } } }
            for partner in one { try joiner.join(column, partner, order: group.manyOrder[index]) }
            if let fillOne {
                let filling = (0..<steps).map { step in !one.contains { $0.isPresent(at: step) } }
                if filling.contains(true) {
                    try joiner.join(column, Column(labels: key, values: filling.map { $0 ? fillOne : absentValue }), order: group.manyOrder[index])
                }
            }
        }
    }

    /// Throws where another series of the group has a value at the same step.
    private func checkUnique(_ columns: [Column], _ index: Int, _ isMatched: (Int) -> Bool) throws {
        for other in columns[..<index] {
            for step in 0..<steps where other.isPresent(at: step) && columns[index].isPresent(at: step) && isMatched(step) {
                throw QueryError.execution("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")
            }
        }
    }
}

/// Computes pairs of matched series and gathers the results by their labels.
struct MatchJoiner {
    private let evaluator: Evaluator
    private let operation: BinaryOperation
    private let isSwapped: Bool
    private let place: SourceRange
    private(set) var columns: [Column] = []
    private var indexOfLabels: [Labels: Int] = [:]
    /// Of each result, the steps at which a pair met, kept or not.
    private var taken: [[Bool]] = []
    /// Of each step what is odd about the last pair of which anything is: only that is remarked on.
    private var oddities: [Int: (order: Int, oddity: Oddity)] = [:]

    init(_ evaluator: Evaluator, _ operation: BinaryOperation, isSwapped: Bool, _ place: SourceRange) {
        self.evaluator = evaluator
        self.operation = operation
        self.isSwapped = isSwapped
        self.place = place
    }

    var isOneToOne: Bool { operation.matching.cardinality == .oneToOne }

    func remark() {
        for (_, oddity) in oddities.values { evaluator.annotations.add(oddity, at: place) }
    }

    /// The operator between a series of the many side and one of the other, at all steps where both have a value; `order` says which
    /// pair comes before which.
    mutating func join(_ many: Column, _ one: Column, order: Int) throws {
        if !many.hasHistograms, !one.hasHistograms, !operation.op.isTrim { return try joinFloats(many, one) }
        var index: Int?
        for step in many.values.indices {
            guard let manyValue = many.value(at: step), let oneValue = one.value(at: step) else { continue }
            let (left, right) = isSwapped ? (oneValue, manyValue) : (manyValue, oneValue)
            let (outcome, oddity) = try Evaluator.apply(operation.op, left, right)
            if let oddity, oddities[step].map({ $0.order <= order }) ?? true { oddities[step] = (order, oddity) }
            let place = index ?? self.index(of: many, one)
            index = place
            let value: MetricValue
            switch outcome {
            case .none: continue
            case .float(let number, let isKept):
                guard isKept || operation.returnsBool else {
                    try take(place, step)
                    continue
                }
                value = .float(operation.returnsBool ? (isKept ? 1 : 0) : number)
            case .histogram(let histogram, let isKept):
                guard isKept || operation.returnsBool else {
                    try take(place, step)
                    continue
                }
                value = operation.returnsBool ? .float(isKept ? 1 : 0) : .histogram(histogram)
            }
            try take(place, step)
            columns[place].set(value, at: step)
        }
    }

    private mutating func joinFloats(_ many: Column, _ one: Column) throws {
        let op = operation.op
        var place: Int?
        for step in many.values.indices {
            let (left, right) = isSwapped ? (one.values[step], many.values[step]) : (many.values[step], one.values[step])
            if isAbsent(left) || isAbsent(right) { continue }
            if place == nil { place = index(of: many, one) }
            let (value, isKept) = op.apply(left, right)
            try take(place!, step)
            if operation.returnsBool {
                columns[place!].values[step] = isKept ? 1 : 0
            } else if isKept {
                columns[place!].values[step] = value
            }
        }
    }

    private mutating func take(_ index: Int, _ step: Int) throws {
        if taken[index][step] {
            throw QueryError.execution("multiple matches for labels: grouping labels must ensure unique matches")
        }
        taken[index][step] = true
    }

    private mutating func index(of many: Column, _ one: Column) -> Int {
        let labels = resultLabels(many.labels, one.labels)
        if let known = indexOfLabels[labels] { return known }
        indexOfLabels[labels] = columns.count
        // Arithmetic has taken the name already, and what it was given since is to stay.
        columns.append(Column(labels: labels, count: evaluator.steps, dropsName: operation.returnsBool))
        taken.append(Array(repeating: false, count: evaluator.steps))
        return columns.count - 1
    }

    /// The many side's labels, without the metric's name for arithmetic, and with those that were asked for from the other side.
    private func resultLabels(_ many: Labels, _ one: Labels) -> Labels {
        var labels = operation.op.dropsName ? Evaluator.withoutMetadata(many) : many
        switch operation.matching.cardinality {
        case .oneToOne:
            switch operation.matching.labels {
            case .on(let names): labels = labels.keeping(Set(names))
            case .ignoring(let names) where !names.isEmpty: labels = labels.dropping(Set(names))
            default: break
            }
        case .manyToOne(let included), .oneToMany(let included):
            guard !included.isEmpty else { break }
            var builder = LabelsBuilder(labels)
            for name in included { builder.set(name, to: one[name] ?? "") }
            labels = builder.build()
        case .manyToMany: break
        }
        return labels
    }
}
