/// Brings answers to frames.
enum FrameBuilder {
    /// A frame a series, or for tables one frame with a column a label.
    static func frames(_ series: [BoardSeries], _ query: PanelQuery, legend: String, asTable: Bool, naming: SeriesNaming = SeriesNaming([])) -> [DataFrame] {
        if asTable { return [table(series, query)] }
        return series.prefix(Limits.series).map { series in
            var value = DataField("Value", .numbers(series.values))
            value.labels = series.labels
            value.refID = query.refID
            let named = LabelText.legend(legend, series.labels)
            // A legend of labels that this series doesn't have says nothing.
            if named.allSatisfy(\.isWhitespace) {
                let written = LabelText.text(series.labels)
                value.displayName = written
                value.automatic = (written, naming.name(series.labels, query))
            } else {
                value.displayName = named
            }
            var time = DataField("Time", .times(series.times))
            time.refID = query.refID
            return DataFrame(refID: query.refID, fields: [time, value])
        }
    }

    /// Lines as rows, the oldest first: `Time`, `Line`, and `labels` as an object of JSON.
    static func frames(_ lines: [BoardLogLine], _ query: PanelQuery) -> [DataFrame] {
        if lines.isEmpty { return [] }
        let rows = lines.prefix(Limits.frameRows).reversed()
        var fields = [
            DataField("Time", .times(rows.map { $0.timestamp.milliseconds.milliseconds })), DataField("Line", .texts(rows.map(\.line))),
            DataField("labels", .texts(rows.map { FieldExtraction.object($0.labels) })),
        ]
        for index in fields.indices { fields[index].refID = query.refID }
        return [DataFrame(refID: query.refID, fields: fields)]
    }

    /// `Time`, a column a label, `Value`; a row a series, of its last value for an instant query.
    private static func table(_ series: [BoardSeries], _ query: PanelQuery) -> DataFrame {
        let kept = series.prefix(Limits.series)
        let names = Set(kept.flatMap(\.labels.keys)).sorted()
        var times: [Int64] = [], values: [Double] = []
        var columns = [[String?]](repeating: [], count: names.count)
        for series in kept {
            let rows = query.shape == .instant ? series.times.indices.suffix(1) : series.times.indices[...]
            for row in rows where times.count < Limits.frameRows {
                times.append(series.times[row])
                values.append(series.values[row])
                for (index, name) in names.enumerated() { columns[index].append(series.labels[name]) }
            }
        }
        var fields = [DataField("Time", .times(times))]
        for (index, name) in names.enumerated() { fields.append(DataField(name, .texts(columns[index]))) }
        var value = DataField("Value", .numbers(values))
        value.refID = query.refID
        fields.append(value)
        for index in fields.indices { fields[index].refID = query.refID }
        return DataFrame(refID: query.refID, fields: fields)
    }

    /// Where a panel has several queries, their value columns are told apart by the query's letter, as files expect it.
    static func namingValues(_ frames: [DataFrame], queryCount: Int) -> [DataFrame] {
        guard queryCount > 1 else { return frames }
        return frames.map { frame in
            var frame = frame
            for index in frame.fields.indices where frame.fields[index].name == "Value" && frame.fields[index].displayName == nil {
                frame.fields[index].name = "Value #\(frame.refID)"
            }
            return frame
        }
    }
}
