import Model

/// A series over the steps of a query; nil where it has no sample.
struct Column {
    var labels: Labels
    var values: [Double?]

    func mapped(_ transform: (Double) -> Double?) -> Column { Column(labels: labels, values: values.map { $0.flatMap(transform) }) }
}

/// The moments at which a metric query is evaluated. Nanoseconds since 1970.
struct StepGrid {
    let start: Int64
    let step: Int64
    let count: Int

    func moment(_ index: Int) -> Int64 { start + Int64(index) * step }
    var end: Int64 { moment(count - 1) }
}

extension Grouping {
    /// The labels that a series is grouped by.
    func key(_ labels: Labels) -> Labels { isWithout ? labels.dropping(Set(names)) : labels.keeping(Set(names)) }

    /// The same for a line, whose labels may also be fields.
    func key(_ entry: LogEntry) -> Labels {
        if isWithout { return entry.sampleLabels.dropping(Set(names)) }
        var builder = LabelsBuilder()
        for name in names { builder.set(name, to: entry.value(name)) }
        return builder.build()
    }
}
