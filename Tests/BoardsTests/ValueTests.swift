import Foundations
import Testing

@testable import Boards

@Suite struct ValueTests {
    @Test(arguments: [
        ("bytes", nil, 1536, "1.5 KiB"), ("bytes", nil, 0, "0 B"), ("bytes", nil, 1_073_741_824, "1 GiB"), ("bytes", 1, -2048, "-2.0 KiB"), ("decbytes", nil, 1500, "1.5 kB"),
        ("kbytes", nil, 2048, "2 MiB"), ("Bps", nil, 2_500_000, "2.5 MB/s"), ("binBps", nil, 1_048_576, "1 MiB/s"), ("bps", nil, 1e9, "1 Gb/s"), ("bits", nil, 1024, "1 Kib"),
        ("percent", nil, 97.25, "97.3%"), ("percentunit", nil, 0.5, "50%"), ("percentunit", 2, 0.12345, "12.35%"), ("short", nil, 1_234_567, "1.23 Mil"), ("short", nil, 999, "999"),
        ("none", nil, 12_345, "12345"), ("none", 2, 3.14159, "3.14"), ("none", nil, 0.000012, "1.2e-5"), ("s", nil, 0.0125, "12.5 ms"), ("s", nil, 90, "1.5 min"), ("s", nil, 7200, "2 h"),
        ("s", nil, 172_800, "2 d"), ("ms", nil, 1500, "1.5 s"), ("µs", nil, 12, "12 µs"), ("ns", nil, 0, "0 s"), ("dtdurations", nil, 93_784, "1d 02:03:04"),
        ("dateTimeAsIso", nil, 1_800_000_000_000, "2027-01-15 08:00:00"), ("ops", nil, 12.345, "12.3 ops/s"), ("reqps", nil, 1200, "1.2 K req/s"), ("hertz", nil, 2.4e9, "2.4 GHz"),
        ("celsius", nil, 21.55, "21.6 °C"), ("hex", nil, 255, "FF"), ("bool_yes_no", nil, 1, "Yes"), ("locale", nil, 1_234_567.5, "1,234,568"), ("currencyUSD", 2, 3, "$3.00"),
        ("suffix: jobs", nil, 3, "3 jobs"), ("prefix:€", 1, 2, "€2.0"), ("si:m", nil, 1500, "1.5km"), ("furlongs", nil, 3, "3 furlongs"), ("iops", nil, 5, "5 io/s"), ("short", nil, -1500, "-1.5 K"),
    ] as [(String, Int?, Double, String)])
    func aUnitWritesItsNumbers(unit: String, decimals: Int?, value: Double, wanted: String) {
        #expect(ValueText(unit: unit, decimals: decimals).text(value) == wanted)
    }

    @Test func ageIsWrittenByTheMoment() {
        #expect(ValueText(unit: "dateTimeFromNow").text(1_799_999_400_000, now: Fixtures.now) == "10 min ago")
    }

    /// Whatever the number, the text is short, and of the same size back to three digits.
    @Test(arguments: 0..<20) func everyNumberCanBeWritten(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for unit in ["none", "short", "bytes", "decbytes", "Bps", "bps", "s", "ms", "ns", "percent", "percentunit", "dtdurations", "dateTimeAsIso", "hex", "sci", "locale", "hertz"] {
            for decimals in [nil, 0, 3, 12] as [Int?] {
                let value = Double(bitPattern: random.next())
                let text = ValueText(unit: unit, decimals: decimals).text(value)
                #expect(!text.isEmpty && text.count < 400, "\(unit) \(value)")
            }
        }
        let value = Double.random(in: -1e15...1e15, using: &random)
        #expect(NumberText.fixed(value, decimals: 0) == String(Int64(value.rounded(.toNearestOrAwayFromZero))))
        let small = Double.random(in: 0.001..<1000, using: &random)
        let read = Double(NumberText.short(small)) ?? 0
        #expect(abs(read - small) <= small * 0.006)
    }

    @Test func mappingsComeBeforeUnitsAndSpecialOnesAreKnown() {
        var settings = FieldSettings()
        settings.unit = "s"
        settings.mappings = [
            ValueMapping(.value("0"), text: "DOWN", tone: .critical), ValueMapping(.range(from: 1, to: 5), text: "few"), ValueMapping(.pattern("^9.*"), text: "many", tone: .warning),
            ValueMapping(.nullOrNotANumber, text: "nothing"),
        ]
        let display = ValueDisplay(settings, now: Fixtures.now)
        #expect(display.show(0) == ShownValue(text: "DOWN", tone: .critical))
        #expect(display.show(3).text == "few")
        #expect(display.show(95) == ShownValue(text: "many", tone: .warning))
        #expect(display.show(.nan).text == "nothing")
        #expect(display.show(60).text == "1 min")
    }

    @Test func thresholdsAreAbsoluteOrOfTheRange() {
        let steps = [Thresholds.Step(from: -.infinity, tone: .good), .init(from: 50, tone: .warning), .init(from: 90, tone: .critical)]
        let absolute = Thresholds(steps), percent = Thresholds(steps, mode: .percentage)
        #expect([10, 50, 95].map { absolute.tone(of: $0, range: nil) } == [.good, .warning, .critical])
        #expect([100, 150, 195].map { percent.tone(of: $0, range: 100...200) } == [.good, .warning, .critical])
        #expect(absolute.tone(of: .nan, range: nil) == .neutral)
    }

    @Test(arguments: [
        (Reduction.last, [1, 2, .nan], Double.nan), (.lastNotNull, [1, 2, .nan], 2), (.firstNotNull, [.nan, 3, 4], 3), (.min, [3, 1, .nan, 2], 1), (.max, [3, 1, 2], 3), (.mean, [1, 2, 3, .nan], 2),
        (.sum, [1, 2, .nan], 3), (.count, [1, .nan], 2), (.range, [1, 5, 2], 4), (.delta, [1, 5, 2, 4], 8), (.diff, [1, 5, 3], 2), (.differencePercent, [2, 3], 0.5), (.changeCount, [1, 1, 2, 1], 2),
        (.distinctCount, [1, 1, 2], 2), (.median, [5, 1, 3, 2], 2.5), (.leastAboveZero, [-1, 0, 4, 2], 2), (.allIsZero, [0, 0], 1), (.allIsNull, [.nan], 1), (.mean, [], .nan), (.standardDeviation, [2, 4, 4, 4, 5, 5, 7, 9], 2),
        (.step, [1, 4, 6], 2),
    ] as [(Reduction, [Double], Double)])
    func aReductionMakesOneOfMany(reduction: Reduction, values: [Double], wanted: Double) {
        let value = reduction.value(of: values)
        #expect(value == wanted || value.isNaN && wanted.isNaN)
    }

    @Test func coloursSayHowGoodAValueIs() {
        #expect(["red", "dark-red", "#D0021B", "rgba(245, 54, 54, 0.9)"].allSatisfy { ToneName.tone($0) == .critical })
        #expect(["orange", "light-yellow", "#F5A623", "rgba(237, 129, 40, 0.89)"].allSatisfy { ToneName.tone($0) == .warning })
        #expect(["green", "semi-dark-green", "rgba(50, 172, 45, 0.97)"].allSatisfy { ToneName.tone($0) == .good })
        #expect(["blue", "text", "#808080", "transparent", "", "#zz"].allSatisfy { ToneName.tone($0) == .neutral })
    }
}
