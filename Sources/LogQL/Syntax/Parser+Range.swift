import Model

/// Functions over a range of lines: `rate({…} |= "x" [5m] offset 1h)`.
extension Parser {
    mutating func rangeAggregation(_ function: RangeAggregation.Function, _ token: Token) throws(LogQLError) -> RangeAggregation {
        try expect("(")
        var parameter: Double?
        if function == .quantileOverTime {
            guard case .number(let value, _) = current.kind else { throw unexpected("a quantile from 0 to 1") }
            parameter = value
            advance()
            try expect(",")
        }
        var aggregation = RangeAggregation(
            function: function, parameter: parameter, selector: LogSelector(matchers: [], stages: []), unwrap: nil, rangeMilliseconds: 0,
            offsetMilliseconds: 0, grouping: nil)
        try rangedSelector(&aggregation)
        guard aggregation.rangeMilliseconds > 0 else { throw unexpected("a range such as `[5m]`") }
        try expect(")")
        if function.needsUnwrap && aggregation.unwrap == nil { throw error("\(function.rawValue) needs numbers; add `| unwrap LABEL` behind the selector", at: token) }
        if function.countsLines && function != .absentOverTime && aggregation.unwrap != nil { throw error("\(function.rawValue) counts lines and takes no `unwrap`", at: token) }
        aggregation.grouping = try groupingIfAny()
        return aggregation
    }

    private mutating func rangedSelector(_ aggregation: inout RangeAggregation) throws(LogQLError) {
        if take("(") {
            var inner = aggregation
            try nested { parser throws(LogQLError) in try parser.rangedSelector(&inner) }
            aggregation = inner
            try expect(")")
        } else {
            aggregation.selector.matchers = try streamSelector()
        }
        while true {
            if isSymbol("[") {
                guard aggregation.rangeMilliseconds == 0 else { throw error("there are two ranges") }
                aggregation.rangeMilliseconds = try range()
                if takeWord("offset") { aggregation.offsetMilliseconds = try offset() }
            } else if isSymbol("|"), ahead(1).kind == .identifier("unwrap") {
                aggregation.unwrap = try unwrap()
            } else if aggregation.unwrap != nil, take("|") {
                aggregation.unwrap!.filters.append(try labelFilter())
            } else if startsStage {
                aggregation.selector.stages.append(try stage())
            } else {
                return
            }
        }
    }

    private mutating func range() throws(LogQLError) -> Int64 {
        try expect("[")
        let milliseconds = try duration()
        guard milliseconds > 0 else { throw error("a range must be longer than 0") }
        try expect("]")
        return milliseconds
    }

    private mutating func offset() throws(LogQLError) -> Int64 {
        let isNegative = take("-")
        let milliseconds = try duration()
        return isNegative ? -milliseconds : milliseconds
    }

    private mutating func duration() throws(LogQLError) -> Int64 {
        guard case .duration(let milliseconds, _) = current.kind else { throw unexpected("a duration such as `5m`") }
        advance()
        return milliseconds
    }

    private mutating func unwrap() throws(LogQLError) -> Unwrap {
        advance()
        advance()
        let name = try identifier("the label to take the number from")
        guard take("(") else { return Unwrap(label: name, conversion: .number, filters: []) }
        let conversion: Unwrap.Conversion
        switch name {
        case "duration", "duration_seconds": conversion = .duration
        case "bytes": conversion = .bytes
        default: throw error("`unwrap` knows duration(), duration_seconds() and bytes(), not \(name)()")
        }
        let label = try identifier("the label to take the number from")
        try expect(")")
        return Unwrap(label: label, conversion: conversion, filters: [])
    }
}
