import Glibc

/// Rows that agree in some columns become one.
enum Grouping {
    static func group(_ frame: DataFrame, _ fields: [String: Transformation.Aggregation]) -> DataFrame {
        func aggregation(_ field: DataField) -> Transformation.Aggregation? { fields[field.title] ?? fields[field.name] }
        let keys = frame.fields.filter { if case .group? = aggregation($0) { true } else { false } }
        guard !keys.isEmpty else { return frame }
        var places: [[CellKey]: Int] = [:]
        var groups: [[Int]] = []
        for row in 0..<frame.rowCount {
            let key = keys.map { $0.key(row) }
            if let place = places[key] {
                groups[place].append(row)
            } else {
                places[key] = groups.count
                groups.append([row])
            }
        }
        var grouped = keys.map { $0.picking(groups.map { $0[0] }) }
        for field in frame.fields {
            guard case .calculate(let reductions)? = aggregation(field) else { continue }
            for reduction in reductions { grouped.append(reduced(field, reduction, groups)) }
        }
        return DataFrame(refID: frame.refID, fields: grouped)
    }

    private static func reduced(_ field: DataField, _ reduction: Reduction, _ groups: [[Int]]) -> DataField {
        var result: DataField
        if let numbers = field.numbers {
            result = DataField("", .numbers(groups.map { rows in reduction.value(of: rows.map { numbers[$0] }) }))
        } else {
            switch reduction {
            case .count: result = DataField("", .numbers(groups.map { Double($0.count) }))
            case .distinctCount: result = DataField("", .numbers(groups.map { rows in Double(Set(rows.map { field.key($0) }).count) }))
            case .first, .firstNotNull: result = field.picking(groups.map { $0[0] })
            default: result = field.picking(groups.map { $0[$0.count - 1] })
            }
        }
        result.name = "\(field.title) (\(reduction.rawValue))"
        result.displayName = nil
        result.labels = [:]
        return result
    }
}

/// A new column of the values of others.
enum FieldCalculation {
    static func apply(_ calculation: Transformation.Calculation, alias: String, replacesFields: Bool, to frames: [DataFrame]) -> [DataFrame] {
        // Series of different frames are computed with after they stand beside each other.
        let isSeries = frames.count > 1 && frames.allSatisfy { $0.timeField != nil && $0.fields.count == 2 }
        let frames = isSeries ? Joining.join(frames, by: "Time", isInner: false) : frames
        return frames.map { frame in
            guard var field = field(calculation, frame) else { return frame }
            field.displayName = alias.isEmpty ? nil : alias
            var frame = frame
            if replacesFields { frame.fields = frame.fields.filter(\.isTime) }
            frame.fields.append(field)
            return frame
        }
    }

    private static func field(_ calculation: Transformation.Calculation, _ frame: DataFrame) -> DataField? {
        switch calculation {
        case .index: return DataField("Row", .numbers((0..<frame.rowCount).map(Double.init)))
        case .reduceRow(let reduction, let names):
            let fields = frame.fields.filter { field in field.isNumber && (names.isEmpty || names.contains(field.title) || names.contains(field.name)) }
            let columns = fields.compactMap(\.numbers)
            guard !columns.isEmpty else { return nil }
            let values = (0..<frame.rowCount).map { row in reduction.value(of: columns.map { row < $0.count ? $0[row] : .nan }) }
            return DataField(reduction == .sum ? "Total" : reduction.title.prefix(1).uppercased() + reduction.title.dropFirst(), .numbers(values))
        case .binary(let left, let sign, let right):
            guard let one = column(left, frame), let other = column(right, frame) else { return nil }
            let values = zip(one, other).map { compute($0, sign, $1) }
            return DataField("\(name(left)) \(sign.rawValue) \(name(right))", .numbers(values))
        case .unary(let function, let name):
            guard let values = column(.field(name), frame) else { return nil }
            return DataField("\(function.rawValue)(\(name))", .numbers(values.map { compute(function, $0) }))
        case .cumulative(let reduction, let name):
            guard let values = column(.field(name), frame) else { return nil }
            var sum = 0.0, known = 0.0
            return DataField("cumulative \(reduction.title)(\(name))", .numbers(values.map { value in
                if !value.isNaN {
                    sum += value
                    known += 1
                }
                return reduction == .mean ? (known > 0 ? sum / known : .nan) : sum
            }))
        case .window(let reduction, let name, let rows):
            guard let values = column(.field(name), frame) else { return nil }
            let moved = values.indices.map { reduction.value(of: Array(values[max(0, $0 - rows + 1)...$0])) }
            return DataField("\(reduction.title) of \(rows) (\(name))", .numbers(moved))
        }
    }

    private static func compute(_ function: Transformation.UnaryFunction, _ value: Double) -> Double {
        switch function {
        case .abs: abs(value)
        case .exp: exp(value)
        case .ln: log(value)
        case .ceil: value.rounded(.up)
        case .floor: value.rounded(.down)
        case .round: value.rounded()
        }
    }

    private static func column(_ operand: Transformation.Operand, _ frame: DataFrame) -> [Double]? {
        switch operand {
        case .number(let number): Array(repeating: number, count: frame.rowCount)
        case .field(let name): frame.field(named: name).flatMap { frame.fields[$0].numbers }
        }
    }

    private static func name(_ operand: Transformation.Operand) -> String {
        switch operand {
        case .number(let number): NumberText.short(number)
        case .field(let name): name
        }
    }

    private static func compute(_ left: Double, _ sign: Transformation.Operator, _ right: Double) -> Double {
        switch sign {
        case .add: left + right
        case .subtract: left - right
        case .multiply: left * right
        case .divide: left / right
        case .modulo: fmod(left, right)
        case .power: pow(left, right)
        }
    }
}

/// Series reduced to single values.
enum Reducing {
    /// A row a series with a column a calculation.
    static func rows(_ frames: [DataFrame], _ reductions: [Reduction], labelsToFields: Bool) -> DataFrame {
        let fields = frames.flatMap { $0.fields.filter(\.isNumber) }.prefix(Limits.tableRows)
        var result = [DataField("Field", .texts(fields.map(\.shownTitle)))]
        if labelsToFields {
            for name in Set(fields.flatMap(\.labels.keys)).subtracting(["__name__"]).sorted() { result.append(DataField(name, .texts(fields.map { $0.labels[name] }))) }
        }
        for reduction in reductions {
            let title = title(reduction)
            result.append(DataField(title, .numbers(fields.map { reduction.value(of: $0.numbers ?? []) })))
        }
        return DataFrame(refID: frames.first?.refID ?? "", fields: result)
    }

    /// Each series as its one value.
    static func eachField(_ frame: DataFrame, _ reduction: Reduction) -> DataFrame {
        var frame = frame
        frame.fields = frame.fields.filter(\.isNumber).map { field in
            var field = field
            field.values = .numbers([reduction.value(of: field.numbers ?? [])])
            return field
        }
        return frame
    }

    /// As files name the columns: `Last *`, `Max`, `Mean`.
    private static func title(_ reduction: Reduction) -> String {
        switch reduction {
        case .lastNotNull: "Last *"
        case .firstNotNull: "First *"
        case .sum: "Total"
        default: reduction.title.prefix(1).uppercased() + reduction.title.dropFirst()
        }
    }
}
