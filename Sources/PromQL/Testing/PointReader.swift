import Glibc
import Model

/// One point of a script's series: nothing, a float or a histogram.
enum ScriptPoint {
    case gap
    case float(Double)
    /// `hasHint` where a counter reset hint was written.
    case histogram(FloatHistogram, hasHint: Bool)
}

/// Why a series line can't be read.
struct PointProblem: Error {
    let reason: String
}

/// Reads the points behind a series' name: `1+2x3 _ stale {{count:1}}`.
struct PointReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

    static func points(_ text: some StringProtocol) throws -> [ScriptPoint] {
        var reader = PointReader(text)
        var points: [ScriptPoint] = []
        while reader.skipBlanks() {
            try reader.readItem(into: &points)
            if points.count > PromQLLimits.scriptPointsMax { throw PointProblem(reason: "more than \(PromQLLimits.scriptPointsMax) points in a line") }
        }
        return points
    }

    private mutating func skipBlanks() -> Bool {
        while offset < bytes.count, bytes[offset] == 0x20 || bytes[offset] == 0x09 { offset += 1 }
        return offset < bytes.count
    }

    private func starts(_ text: String) -> Bool { bytes[offset...].starts(with: text.utf8) }

    private mutating func take(_ text: String) -> Bool {
        guard starts(text) else { return false }
        offset += text.utf8.count
        return true
    }

    private func rest() -> String { String(decoding: bytes[offset...].prefix(40), as: UTF8.self) }

    private mutating func readItem(into points: inout [ScriptPoint]) throws {
        if take("_") {
            let count = try readRepeat() ?? 1
            points += Array(repeating: .gap, count: count)
        } else if take("stale") {
            points.append(.float(StaleMarker.value))
        } else if starts("{{") {
            try readHistograms(into: &points)
        } else {
            try readFloats(into: &points)
        }
        guard offset == bytes.count || bytes[offset] == 0x20 || bytes[offset] == 0x09 else { throw PointProblem(reason: "unexpected \(quoted(rest())) in the points") }
    }

    /// `xN`
    private mutating func readRepeat() throws -> Int? {
        guard take("x") else { return nil }
        let digits = bytes[offset...].prefix(while: Lexer.isDigit)
        guard let count = Int(String(decoding: digits, as: UTF8.self)), count <= PromQLLimits.scriptPointsMax else {
            throw PointProblem(reason: "expected a number of repetitions up to \(PromQLLimits.scriptPointsMax) at \(quoted(rest()))")
        }
        offset += digits.count
        return count
    }

    /// -1, 1 or nil where no step follows.
    private mutating func readStepSign() -> Double? {
        if take("+") { return 1 }
        return take("-") ? -1 : nil
    }

    private mutating func readFloats(into points: inout [ScriptPoint]) throws {
        let start = try readNumber()
        var step = 0.0
        if let sign = readStepSign() { step = sign * (try readNumber()) }
        guard let count = try readRepeat() else {
            points.append(.float(start))
            return
        }
        // Added up one by one, as the language has it.
        var value = start
        for _ in 0...count {
            points.append(.float(value))
            value += step
        }
    }

    mutating func readNumber() throws -> Double {
        let start = offset
        var sign = 1.0
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "-") || bytes[offset] == UInt8(ascii: "+") {
            sign = bytes[offset] == UInt8(ascii: "-") ? -1 : 1
            offset += 1
        }
        let word = String(decoding: bytes[offset...].prefix(3), as: UTF8.self).lowercased()
        if word == "inf" || word == "nan" {
            offset += 3
            return word == "inf" ? sign * .infinity : StaleMarker.ordinaryNaN
        }
        let numberStart = offset
        while offset < bytes.count {
            let byte = bytes[offset]
            let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
            let isInExponent = offset > numberStart && (bytes[offset - 1] | 0x20) == UInt8(ascii: "e")
            guard Lexer.isDigit(byte) || byte == UInt8(ascii: ".") || (byte | 0x20) == UInt8(ascii: "e") || (isSign && isInExponent) else { break }
            offset += 1
        }
        guard let value = NumberText.parse(String(decoding: bytes[numberStart..<offset], as: UTF8.self)) else {
            throw PointProblem(reason: "expected a number at \(quoted(String(decoding: bytes[start...].prefix(40), as: UTF8.self)))")
        }
        return sign * value
    }

    // MARK: Histograms

    private mutating func readHistograms(into points: inout [ScriptPoint]) throws {
        let (start, startHasHint) = try readHistogram()
        var hasHint = startHasHint
        var step: (histogram: FloatHistogram, sign: Double)?
        if let sign = readStepSign() {
            let (histogram, stepHasHint) = try readHistogram()
            step = (histogram, sign)
            // What the step says of hints counts: sums have hints of their own.
            hasHint = stepHasHint
        }
        guard let count = try readRepeat() else {
            points.append(.histogram(start, hasHint: hasHint))
            return
        }
        var value = start
        for index in 0...count {
            points.append(.histogram(value, hasHint: hasHint))
            guard let step, index < count else { continue }
            do {
                _ = try value.add(step.histogram, factor: step.sign)
            } catch is IncompatibleBuckets {
                throw PointProblem(reason: "exponential and custom buckets can't be added")
            }
        }
    }

    private mutating func readHistogram() throws -> (histogram: FloatHistogram, hasHint: Bool) {
        guard take("{{") else { throw PointProblem(reason: "expected a histogram at \(quoted(rest()))") }
        var histogram = FloatHistogram()
        var (offsetAbove, offsetBelow) = (Int32(0), Int32(0))
        var hasHint = false
        while skipBlanks(), !take("}}") {
            let key = String(decoding: bytes[offset...].prefix { Lexer.isLetter($0) }, as: UTF8.self)
            offset += key.utf8.count
            guard take(":") else { throw PointProblem(reason: "expected a field of a histogram at \(quoted(rest()))") }
            switch key {
            case "schema": histogram.schema = try readInteger()
            case "sum": histogram.sum = try readNumber()
            case "count": histogram.count = try readNumber()
            case "z_bucket": histogram.zeroCount = try readNumber()
            case "z_bucket_w": histogram.zeroThreshold = try readNumber()
            case "buckets": histogram.positiveBuckets = try readList()
            case "n_buckets": histogram.negativeBuckets = try readList()
            case "custom_values": histogram.customValues = try readList()
            case "offset": offsetAbove = try readInteger()
            case "n_offset": offsetBelow = try readInteger()
            case "counter_reset_hint":
                histogram.counterReset = try readHint()
                hasHint = true
            default: throw PointProblem(reason: "unknown field \(quoted(key)) of a histogram")
            }
        }
        guard (-4...8).contains(histogram.schema) || histogram.usesCustomBuckets else { throw PointProblem(reason: "unknown schema \(histogram.schema) of a histogram") }
        if !histogram.positiveBuckets.isEmpty { histogram.positiveSpans = [.init(offset: offsetAbove, length: UInt32(histogram.positiveBuckets.count))] }
        if !histogram.negativeBuckets.isEmpty { histogram.negativeSpans = [.init(offset: offsetBelow, length: UInt32(histogram.negativeBuckets.count))] }
        return (histogram, hasHint)
    }

    private mutating func readInteger() throws -> Int32 {
        let number = try readNumber()
        guard let integer = Int32(exactly: number), integer.magnitude < 1 << 20 else { throw PointProblem(reason: "\(ValueText.format(number)) is no small whole number") }
        return integer
    }

    private mutating func readList() throws -> [Double] {
        guard take("[") else { throw PointProblem(reason: "expected a list in brackets at \(quoted(rest()))") }
        var values: [Double] = []
        while skipBlanks(), !take("]") { values.append(try readNumber()) }
        return values
    }

    private mutating func readHint() throws -> FloatHistogram.CounterReset {
        if take("gauge") { return .gauge }
        if take("not_reset") { return .notReset }
        if take("reset") { return .reset }
        if take("unknown") { return .unknown }
        throw PointProblem(reason: "expected unknown, reset, not_reset or gauge at \(quoted(rest()))")
    }
}
