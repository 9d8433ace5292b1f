import ArgumentParser
import Compression
import Foundations
import Model
import Wire

/// Undoing snappy and decoding remote-write bodies in this process.
struct RemoteWriteBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "write", abstract: "Decompressing and decoding remote-write bodies alone.")

    @OptionGroup var options: DataOptions
    @Option(help: "Steps of the data set.") var steps = 200

    func run() async throws {
        for version in RemoteWrite.Version.allCases { try await measure(version) }
    }

    private func measure(_ version: RemoteWrite.Version) async throws {
        var data = try options.make()
        let writer = BodyWriter(data.series, version: version)
        var values = [Double](repeating: 0, count: data.series.count)
        var bodies: [Body] = []
        for step in 0..<min(steps, data.steps.count) {
            data.next(&values)
            for shard in data.shards(BodyFolder.connections) { bodies += writer.bodies(shard, data.steps, step: step, values) }
        }
        let samples = bodies.reduce(0) { $0 + $1.sampleCount }
        let (plain, inflating) = try await Cost.of { try bodies.map { try Snappy.decompress($0.bytes, bytesMax: 16 << 20) } }
        let (_, decoding) = try await Cost.of {
            for body in plain { _ = try body.withUnsafeBytes { try RemoteWrite.decode($0, version: version, limits: WireLimits()) } }
        }
        row("\(version): decompress, samples a CPU second", perSecond(samples, inflating.cpuSeconds))
        row("\(version): decode, samples a CPU second", perSecond(samples, decoding.cpuSeconds))
    }
}
