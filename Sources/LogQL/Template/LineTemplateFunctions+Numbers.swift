import Glibc

extension LineTemplateFunctions {
    static let numbers: [String: Function] = [
        "int": { .integer(try $0.onlyInteger()) },
        "float64": { .float(try $0.onlyNumber()) },
        "add": { .integer(try integers($0, &+)) },
        "sub": { arguments in
            try arguments.need(2)
            return .integer(try integers(arguments, &-))
        },
        "mul": { .integer(try integers($0, &*)) },
        "div": { arguments in
            try arguments.need(2)
            return .integer(try integers(arguments) { try divided($0, $1).quotient })
        },
        "mod": { arguments in
            try arguments.need(2)
            return .integer(try integers(arguments) { try divided($0, $1).remainder })
        },
        "max": { .integer(try integers($0, max)) },
        "min": { .integer(try integers($0, min)) },
        "addf": { .float(try floats($0, +)) },
        "subf": { .float(try floats($0, -)) },
        "mulf": { .float(try floats($0, *)) },
        "divf": { .float(try floats($0, /)) },
        "maxf": { .float(try floats($0, Swift.max)) },
        "minf": { .float(try floats($0, Swift.min)) },
        "ceil": { .float(try $0.onlyNumber().rounded(.up)) },
        "floor": { .float(try $0.onlyNumber().rounded(.down)) },
        "round": { arguments in
            try arguments.need(atLeast: 2)
            let roundsUpFrom = arguments.count > 2 ? try arguments.number(2) : 0.5
            let power = pow(10, try arguments.number(1))
            let digits = try arguments.number(0) * power
            let fraction = digits - digits.rounded(.towardZero)
            return .float((fraction >= roundsUpFrom ? digits.rounded(.up) : digits.rounded(.down)) / power)
        },
    ]

    private static func integers(_ arguments: LineTemplateArguments, _ combine: (Int64, Int64) throws -> Int64) throws -> Int64 {
        try arguments.need(atLeast: 1)
        var result = try arguments.integer(0)
        for index in 1..<arguments.count { result = try combine(result, try arguments.integer(index)) }
        return result
    }

    private static func floats(_ arguments: LineTemplateArguments, _ combine: (Double, Double) -> Double) throws -> Double {
        try arguments.need(atLeast: 1)
        var result = try arguments.number(0)
        for index in 1..<arguments.count { result = combine(result, try arguments.number(index)) }
        return result
    }

    private static func divided(_ left: Int64, _ right: Int64) throws -> (quotient: Int64, remainder: Int64) {
        guard right != 0 else { throw LineTemplateFailure(reason: "a division by 0") }
        // The least number divided by -1 doesn't fit; Go lets it wrap.
        if right == -1 { return (0 &- left, 0) }
        return left.quotientAndRemainder(dividingBy: right)
    }
}

extension LineTemplateArguments {
    fileprivate func onlyInteger() throws -> Int64 {
        try need(1)
        return try integer(0)
    }

    fileprivate func onlyNumber() throws -> Double {
        try need(1)
        return try number(0)
    }
}
