import ArgumentParser
import Compression
import Foundations
import Model
import Wire

/// Undoing snappy and decoding remote-write bodies.
struct RemoteWriteBench: ModuleBench {
    let data: any DataSet
    /// Of the data set's steps, how many.
    var steps = 100

    private static let inflatedBytesMax = 16 << 20

    var title: String { "Remote write: bodies of at most \(BodyWriter.samplesPerBodyMax) samples, \(data.title)" }

    func measure() async throws -> [Measure] {
        var measures: [Measure] = []
        for version in RemoteWrite.Version.allCases {
            let bodies = bodies(version)
            let samples = Double(bodies.reduce(0) { $0 + $1.sampleCount })
            let (plain, inflating) = try await Cost.of { try bodies.map { try Snappy.decompress($0.bytes, bytesMax: Self.inflatedBytesMax) } }
            let (_, decoding) = try await Cost.of {
                for body in plain { _ = try body.withUnsafeBytes { try RemoteWrite.decode($0, version: version, limits: WireLimits()) } }
            }
            let name = version == .v1 ? "1.0" : "2.0"
            measures.append(Measure(title: "remote write \(name), decompress, per CPU second", unit: .samplesPerSecond, value: samples / inflating.cpuSeconds))
            measures.append(Measure(title: "remote write \(name), decode, per CPU second", unit: .samplesPerSecond, value: samples / decoding.cpuSeconds))
        }
        return measures
    }

    private func bodies(_ version: RemoteWrite.Version) -> [Body] {
        var data = data
        let writer = BodyWriter(data.series, version: version)
        let shards = data.shards(BodyFolder.connectionsWhole)
        var values = [Double](repeating: 0, count: data.series.count)
        return (0..<min(steps, data.steps.count)).flatMap { step in
            data.next(&values)
            return shards.flatMap { writer.bodies($0, data.steps, step: step, values) }
        }
    }
}

/// `nightjar-bench write`
struct RemoteWriteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "write", abstract: "Decompressing and decoding remote-write bodies alone.")

    @OptionGroup var options: DataOptions
    @Option(help: "Steps of the data set.") var steps = 100

    func run() async throws { try await RemoteWriteBench(data: try options.make(), steps: steps).report() }
}
