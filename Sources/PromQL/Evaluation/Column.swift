import Model

/// Marks «no value at this step». Arithmetic never makes this bit pattern, and selectors drop the stale marker, whose pattern it is.
let absentValue = StaleMarker.value

@inline(__always) func isAbsent(_ value: Double) -> Bool { value.bitPattern == StaleMarker.bitPattern }

/// One series of an instant vector, with its values at all steps.
struct Column {
    var labels: Labels
    /// The metric's name goes when the query ends.
    var dropsName: Bool
    /// One for each step; `absentValue` where there is none, or a histogram.
    var values: [Double]
    /// One for each step, or empty where the series has no histograms at all.
    var histograms: [FloatHistogram?]

    init(labels: Labels, values: [Double], histograms: [FloatHistogram?] = [], dropsName: Bool = false) {
        self.labels = labels
        self.dropsName = dropsName
        self.values = values
        self.histograms = histograms
    }

    /// Without any value yet.
    init(labels: Labels, count: Int, dropsName: Bool = false) {
        self.init(labels: labels, values: [Double](repeating: absentValue, count: count), dropsName: dropsName)
    }

    var hasHistograms: Bool { !histograms.isEmpty }

    @inline(__always) func histogram(at step: Int) -> FloatHistogram? { histograms.isEmpty ? nil : histograms[step] }

    @inline(__always) func isPresent(at step: Int) -> Bool {
        !isAbsent(values[step]) || (!histograms.isEmpty && histograms[step] != nil)
    }

    var isEmpty: Bool { values.indices.allSatisfy { !isPresent(at: $0) } }

    var hasFloats: Bool { values.contains { !isAbsent($0) } }

    /// Without histograms; nil where nothing is left.
    var floatsOnly: Column? {
        guard hasFloats else { return nil }
        var result = self
        result.histograms = []
        return result
    }

    mutating func set(_ histogram: FloatHistogram, at step: Int) {
        if histograms.isEmpty { histograms = Array(repeating: nil, count: values.count) }
        histograms[step] = histogram
    }

    mutating func set(_ value: MetricValue, at step: Int) {
        switch value {
        case .float(let float): values[step] = float
        case .histogram(let histogram): set(histogram, at: step)
        }
    }

    func value(at step: Int) -> MetricValue? {
        if !isAbsent(values[step]) { return .float(values[step]) }
        return histogram(at: step).map { .histogram($0) }
    }

    mutating func remove(at step: Int) {
        values[step] = absentValue
        if !histograms.isEmpty { histograms[step] = nil }
    }

    mutating func copy(from other: Column, at step: Int) {
        values[step] = other.values[step]
        if let histogram = other.histogram(at: step) { set(histogram, at: step) }
    }
}
