import Model

/// Applies a panel's transformations in their order.
enum Transformer {
    static func apply(_ transformations: [Transformation], to frames: [DataFrame]) -> [DataFrame] {
        transformations.reduce(frames) { apply($1, $0) }
    }

    private static func apply(_ transformation: Transformation, _ frames: [DataFrame]) -> [DataFrame] {
        switch transformation {
        case .organize(let excluded, let order, let renamed, let keepsOnly):
            frames.map { Columns.organize($0, excluded: excluded, order: order, renamed: renamed, keepsOnly: keepsOnly) }
        case .merge: Joining.merge(frames)
        case .joinByField(let name, let isInner): Joining.join(frames, by: name, isInner: isInner)
        case .groupBy(let fields): frames.map { Grouping.group($0, fields) }
        case .calculateField(let calculation, let alias, let replaces): FieldCalculation.apply(calculation, alias: alias, replacesFields: replaces, to: frames)
        case .filterFieldsByName(let include, let pattern, let exclude, let excludePattern):
            frames.compactMap { Columns.filter($0, include: include, pattern: pattern, exclude: exclude, excludePattern: excludePattern) }
        case .filterByRefID(let pattern): frames.filter { PatternText.expression(pattern)?.matchesWhole($0.refID) ?? ($0.refID == pattern) }
        case .reduce(let reductions, let keepsFields, let labelsToFields):
            keepsFields ? frames.map { Reducing.eachField($0, reductions[0]) } : [Reducing.rows(frames, reductions, labelsToFields: labelsToFields)]
        case .filterByValue(let filters, let matchesAll, let isExcluding): frames.map { RowFilter.apply($0, filters, matchesAll: matchesAll, isExcluding: isExcluding) }
        case .sortBy(let field, let isDescending): frames.map { Columns.sorted($0, by: field, isDescending: isDescending) }
        case .labelsToFields(let keep, let valueLabel): Joining.labelsToFields(frames, keep: keep, valueLabel: valueLabel)
        case .renameByRegex(let pattern, let replacement): frames.map { Columns.renamed($0, pattern: pattern, replacement: replacement) }
        case .limit(let count): frames.map { $0.picking(Array(0..<min(count, $0.rowCount))) }
        case .append: [Joining.append(frames)]
        case .convert(let field, let toNumber): frames.map { Columns.converted($0, field, toNumber: toNumber) }
        case .seriesToRows: [Joining.seriesToRows(frames)]
        case .convertToTime(let field): frames.map { Reshaping.toTimes($0, field) }
        case .rowsToFields(let name, let value): frames.map { Reshaping.rowsToFields($0, name: name, value: value) }
        case .groupingToMatrix(let column, let row, let value): frames.map { Reshaping.matrix($0, column: column, row: row, value: value) }
        case .splitByTexts: frames.flatMap { frame in Reshaping.partition(frame, by: frame.fields.filter { !$0.isNumber && !$0.isTime }.map(\.title)) }
        case .partition(let fields): frames.flatMap { Reshaping.partition($0, by: fields) }
        case .seriesToTable: Reshaping.seriesToTable(frames)
        case .extractFields(let source, let keepsOnly, let paths): frames.map { FieldExtraction.apply($0, source: source, keepsOnly: keepsOnly, paths: paths) }
        case .concatenate: Reshaping.concatenate(frames)
        case .transpose: frames.map(Reshaping.transpose)
        case .settingsFromQuery(let query, let sources, let matcher): SettingsFromData.apply(frames, query: query, sources, to: matcher)
        case .histogram(let count, let width): [Reshaping.histogram(frames, count: count, width: width)]
        }
    }
}

/// Transformations of single columns.
enum Columns {
    static func organize(_ frame: DataFrame, excluded: Set<String>, order: [String], renamed: [String: String], keepsOnly: Bool) -> DataFrame {
        func names(_ field: DataField) -> [String] { [field.displayName, field.name, field.title].compactMap(\.self) }
        var fields = frame.fields.filter { field in !names(field).contains(where: excluded.contains) }
        if keepsOnly { fields = fields.filter { names($0).contains(where: order.contains) } }
        let places = Dictionary(order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let placed = fields.enumerated().map { index, field in (place: names(field).lazy.compactMap { places[$0] }.first ?? 10_000 + index, field: field) }
        fields = placed.sorted { $0.place < $1.place }.map(\.field)
        for index in fields.indices {
            if let name = names(fields[index]).lazy.compactMap({ renamed[$0] }).first { fields[index].displayName = name }
        }
        return DataFrame(refID: frame.refID, fields: fields)
    }

    /// Nil where nothing is left.
    static func filter(_ frame: DataFrame, include: Set<String>, pattern: String, exclude: Set<String>, excludePattern: String) -> DataFrame? {
        let wanted = pattern.isEmpty ? nil : PatternText.expression(pattern)
        let unwanted = excludePattern.isEmpty ? nil : PatternText.expression(excludePattern)
        var frame = frame
        frame.fields.removeAll { field in
            let names = [field.displayName, field.name, field.title].compactMap(\.self)
            let isIncluded = include.isEmpty && wanted == nil || names.contains(where: include.contains) || names.contains { wanted?.matchesPart($0) ?? false }
            let isExcluded = names.contains(where: exclude.contains) || names.contains { unwanted?.matchesPart($0) ?? false }
            return !isIncluded || isExcluded
        }
        return frame.fields.isEmpty ? nil : frame
    }

    static func sorted(_ frame: DataFrame, by name: String, isDescending: Bool) -> DataFrame {
        guard let index = frame.field(named: name) else { return frame }
        let rows = order(frame.fields[index], count: frame.rowCount, isDescending: isDescending)
        return frame.picking(rows)
    }

    /// Rows by the values of a column; those without one at the end. Equal ones stay as they are.
    static func order(_ field: DataField, count: Int, isDescending: Bool) -> [Int] {
        let keys = (0..<count).map { field.key($0) }
        return (0..<count).sorted { left, right in
            switch (keys[left], keys[right]) {
            case (.none, .none): return left < right
            case (.none, _): return false
            case (_, .none): return true
            case (.number(let one), .number(let other)): return one == other ? left < right : (one < other) != isDescending
            case (let one, let other):
                let (one, other) = (one.text ?? "", other.text ?? "")
                return one == other ? left < right : Text.precedesNaturally(one, other) != isDescending
            }
        }
    }

    static func renamed(_ frame: DataFrame, pattern: String, replacement: String) -> DataFrame {
        guard let expression = PatternText.expression(pattern) else { return frame }
        var frame = frame
        for index in frame.fields.indices where !frame.fields[index].isTime {
            let bytes = Array(frame.fields[index].title.utf8)
            bytes.withUnsafeBytes { bytes in
                guard let match = expression.firstMatch(in: bytes), let whole = match[0] else { return }
                let before = String(decoding: bytes[..<whole.lowerBound], as: UTF8.self), after = String(decoding: bytes[whole.upperBound...], as: UTF8.self)
                frame.fields[index].displayName = before + expression.expand(replacement, match: match, in: bytes) + after
            }
        }
        return frame
    }

    static func converted(_ frame: DataFrame, _ name: String, toNumber: Bool) -> DataFrame {
        guard let index = frame.field(named: name) else { return frame }
        var frame = frame
        let keys = (0..<frame.fields[index].count).map { frame.fields[index].key($0) }
        frame.fields[index].values = toNumber ? .numbers(keys.map { $0.number ?? .nan }) : .texts(keys.map(\.text))
        return frame
    }
}

/// Rows by their values.
enum RowFilter {
    static func apply(_ frame: DataFrame, _ filters: [Transformation.Filter], matchesAll: Bool, isExcluding: Bool) -> DataFrame {
        let tests = filters.compactMap { filter in frame.field(named: filter.field).map { (field: frame.fields[$0], holds: test(filter.comparison)) } }
        guard !tests.isEmpty else { return frame }
        let rows = (0..<frame.rowCount).filter { row in
            let holds = matchesAll ? tests.allSatisfy { $0.holds($0.field.key(row)) } : tests.contains { $0.holds($0.field.key(row)) }
            return holds != isExcluding
        }
        return frame.picking(rows)
    }

    static func test(_ comparison: Transformation.Comparison) -> @Sendable (CellKey) -> Bool {
        @Sendable func equals(_ key: CellKey, _ text: String) -> Bool { key.text == text || (key.number != nil && key.number == Double(text)) }
        switch comparison {
        case .isNull: return { $0 == .none }
        case .isNotNull: return { $0 != .none }
        case .equal(let text): return { equals($0, text) }
        case .notEqual(let text): return { !equals($0, text) }
        case .greater(let limit): return { ($0.number ?? .nan) > limit }
        case .greaterOrEqual(let limit): return { ($0.number ?? .nan) >= limit }
        case .lower(let limit): return { ($0.number ?? .nan) < limit }
        case .lowerOrEqual(let limit): return { ($0.number ?? .nan) <= limit }
        case .between(let from, let to): return { key in key.number.map { $0 >= from && $0 <= to } ?? false }
        case .pattern(let pattern):
            let expression = PatternText.expression(pattern)
            return { key in key.text.map { expression?.matchesPart($0) ?? false } ?? false }
        case .contains(let part): return { $0.text?.contains(part) ?? false }
        }
    }
}
