import Model

/// The series of a scan that fulfil conditions, by their places in the scan.
struct NarrowedScan: MetricScan {
    private let scan: any MetricScan
    private let places: [Int]
    let labels: [Labels]

    /// The scan itself where all of its series do.
    static func narrowed(_ scan: any MetricScan, by conditions: LabelConditions) -> any MetricScan {
        // What is necessary was asked for already.
        if conditions.alternatives.isEmpty { return scan }
        let labels = scan.labels
        let places = labels.indices.filter { place in conditions.alternatives.contains { $0.matches(labels[place]) } }
        return places.count == labels.count ? scan : NarrowedScan(scan, labels, places)
    }

    private init(_ scan: any MetricScan, _ labels: [Labels], _ places: [Int]) {
        self.scan = scan
        self.places = places
        self.labels = places.map { labels[$0] }
    }

    var samplesBound: Int { scan.samplesBound }
    var downsampled: [DownsampledTime] { scan.downsampled }
    func makeCursor(from start: Int64, through end: Int64) -> any MetricCursor { NarrowedCursor(scan.makeCursor(from: start, through: end), places) }
}

private final class NarrowedCursor: MetricCursor {
    private let cursor: any MetricCursor
    private let places: [Int]

    init(_ cursor: any MetricCursor, _ places: [Int]) {
        self.cursor = cursor
        self.places = places
    }

    var figures: ScanFigures { cursor.figures }
    func read(_ index: Int, _ body: (SampleView) throws -> Void) throws { try cursor.read(places[index], body) }
    func summarize(_ index: Int, _ windows: [TimeWindow], to figures: inout [WindowFigures?]) throws -> Bool {
        try cursor.summarize(places[index], windows, to: &figures)
    }
}
