import Foundations
import Settings

/// One entry of `transform`: what is done to a panel's tables, in the order of the list.
struct TransformationStep {
    let section: SettingsSection

    /// The keys of which each entry has one.
    private static let names = [
        "rename", "rename_pattern", "drop", "drop_pattern", "keep", "keep_pattern", "order", "merge", "join", "group", "compute", "where", "reduce", "labels", "sort", "limit", "append",
        "convert", "series_to_rows", "series_table", "rows_to_columns", "matrix", "split", "extract", "concatenate", "transpose", "histogram", "only_query",
    ]

    func read() -> [Transformation] {
        let named = Self.names.filter { section.value($0) != nil }
        let step = named.first.map(transformations) ?? []
        if named.count != 1 { section.report(named.last ?? "", "an entry of `transform` needs one of \(Self.names.map { "`\($0)`" }.joined(separator: ", "))" + (named.count > 1 ? ", not \(named.count) of them" : "")) }
        section.finish()
        return named.count == 1 ? step : []
    }

    private func transformations(_ name: String) -> [Transformation] {
        switch name {
        case "rename": return [.organize(excluded: [], order: [], renamed: section.stringMap(name) ?? [:], keepsOnly: false)]
        case "drop": return [.organize(excluded: Set(section.strings(name) ?? []), order: [], renamed: [:], keepsOnly: false)]
        case "keep": return [.filterFieldsByName(include: Set(section.strings(name) ?? []), pattern: "", exclude: [], excludePattern: "")]
        case "order": return [.organize(excluded: [], order: section.strings(name) ?? [], renamed: [:], keepsOnly: false)]
        case "keep_pattern": return [.filterFieldsByName(include: [], pattern: pattern(name), exclude: [], excludePattern: "")]
        case "drop_pattern": return [.filterFieldsByName(include: [], pattern: "", exclude: [], excludePattern: pattern(name))]
        case "rename_pattern": return [.renameByRegex(pattern: pattern(name), replacement: section.string("to") ?? "")]
        case "only_query": return [.filterByRefID(pattern: pattern(name))]
        case "join": return [.joinByField(section.string(name) ?? "", isInner: section.bool("inner") ?? false)]
        case "sort":
            let field = section.string(name) ?? ""
            return [.sortBy(field: field.hasPrefix("-") ? String(field.dropFirst()) : field, isDescending: field.hasPrefix("-"))]
        case "limit": return [.limit(section.integer(name, in: 0...Limits.tableRows) ?? Limits.tableRows)]
        case "group": return group()
        case "compute": return compute()
        case "where": return filter()
        case "reduce": return [.reduce(reductions(section.strings(name) ?? [], section, name), keepsFields: false, labelsToFields: section.bool("with_labels") ?? false)]
        case "convert": return convert()
        case "split": return [.partition(section.strings(name) ?? [])]
        case "extract": return [.extractFields(source: section.string(name) ?? "", keepsOnly: section.bool("only") ?? false)]
        case "labels":
            let kept = section.value(name)?.sequence == nil ? (section.bool(name) ?? true ? [] : ["-"]) : section.strings(name) ?? []
            return [.labelsToFields(keep: Set(kept), valueLabel: section.string("values_of"))]
        case "matrix", "rows_to_columns", "histogram": return shape(name)
        default: return plain(name)
        }
    }

    /// Those that need nothing but to be asked for.
    private func plain(_ name: String) -> [Transformation] {
        guard section.bool(name) ?? false else { return [] }
        switch name {
        case "merge": return [.merge]
        case "append": return [.append]
        case "series_to_rows": return [.seriesToRows]
        case "series_table": return [.seriesToTable]
        case "concatenate": return [.concatenate]
        default: return [.transpose]
        }
    }

    private func pattern(_ key: String) -> String {
        let text = section.string(key) ?? ""
        if let problem = PatternText.problem(text) { section.report(key, problem) }
        return text
    }

    private func reductions(_ names: [String], _ section: SettingsSection, _ key: String) -> [Reduction] {
        names.compactMap { name in
            if let known = Reduction(name: name) { return known }
            section.report(key, "the calculation `\(SafeText(name.prefix(64)))` isn't known", remedy: "write one of \(Reduction.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
    }

    /// `group: [host]` with `calculate: {Value: [sum]}`.
    private func group() -> [Transformation] {
        var fields: [String: Transformation.Aggregation] = [:]
        if let own = section.section("calculate") {
            for (key, _) in section.value("calculate")?.mapping ?? [:] {
                guard let field = key.scalar?.string else { continue }
                fields[field] = .calculate(reductions(own.strings(field) ?? [], own, field))
            }
        }
        for field in section.strings("group") ?? [] { fields[field] = .group }
        return [.groupBy(fields)]
    }

    /// `{name, left, sign, right}` of two columns or numbers, or `{name, of, calculation}` of some.
    private func compute() -> [Transformation] {
        guard let own = section.section("compute") else { return [] }
        defer { own.finish() }
        let alias = own.string("name") ?? "", replaces = own.bool("only") ?? false
        if own.value("of") != nil {
            let reduction = reductions([own.string("calculation") ?? "sum"], own, "calculation").first ?? .sum
            return [.calculateField(.reduceRow(reduction, fields: own.strings("of") ?? []), alias: alias, replacesFields: replaces)]
        }
        guard let left = own.requiredString("left"), let right = own.requiredString("right") else { return [] }
        let signs: [String: Transformation.Operator] = ["+": .add, "-": .subtract, "*": .multiply, "/": .divide, "%": .modulo, "^": .power]
        func operand(_ text: String) -> Transformation.Operand { Double(text).map { .number($0) } ?? .field(text) }
        return [.calculateField(.binary(operand(left), Choice.read(own, "sign", signs) ?? .divide, operand(right)), alias: alias, replacesFields: replaces)]
    }

    /// `{field, above}` and the like; several conditions count together.
    private func filter() -> [Transformation] {
        guard let own = section.section("where"), let field = own.requiredString("field") else { return [] }
        defer { own.finish() }
        var comparisons: [Transformation.Comparison] = []
        if let text = own.string("equal") { comparisons.append(.equal(text)) }
        if let text = own.string("not_equal") { comparisons.append(.notEqual(text)) }
        if let limit = Choice.number(own, "above") { comparisons.append(.greater(limit)) }
        if let limit = Choice.number(own, "below") { comparisons.append(.lower(limit)) }
        if let limit = Choice.number(own, "at_least") { comparisons.append(.greaterOrEqual(limit)) }
        if let limit = Choice.number(own, "at_most") { comparisons.append(.lowerOrEqual(limit)) }
        if let part = own.string("contains") { comparisons.append(.contains(part)) }
        if let text = own.string("matches") {
            if let problem = PatternText.problem(text) { own.report("matches", problem) }
            comparisons.append(.pattern(text))
        }
        if let isEmpty = own.bool("empty") { comparisons.append(isEmpty ? .isNull : .isNotNull) }
        let excludes = own.bool("exclude") ?? false
        if comparisons.isEmpty { own.report("field", "`where` needs a condition", remedy: "add `equal`, `not_equal`, `above`, `below`, `at_least`, `at_most`, `contains`, `matches` or `empty`") }
        return [.filterByValue(comparisons.map { Transformation.Filter(field: field, comparison: $0) }, matchesAll: true, isExcluding: excludes)]
    }

    /// `{field: number}`, `text` or `time`.
    private func convert() -> [Transformation] {
        (section.stringMap("convert") ?? [:]).sorted { $0.key < $1.key }.compactMap { field, type in
            switch type {
            case "number": return .convert(field: field, toNumber: true)
            case "text": return .convert(field: field, toNumber: false)
            case "time": return .convertToTime(field: field)
            default:
                section.report("convert", "`\(SafeText(type.prefix(64)))` is no type of a column", remedy: "write `number`, `text` or `time`")
                return nil
            }
        }
    }

    private func shape(_ name: String) -> [Transformation] {
        guard let own = section.section(name) else { return [] }
        defer { own.finish() }
        switch name {
        case "matrix": return [.groupingToMatrix(column: own.requiredString("column") ?? "", row: own.requiredString("row") ?? "", value: own.string("value") ?? "Value")]
        case "histogram": return [.histogram(count: own.integer("count", in: 1...Limits.heatmapBuckets), width: Choice.number(own, "width").flatMap { $0 > 0 ? $0 : nil })]
        default: return [.rowsToFields(name: own.string("name") ?? "", value: own.string("value") ?? "")]
        }
    }
}
