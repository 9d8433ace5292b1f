import Foundations
import Glibc
import Terminal

/// Readable values and times at the axes of a chart.
enum AxisTicks {
    /// An axis over a range: its ends on whole steps, unless they are set.
    static func axis(_ axis: ChartContent.Axis, isStacked: Bool, rows: Int) -> TimeChartAxis {
        if axis.logarithmBase > 1 { return logarithmic(axis, rows: rows) }
        var low = axis.min ?? axis.least
        var high = axis.max ?? axis.most
        // Values above 0 are seen against 0, unless they differ by little only.
        if axis.min == nil, low > 0, isStacked || low < high * 0.7 { low = 0 }
        if axis.max == nil, high < 0 { high = 0 }
        if !(low < high) {
            let spread = low == 0 ? 1 : abs(low) * 0.1
            if axis.min == nil { low -= low > 0 ? spread : 0 }
            high = low + max(spread, .leastNormalMagnitude)
            if axis.max == nil { high += spread }
        }
        let base: Double = usesPowersOf1024(axis.format.unit) ? 1024 : 10
        let count = max(2, min(8, rows / 3))
        let step = step((high - low) / Double(count), base: base)
        guard step > 0, step.isFinite else { return TimeChartAxis(range: low...high, labels: []) }
        if axis.min == nil { low = (low / step + 1e-9).rounded(.down) * step }
        if axis.max == nil { high = (high / step - 1e-9).rounded(.up) * step }
        var values: [Double] = []
        var value = (low / step - 1e-9).rounded(.up) * step
        while value <= high + step * 0.001, values.count < 40 {
            // A sum of steps that should be 0 isn't always.
            values.append(abs(value) < step * 1e-6 ? 0 : value)
            value += step
        }
        return TimeChartAxis(range: low...high, labels: Array(zip(values, texts(values, axis.format))))
    }

    /// With as many decimals as tell them apart.
    private static func texts(_ values: [Double], _ format: ValueText) -> [SafeText] {
        var format = format
        var texts = values.map { format.text($0) }
        let least = (format.decimals ?? 0) + 1
        for decimals in least..<least + Limits.axisDecimals where Set(texts).count < values.count {
            format.decimals = decimals
            texts = values.map { format.text($0) }
        }
        return texts.map { SafeText($0) }
    }

    /// An axis of powers: its positions are logarithms, its labels the values themselves.
    private static func logarithmic(_ axis: ChartContent.Axis, rows: Int) -> TimeChartAxis {
        let base = axis.logarithmBase
        let high = max(axis.max ?? axis.most, .leastNormalMagnitude)
        let least = axis.min.flatMap { $0 > 0 ? $0 : nil } ?? (axis.leastAboveZero.isFinite ? axis.leastAboveZero : high / base)
        let low = (scaled(min(least, high), base) + 1e-9).rounded(.down)
        let top = max(low + 1, (scaled(high, base) - 1e-9).rounded(.up))
        guard low.isFinite, top.isFinite else { return TimeChartAxis(range: 0...1, labels: []) }
        // As many powers as there are rows for.
        let every = max(1, ((top - low) / Double(max(2, min(8, rows / 2)))).rounded(.up))
        let labels = stride(from: low, through: top, by: every).map { (value: $0, text: SafeText(axis.format.text(pow(base, $0)))) }
        return TimeChartAxis(range: low...top, labels: labels)
    }

    /// Where a value stands on an axis: as it is, or its logarithm; what has none is nowhere.
    static func scaled(_ value: Double, _ base: Double) -> Double { base > 1 ? (value > 0 ? log(value) / log(base) : .nan) : value }
    static func scaled(_ values: [Double], _ base: Double) -> [Double] { base > 1 ? values.map { scaled($0, base) } : values }

    private static func usesPowersOf1024(_ unit: Unit) -> Bool {
        if case .prefixes(let base, _, _, _) = unit.scale { base == 1024 } else { false }
    }

    /// The least of 1, 2, 2.5 and 5 times a power that is as large; of bytes 1 to 512 times a power of 1024.
    static func step(_ wanted: Double, base: Double) -> Double {
        guard wanted > 0, wanted.isFinite else { return 0 }
        if base == 1024, wanted >= 1 {
            let power = pow(1024, floor(log2(wanted) / 10))
            return ([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as [Double]).first { $0 * power >= wanted * 0.999 }! * power
        }
        let power = pow(10, floor(log10(wanted)))
        return ([1, 2, 2.5, 5, 10] as [Double]).first { $0 * power >= wanted * 0.999 }! * power
    }

    private static let timeSteps: [Int64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000,
    ]

    /// Times at whole steps of a zone, as many as fit.
    static func times(_ window: QueryWindow, columns: Int, zoneOffsetSeconds: Int64) -> [(fraction: Double, text: SafeText)] {
        let length = window.end.milliseconds - window.start.milliseconds
        guard length > 0, columns > 8 else { return [] }
        let lengthSeconds = max(1, length / 1000)
        let texts = lengthSeconds > 4 * 86_400 ? 5 : lengthSeconds > 86_400 ? 11 : lengthSeconds < 300 ? 8 : 5
        let count = Int64(max(1, columns / (texts + 5)))
        // Labels without seconds don't stand closer than their minutes.
        let least = max(texts == 8 ? 1 : 60, (lengthSeconds + count - 1) / count)
        let step = (timeSteps.first { $0 >= least } ?? lengthSeconds) * 1000
        let offset = zoneOffsetSeconds * 1000
        var ticks: [(fraction: Double, text: SafeText)] = []
        var moment = (window.start.milliseconds + offset + step - 1) / step * step
        while moment - offset <= window.end.milliseconds, ticks.count < 64 {
            let text = TimestampText.rfc3339(Timestamp(milliseconds: moment))
            let shown: Substring
            switch texts {
            case 8: shown = text.dropFirst(11).prefix(8)
            case 11: shown = text.dropFirst(5).prefix(11)
            default: shown = lengthSeconds > 4 * 86_400 ? text.dropFirst(5).prefix(5) : text.dropFirst(11).prefix(5)
            }
            ticks.append((Double(moment - offset - window.start.milliseconds) / Double(length), SafeText(String(shown.map { $0 == "T" ? " " : $0 }))))
            moment += step
        }
        return ticks
    }
}
