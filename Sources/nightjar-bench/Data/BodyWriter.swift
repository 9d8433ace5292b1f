import Compression
import Foundations
import Model
import Wire

/// Makes remote-write bodies of a data set's steps: the labels of a series are encoded once, not once a sample.
///
/// A body holds one step of one shard's hosts, at most `samplesPerBodyMax` of them, and is compressed with snappy.
struct BodyWriter {
    /// What Prometheus 3 sends at most in one request.
    static let samplesPerBodyMax = 2000

    private let version: RemoteWrite.Version
    private let series: [Labels]
    /// Version 1's label fields of all series, one behind the other; a series' begin at its place in `starts`.
    private var templates: [UInt8] = []
    private var starts: [Int] = [0]

    init(_ series: [Labels], version: RemoteWrite.Version) {
        self.version = version
        self.series = series
        if version == .v2 { return }
        for labels in series {
            labels.forEachBytes { name, value in
                var pair: [UInt8] = [0x0A]
                pair.append(lengthPrefixed: name)
                pair.append(0x12)
                pair.append(lengthPrefixed: value)
                templates.append(0x0A)
                templates.append(lengthPrefixed: pair)
            }
            starts.append(templates.count)
        }
    }

    /// The bodies of one shard's hosts at a step.
    func bodies(_ shard: [DataHost], _ steps: DataSteps, step: Int, _ values: [Double]) -> [Body] {
        let total = shard.reduce(0) { $0 + $1.series.count }
        let parts = (total + Self.samplesPerBodyMax - 1) / Self.samplesPerBodyMax
        var bodies: [Body] = []
        var samples: [(index: Int, timestamp: Int64)] = []
        samples.reserveCapacity(total / max(1, parts) + 1)
        for host in shard {
            let timestamp = steps.moment(step).milliseconds + host.phaseMilliseconds
            for index in host.series {
                samples.append((index, timestamp))
                guard samples.count > total / parts || samples.count == Self.samplesPerBodyMax else { continue }
                bodies.append(body(samples, values))
                samples.removeAll(keepingCapacity: true)
            }
        }
        if !samples.isEmpty { bodies.append(body(samples, values)) }
        return bodies
    }

    private func body(_ samples: [(index: Int, timestamp: Int64)], _ values: [Double]) -> Body {
        let plain = version == .v1 ? encodeV1(samples, values) : encodeV2(samples, values)
        return Body(sampleCount: samples.count, bytes: Snappy.compress(plain))
    }

    /// WriteRequest { timeseries = 1 { labels = 1, samples = 2 { value = 1, timestamp = 2 } } }
    private func encodeV1(_ samples: [(index: Int, timestamp: Int64)], _ values: [Double]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(samples.count * 400)
        var sample: [UInt8] = []
        templates.withUnsafeBytes { templates in
            for (index, timestamp) in samples {
                sample.removeAll(keepingCapacity: true)
                if values[index].bitPattern != 0 {
                    sample.append(0x09)
                    sample.append(double: values[index])
                }
                sample.append(0x10)
                sample.append(varint: UInt64(bitPattern: timestamp))
                let labels = UnsafeRawBufferPointer(rebasing: templates[starts[index]..<starts[index + 1]])
                bytes.append(0x0A)
                bytes.append(varint: UInt64(labels.count + sample.count + 2))
                bytes.append(contentsOf: labels)
                bytes.append(0x12)
                bytes.append(lengthPrefixed: sample)
            }
        }
        return bytes
    }

    private func encodeV2(_ samples: [(index: Int, timestamp: Int64)], _ values: [Double]) -> [UInt8] {
        RemoteWrite.encodeV2(
            MetricBatch(entries: samples.map { .init(labels: series[$0.index], samples: [Sample(timestamp: $0.timestamp, value: values[$0.index])]) }))
    }
}

/// A compressed request body, and what it holds.
struct Body {
    let sampleCount: Int
    let bytes: [UInt8]
}
