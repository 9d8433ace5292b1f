import Model

extension Evaluator {
    /// `and`, `or` and `unless`: which series of one side stay depends, step by step, on whether the other side has one of the same labels.
    func combineSets(_ operation: BinaryOperation) throws -> [Column] {
        let (left, right) = (try vector(operation.left), try vector(operation.right))
        let projection = LabelProjection(operation.matching.labels)
        switch operation.op {
        case .or: return try union(left, masked(right, projection, by: presence(left, projection), keepsPresent: false))
        case .and: return masked(left, projection, by: presence(right, projection), keepsPresent: true)
        default: return masked(left, projection, by: presence(right, projection), keepsPresent: false)
        }
    }

    /// Both sides' series, of which none that are alike have a value at the same step: such are one, as a rollup over them is to see.
    private func union(_ left: [Column], _ right: [Column]) throws -> [Column] {
        struct Identity: Hashable {
            let labels: Labels
            let dropsName: Bool
        }
        if right.isEmpty { return left }
        var result = left
        var places = Dictionary(left.enumerated().map { (Identity(labels: $1.labels, dropsName: $1.dropsName), $0) }, uniquingKeysWith: { first, _ in first })
        for column in right {
            let identity = Identity(labels: column.labels, dropsName: column.dropsName)
            guard let place = places[identity] else {
                places[identity] = result.count
                result.append(column)
                continue
            }
            for step in 0..<steps where column.isPresent(at: step) {
                if result[place].isPresent(at: step) { throw QueryError.execution("vector cannot contain metrics with the same labelset") }
                result[place].copy(from: column, at: step)
            }
        }
        return result
    }

    /// For each set of matching labels, the steps at which some series has a value.
    private func presence(_ columns: [Column], _ projection: LabelProjection) -> [Labels: [Bool]] {
        var result: [Labels: [Bool]] = [:]
        for column in columns {
            result[projection(column.labels), default: Array(repeating: false, count: steps)].withUnsafeMutableBufferPointer { present in
                for step in 0..<steps where column.isPresent(at: step) { present[step] = true }
            }
        }
        return result
    }

    private func masked(_ columns: [Column], _ projection: LabelProjection, by presence: [Labels: [Bool]], keepsPresent: Bool) -> [Column] {
        columns.compactMap { column in
            guard let present = presence[projection(column.labels)] else { return keepsPresent ? nil : column }
            var result = column
            for step in 0..<steps where present[step] != keepsPresent { result.remove(at: step) }
            return result.isEmpty ? nil : result
        }
    }
}
