extension GrafanaBoard {
    /// One entry of `transformations`; none, with a notice, where it isn't supported.
    mutating func transformation(_ node: JSONNode, _ panel: String) -> [Transformation] {
        if node["disabled"]?.bool ?? false { return [] }
        let options = node["options"]
        let name = node["id"]?.string ?? ""
        switch name {
        case "organize": return [organize(options)]
        case "merge": return [.merge]
        case "joinByField", "seriesToColumns":
            return [.joinByField(options?["byField"]?.string ?? "Time", isInner: options?["mode"]?.string == "inner")]
        case "groupBy": return [groupBy(options)]
        case "groupToNestedTable":
            note(.partial, panel, node, "the groups of `groupToNestedTable` are rows; what is nested in them isn't drawn")
            return [groupBy(options)]
        case "calculateField":
            if let calculation = calculateField(options) { return [calculation] }
            note(.partial, panel, node, "the mode `\(options?["mode"]?.string ?? "")` of calculateField isn't supported; the data stay as they are")
            return []
        case "filterFieldsByName":
            return [
                .filterFieldsByName(
                    include: Set((options?["include"]?["names"]?.elements ?? []).compactMap(\.string)), pattern: options?["include"]?["pattern"]?.string ?? "",
                    exclude: Set((options?["exclude"]?["names"]?.elements ?? []).compactMap(\.string)), excludePattern: options?["exclude"]?["pattern"]?.string ?? "")
            ]
        case "filterByRefId" where options?["exclude"] != nil && options?["include"] == nil:
            note(.partial, panel, node, "`exclude` of filterByRefId isn't supported; the data stay as they are")
            return []
        case "filterByRefId": return [.filterByRefID(pattern: options?["include"]?.string ?? ".*")]
        case "reduce":
            let names = (options?["reducers"]?.elements ?? []).compactMap(\.string)
            let reductions = names.compactMap { Reduction(name: $0) }
            if reductions.count < names.count { note(.partial, panel, node, "a calculation of `reduce` isn't supported") }
            return [
                .reduce(
                    reductions.isEmpty ? [.max] : reductions, keepsFields: options?["mode"]?.string == "reduceFields",
                    labelsToFields: options?["labelsToFields"]?.bool ?? false)
            ]
        case "filterByValue": return filterByValue(options, panel)
        case "sortBy":
            let sort = options?["sort"]?.elements.first ?? options?["fields"]?.members.first?.node
            let field = sort?["field"]?.string ?? options?["fields"]?.members.first?.name ?? ""
            return field.isEmpty ? [] : [.sortBy(field: field, isDescending: sort?["desc"]?.bool ?? false)]
        case "labelsToFields":
            return [.labelsToFields(keep: Set((options?["keepLabels"]?.elements ?? []).compactMap(\.string)), valueLabel: options?["valueLabel"]?.string.flatMap { $0.isEmpty ? nil : $0 })]
        case "renameByRegex": return [.renameByRegex(pattern: options?["regex"]?.string ?? "", replacement: options?["renamePattern"]?.string ?? "")]
        case "limit": return [.limit(max(0, options?["limitField"]?.integer ?? 10))]
        case "append": return [.append]
        case "seriesToRows": return [.seriesToRows]
        case "convertFieldType":
            return (options?["conversions"]?.elements ?? []).compactMap { conversion in
                conversion["targetField"]?.string.map { field in
                    conversion["destinationType"]?.string == "time" ? .convertToTime(field: field) : .convert(field: field, toNumber: conversion["destinationType"]?.string == "number")
                }
            }
        // But for texts beside them the data already has the form that it asks for.
        case "prepareTimeSeries": return [.splitByTexts]
        default: if let reshaping = reshaping(name, options, panel, node) { return reshaping }
        }
        note(.partial, panel, node, "the transformation `\(name)` isn't supported; the data stay as they are")
        return []
    }

    /// Transformations that make another table of one; nil for a name that isn't known.
    private mutating func reshaping(_ name: String, _ options: JSONNode?, _ panel: String, _ node: JSONNode) -> [Transformation]? {
        switch name {
        case "rowsToFields":
            let mappings = options?["mappings"]?.elements ?? []
            func field(_ handler: String) -> String { mappings.first { $0["handlerKey"]?.string == handler }?["fieldName"]?.string ?? "" }
            return [.rowsToFields(name: field("field.name"), value: field("field.value"))]
        case "groupingToMatrix":
            func field(_ key: String) -> String { options?[key]?.string ?? (key == "valueField" ? "Value" : "Time") }
            return [.groupingToMatrix(column: field("columnField"), row: field("rowField"), value: field("valueField"))]
        case "partitionByValues": return [.partition((options?["fields"]?.elements ?? []).compactMap(\.string))]
        case "timeSeriesTable":
            note(.partial, panel, node, "the trends of `timeSeriesTable` are their last values")
            return [.seriesToTable]
        case "extractFields": return [extractFields(options)]
        case "joinByLabels":
            return [.labelsToFields(keep: Set((options?["join"]?.elements ?? []).compactMap(\.string)), valueLabel: options?["value"]?.string), .merge]
        case "concatenate": return [.concatenate]
        case "transpose": return [.transpose]
        case "configFromData": return [settingsFromQuery(options, panel, node)]
        case "histogram": return [.histogram(count: options?["bucketCount"]?.integer, width: options?["bucketSize"]?.number.flatMap { $0 > 0 ? $0 : nil })]
        // Times are written as times whatever the pattern.
        case "formatTime": return []
        default: return nil
        }
    }

    /// A field that isn't mapped is meant for the setting of its name.
    private mutating func settingsFromQuery(_ options: JSONNode?, _ panel: String, _ node: JSONNode) -> Transformation {
        var sources: [Transformation.SettingSource] = []
        for mapping in options?["mappings"]?.elements ?? [] {
            guard let field = mapping["fieldName"]?.string, let key = mapping["handlerKey"]?.string ?? mapping["fieldName"]?.string, key != "__ignore" else { continue }
            let tone = mapping["handlerArguments"]?["threshold"]?["color"]?.string.map(ToneName.tone) ?? .critical
            guard let setting = Transformation.Setting(key, tone) else {
                note(.partial, panel, node, "`\(key)` of configFromData isn't supported")
                continue
            }
            sources.append(Transformation.SettingSource(field: field, setting: setting, reduction: mapping["reducerId"]?.string.flatMap { Reduction(name: $0) } ?? .lastNotNull))
        }
        let matcher = options?["applyTo"].flatMap { self.matcher($0, panel) }
        return .settingsFromQuery(options?["configRefId"]?.string ?? "config", sources, to: matcher ?? .all)
    }

    private func extractFields(_ options: JSONNode?) -> Transformation {
        let paths = (options?["jsonPaths"]?.elements ?? []).prefix(Limits.extractedFields).compactMap { path in
            path["path"]?.string.flatMap { $0.isEmpty ? nil : ExtractedPath($0, title: path["alias"]?.string ?? "") }
        }
        return .extractFields(source: options?["source"]?.string ?? "", keepsOnly: options?["replace"]?.bool ?? false, paths: paths)
    }

    private func organize(_ options: JSONNode?) -> Transformation {
        let excluded = (options?["excludeByName"]?.members ?? []).filter { $0.node.bool == true }.map(\.name)
        let order = (options?["indexByName"]?.members ?? []).sorted { ($0.node.integer ?? 0) < ($1.node.integer ?? 0) }.map(\.name)
        let renamed = (options?["renameByName"]?.members ?? []).compactMap { name, node in node.string.flatMap { $0.isEmpty ? nil : (name, $0) } }
        return .organize(excluded: Set(excluded), order: order, renamed: Dictionary(renamed, uniquingKeysWith: { $1 }), keepsOnly: false)
    }

    private func groupBy(_ options: JSONNode?) -> Transformation {
        var fields: [String: Transformation.Aggregation] = [:]
        for (name, node) in options?["fields"]?.members ?? [] {
            switch node["operation"]?.string {
            case "groupby": fields[name] = .group
            case "aggregate": fields[name] = .calculate((node["aggregations"]?.elements ?? []).compactMap { $0.string.flatMap { Reduction(name: $0) } })
            default: break
            }
        }
        return .groupBy(fields)
    }

    private func calculateField(_ options: JSONNode?) -> Transformation? {
        let alias = options?["alias"]?.string ?? ""
        let replaces = options?["replaceFields"]?.bool ?? false
        switch options?["mode"]?.string ?? "reduceRow" {
        case "reduceRow":
            let reduction = options?["reduce"]?["reducer"]?.string.flatMap { Reduction(name: $0) } ?? .sum
            let fields = (options?["reduce"]?["include"]?.elements ?? []).compactMap(\.string)
            return .calculateField(.reduceRow(reduction, fields: fields), alias: alias, replacesFields: replaces)
        case "binary":
            guard let binary = options?["binary"], let name = binary["operator"]?.string, let sign = Transformation.Operator(rawValue: name) else { return nil }
            let left = operand(binary["left"]), right = operand(binary["right"])
            return .calculateField(.binary(left, sign, right), alias: alias, replacesFields: replaces)
        case "index": return .calculateField(.index, alias: alias, replacesFields: replaces)
        case "unary":
            guard let name = options?["unary"]?["operator"]?.string, let function = Transformation.UnaryFunction(rawValue: name) else { return nil }
            return .calculateField(.unary(function, field: options?["unary"]?["fieldName"]?.string ?? ""), alias: alias, replacesFields: replaces)
        case "cumulativeFunctions":
            let reduction: Reduction = options?["cumulative"]?["reducer"]?.string == "mean" ? .mean : .sum
            return .calculateField(.cumulative(reduction, field: options?["cumulative"]?["field"]?.string ?? ""), alias: alias, replacesFields: replaces)
        case "windowFunctions":
            // A window that is centred or a part of all rows looks at rows that come later: these are few.
            let reduction = options?["window"]?["reducer"]?.string.flatMap { Reduction(name: $0) } ?? .mean
            guard let size = options?["window"]?["windowSize"]?.number, options?["window"]?["windowSizeMode"]?.string == "fixed" else { return nil }
            return .calculateField(.window(reduction, field: options?["window"]?["field"]?.string ?? "", rows: max(1, Int(size.clamped(to: 1...10_000)))), alias: alias, replacesFields: replaces)
        default: return nil
        }
    }

    /// A field's name or a number; newer files wrap it.
    private func operand(_ node: JSONNode?) -> Transformation.Operand {
        let text = node?["matcher"]?["options"]?.text ?? node?["fixed"]?.text ?? node?.text ?? ""
        return Double(text).map { .number($0) } ?? .field(text)
    }

    private mutating func filterByValue(_ options: JSONNode?, _ panel: String) -> [Transformation] {
        var filters: [Transformation.Filter] = []
        for filter in options?["filters"]?.elements ?? [] {
            guard let comparison = comparison(filter["config"]) else {
                note(.partial, panel, filter, "the condition `\(filter["config"]?["id"]?.string ?? "")` of filterByValue isn't supported")
                continue
            }
            filters.append(Transformation.Filter(field: filter["fieldName"]?.string ?? "", comparison: comparison))
        }
        return filters.isEmpty ? [] : [.filterByValue(filters, matchesAll: options?["match"]?.string == "all", isExcluding: options?["type"]?.string == "exclude")]
    }

    private func comparison(_ node: JSONNode?) -> Transformation.Comparison? {
        let value = node?["options"]?["value"]
        switch node?["id"]?.string {
        case "isNull": return .isNull
        case "isNotNull": return .isNotNull
        case "equal": return .equal(value?.text ?? "")
        case "notEqual": return .notEqual(value?.text ?? "")
        case "greater": return value?.number.map { .greater($0) }
        case "greaterOrEqual": return value?.number.map { .greaterOrEqual($0) }
        case "lower": return value?.number.map { .lower($0) }
        case "lowerOrEqual": return value?.number.map { .lowerOrEqual($0) }
        case "between", "range":
            guard let from = node?["options"]?["from"]?.number, let to = node?["options"]?["to"]?.number else { return nil }
            return .between(from, to)
        case "regex": return value?.string.map { .pattern($0) }
        case "substring": return value?.string.map { .contains($0) }
        default: return nil
        }
    }
}
