import Foundations
import Model

/// Gathers what blocks and the head hold of each series; parts that come later win.
struct SelectedSeries {
    private struct Found {
        let labels: Labels
        let hash: UInt64
        var samples: [SampleColumns]
        var histograms: [[HistogramSample]]
    }

    private var found: [Found] = []
    private var table = SeriesTable()
    private(set) var sampleCount = 0

    mutating func add(_ labels: Labels, _ samples: SampleColumns, _ histograms: [HistogramSample]) {
        guard !samples.isEmpty || !histograms.isEmpty else { return }
        sampleCount += samples.count + histograms.count
        let hash = labels.encoded.withUnsafeBytes { memoryHash($0) }
        if let index = table.find(hash, { haveEqualBytes(found[Int($0)].labels.encoded, labels.encoded) }) {
            if !samples.isEmpty { found[Int(index)].samples.append(samples) }
            if !histograms.isEmpty { found[Int(index)].histograms.append(histograms) }
            return
        }
        let index = UInt32(found.count)
        found.append(Found(labels: labels, hash: hash, samples: samples.isEmpty ? [] : [samples], histograms: histograms.isEmpty ? [] : [histograms]))
        table.insert(index, hash: hash) { [found] in found[Int($0)].hash }
    }

    /// The series in order of labels, each of their times once.
    consuming func merged() -> [Series] {
        var series: [Series] = []
        series.reserveCapacity(found.count)
        for one in found {
            let histograms = mergedHistograms(one.histograms)
            var samples = SampleColumns.merged(one.samples)
            if !histograms.isEmpty && !samples.isEmpty {
                let taken = Set(histograms.map(\.timestamp))
                samples = samples.filtered { !taken.contains($0) }
            }
            series.append(Series(labels: one.labels, timestamps: samples.timestamps, values: samples.values, histograms: histograms))
        }
        series.sort { $0.labels < $1.labels }
        return series
    }
}
