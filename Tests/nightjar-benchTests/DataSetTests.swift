import Compression
import Foundations
import Model
import TestSupport
import Testing
import Wire

@testable import nightjar_bench

struct DataSetTests {
    /// All values of a set, a row a step.
    private func rows(_ data: any DataSet) -> [[Double]] {
        var data = data
        var values = [Double](repeating: 0, count: data.series.count)
        return (0..<data.steps.count).map { _ in
            data.next(&values)
            return values
        }
    }

    @Test func theSameSeedMakesTheSameValues() {
        #expect(rows(TSBSLikeData(scale: 0.01, steps: 20)) == rows(TSBSLikeData(scale: 0.01, steps: 20)))
        #expect(rows(TSBSLikeData(scale: 0.01, steps: 20)) != rows(TSBSLikeData(scale: 0.01, steps: 20, seed: 9)))
    }

    @Test func tsbsLikeDataHasTheReferenceShape() {
        let data = TSBSLikeData()
        #expect(data.series.count == 13_100 && data.sampleCount == 56_592_000)
        #expect(Set(data.series).count == data.series.count)
    }

    @Test func gaugesAreWholePercentsAndCountersNeverFall() {
        let data = TSBSLikeData(scale: 0.01, steps: 200)
        let rows = rows(data)
        for (index, labels) in data.series.enumerated() {
            let column = rows.map { $0[index] }
            if TSBSLikeData.gauges.contains(labels.metricName ?? "") {
                #expect(column.allSatisfy { (0...100).contains($0) && $0 == $0.rounded() })
            } else {
                #expect(zip(column, column.dropFirst()).allSatisfy { $0 <= $1 })
            }
        }
    }

    @Test func aHistogramsBucketsHoldTheSmallerOnes() {
        let data = TSBSLikeData(scale: 0.01, steps: 50)
        for row in rows(data) {
            let buckets = data.series.indices.filter { data.series[$0].metricName == TSBSLikeData.bucket }.map { row[$0] }
            #expect(buckets.count == 11 && zip(buckets, buckets.dropFirst()).allSatisfy { $0 <= $1 })
        }
    }

    @Test func nodeLikeHostsKeepTheDecimalsOfWhatWasScraped() throws {
        let columns = [(0..<126).map { Double($0 * 7) }, (0..<126).map { Double($0) / 100 }, (0..<126).map { _ in 42 }]
        let scrapes = Scrapes(series: ["a", "b", "c"].map { ["__name__": $0] }, columns: columns)
        let data = try NodeLikeData(scrapes, scale: 0.1)
        #expect(data.steps.count == 120 && data.series.count == 12)
        for row in rows(data) {
            for host in 0..<4 {
                #expect(row[host * 3] == row[host * 3].rounded() && row[host * 3 + 2] == 42)
                #expect((row[host * 3 + 1] * 100).rounded() / 100 == row[host * 3 + 1])
            }
        }
        #expect(Changes(data).constantSeries == 1.0 / 3)
    }

    @Test func scrapesComeBackFromTheirFile() throws {
        let folder = TemporaryDirectory()
        let scrapes = Scrapes(series: [["__name__": "a"]], columns: [[1, -0.0, .nan, 1e308]])
        let path = Paths.join(folder.path, "some.scrapes")
        try scrapes.write(to: path)
        let read = try Scrapes(file: path)
        #expect(read.series == scrapes.series && read.columns[0].map(\.bitPattern) == scrapes.columns[0].map(\.bitPattern))
        try RealFileSystem().replace(path, with: Zstd.compress(Array("NJSC1\n".utf8)))
        #expect(throws: BenchError.self) { try Scrapes(file: path) }
    }

    @Test(arguments: RemoteWrite.Version.allCases)
    func bodiesDecodeToTheDataSet(version: RemoteWrite.Version) throws {
        var data = TSBSLikeData(scale: 0.02, steps: 1)
        var values = [Double](repeating: 0, count: data.series.count)
        data.next(&values)
        values[3] = -0.0
        values[4] = 0
        let writer = BodyWriter(data.series, version: version)
        let bodies = data.shards(2).flatMap { writer.bodies($0, data.steps, step: 0, values) }
        var found: [Labels: Sample] = [:]
        for body in bodies {
            let plain = try Snappy.decompress(body.bytes, bytesMax: 1 << 20)
            let batch = try plain.withUnsafeBytes { try RemoteWrite.decode($0, version: version) }
            #expect(batch.sampleCount == body.sampleCount)
            for entry in batch.entries { found[entry.labels] = entry.samples[0] }
        }
        #expect(found.count == data.series.count)
        for (index, labels) in data.series.enumerated() {
            #expect(found[labels] == Sample(timestamp: DataSteps.beginning.milliseconds, value: values[index]))
        }
    }

    @Test func bodiesOnDiskAreMadeOnceAndHoldEverything() throws {
        let folder = TemporaryDirectory()
        let data = PodData(seriesCount: 100, steps: 3)
        let made = try BodyFolder.make(data, version: .v1, in: folder.path, connections: 2)
        let again = try BodyFolder.make(data, version: .v1, in: folder.path, connections: 2)
        #expect(made.directory == again.directory)
        let lists = try again.connections()
        #expect(lists.count == 2 && lists.reduce(0) { $0 + $1.reduce(0) { $0 + $1.sampleCount } } == 300)
        #expect(lists[0].map(\.step) == [0, 1, 2])
    }
}
