import Foundation
import Foundations
import Model

/// Many hosts' node_exporter, made from real scrapes of one: each host begins elsewhere in the scrapes and at another moment of the step,
/// and each of its series changes by a factor of its own between 0.5 and 1.5 of what was scraped. A sample each 15 s.
///
/// A value keeps as many decimals as its series had.
struct NodeLikeData: DataSet {
    static let hostsWhole = 40
    static let stepsWhole = 1200

    let series: [Labels]
    let hosts: [DataHost]
    let steps: DataSteps
    private let scrapes: Scrapes
    /// Of each scraped series: 10 to the number of its decimals; nil where no number of decimals gives its values exactly.
    private let powers: [Double?]
    /// Of each host, the scrape it begins with.
    private let offsets: [Int]
    private let factors: [Double]
    private var step = 0

    /// `scale` 1 is 40 hosts. Of fewer than 1,260 scrapes the steps are as many fewer.
    init(_ scrapes: Scrapes, scale: Double = 1, seed: UInt64 = 2) throws {
        let hostCount = max(2, Int(Double(Self.hostsWhole) * scale))
        let stepCount = min(Self.stepsWhole, scrapes.count * Self.stepsWhole / 1260)
        guard stepCount > 0 else { throw BenchError("\(scrapes.count) scrapes are too few; the reference has 1,260") }
        var random = SeededGenerator(seed: seed)
        self.scrapes = scrapes
        powers = scrapes.columns.map(Self.power)
        let width = scrapes.series.count
        offsets = (0..<hostCount).map { $0 * (scrapes.count - stepCount) / hostCount }
        factors = (0..<hostCount * width).map { _ in random.uniform(0.5...1.5) }
        steps = DataSteps(count: stepCount, milliseconds: 15_000)
        hosts = (0..<hostCount).map { DataHost(series: $0 * width..<($0 + 1) * width, phaseMilliseconds: Int64($0 * 15_000 / hostCount)) }
        series = (0..<hostCount).flatMap { host in
            scrapes.series.map { $0.setting("instance", to: "node-\(host):9100").setting("job", to: "node") }
        }
    }

    var title: String { "node-like, " + Self.sizes(series.count, steps.count) }

    mutating func next(_ values: inout [Double]) {
        let width = scrapes.series.count
        for host in hosts.indices {
            let first = offsets[host]
            for index in 0..<width {
                let column = scrapes.columns[index]
                let place = host * width + index
                let value = column[first] + (column[first + step] - column[first]) * factors[place]
                values[place] = powers[index].map { (value * $0).rounded() / $0 } ?? value
            }
        }
        step += 1
    }

    private static func power(_ column: [Double]) -> Double? {
        var power = 1.0
        for value in column {
            while !isExact(value, power) {
                power *= 10
                if power > 1e12 { return nil }
            }
        }
        return power
    }

    private static func isExact(_ value: Double, _ power: Double) -> Bool {
        let scaled = (value * power).rounded()
        return scaled.magnitude < 0x1p53 && scaled / power == value
    }
}

/// How much of a data set moves: the shape that decides what it compresses to.
struct Changes {
    /// Of the series, the part that never changes.
    let constantSeries: Double
    /// Of the samples, the part that differs from the one before.
    let changedSamples: Double

    init(_ data: any DataSet) {
        var data = data
        var last = [Double](repeating: 0, count: data.series.count)
        var values = last
        var changed = [Int](repeating: 0, count: last.count)
        data.next(&last)
        for _ in 1..<max(2, data.steps.count) {
            data.next(&values)
            for index in values.indices where values[index].bitPattern != last[index].bitPattern { changed[index] += 1 }
            swap(&values, &last)
        }
        constantSeries = Double(changed.count { $0 == 0 }) / Double(changed.count)
        changedSamples = Double(changed.reduce(0, +)) / Double(data.sampleCount)
    }
}
