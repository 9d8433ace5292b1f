/// Rows to columns and back.
enum Reshaping {
    static func toTimes(_ frame: DataFrame, _ name: String) -> DataFrame {
        guard let index = frame.field(named: name), !frame.fields[index].isTime else { return frame }
        var frame = frame
        let keys = (0..<frame.fields[index].count).map { frame.fields[index].key($0) }
        frame.fields[index].values = .times(keys.map { key in key.number.flatMap { Int64(exactly: $0.rounded()) } ?? 0 })
        return frame
    }

    /// One row: a column for each value of the field of names. Without names the first texts and numbers are taken.
    static func rowsToFields(_ frame: DataFrame, name: String, value: String) -> DataFrame {
        let names = frame.field(named: name) ?? frame.fields.firstIndex { !$0.isNumber && !$0.isTime }
        let values = frame.field(named: value) ?? frame.fields.firstIndex(where: \.isNumber)
        guard let names, let values else { return frame }
        var fields: [DataField] = []
        for row in 0..<min(frame.rowCount, Limits.series) {
            guard let title = frame.fields[names].key(row).text else { continue }
            var field = frame.fields[values].picking([row])
            (field.name, field.displayName, field.labels) = (title, nil, [:])
            fields.append(field)
        }
        return DataFrame(refID: frame.refID, fields: fields)
    }

    static func matrix(_ frame: DataFrame, column: String, row: String, value: String) -> DataFrame {
        guard let columns = frame.field(named: column), let rows = frame.field(named: row), let values = frame.field(named: value) else { return frame }
        var rowPlaces: [CellKey: Int] = [:], columnPlaces: [CellKey: Int] = [:]
        var rowFirst: [Int] = [], columnTitles: [String] = []
        var cells: [[Int]] = []
        for index in 0..<min(frame.rowCount, Limits.frameRows) {
            let rowKey = frame.fields[rows].key(index), columnKey = frame.fields[columns].key(index)
            if rowPlaces[rowKey] == nil {
                guard rowFirst.count < Limits.tableRows else { continue }
                rowPlaces[rowKey] = rowFirst.count
                rowFirst.append(index)
            }
            if columnPlaces[columnKey] == nil {
                guard columnTitles.count < Limits.heatmapBuckets else { continue }
                columnPlaces[columnKey] = columnTitles.count
                columnTitles.append(columnKey.text ?? "")
                cells.append([])
            }
            guard let place = columnPlaces[columnKey], let line = rowPlaces[rowKey] else { continue }
            while cells[place].count <= line { cells[place].append(-1) }
            cells[place][line] = index
        }
        var first = frame.fields[rows].picking(rowFirst)
        (first.name, first.displayName) = (row + "\\" + column, nil)
        let others = zip(columnTitles, cells).map { title, picked in
            var field = frame.fields[values].picking(picked + Array(repeating: -1, count: rowFirst.count - picked.count))
            (field.name, field.displayName, field.labels) = (title, nil, [:])
            return field
        }
        return DataFrame(refID: frame.refID, fields: [first] + others)
    }

    /// The values of the fields become a part of the other columns' names.
    static func partition(_ frame: DataFrame, by names: [String]) -> [DataFrame] {
        let keys = names.compactMap { frame.field(named: $0) }
        guard !keys.isEmpty else { return [frame] }
        var places: [[CellKey]: Int] = [:]
        var groups: [(title: String, rows: [Int])] = []
        for row in 0..<frame.rowCount {
            let key = keys.map { frame.fields[$0].key(row) }
            if let place = places[key] {
                groups[place].rows.append(row)
            } else if groups.count < Limits.series {
                places[key] = groups.count
                groups.append((key.map { $0.text ?? "" }.joined(separator: " "), [row]))
            }
        }
        return groups.map { group in
            var part = frame.picking(group.rows)
            part.fields = part.fields.enumerated().filter { !keys.contains($0.offset) }.map { _, field in
                var field = field
                if field.isNumber { field.displayName = field.title == "Value" ? group.title : field.title + " " + group.title }
                return field
            }
            return part
        }
    }

    /// A table a query: a column a label, and the last value.
    static func seriesToTable(_ frames: [DataFrame]) -> [DataFrame] {
        var order: [String] = []
        var byQuery: [String: [DataField]] = [:]
        for frame in frames {
            for field in frame.fields where field.isNumber {
                if byQuery[frame.refID] == nil { order.append(frame.refID) }
                byQuery[frame.refID, default: []].append(field)
            }
        }
        return order.map { refID in
            let fields = byQuery[refID] ?? []
            let names = Set(fields.flatMap(\.labels.keys)).subtracting(["__name__"]).sorted()
            var columns = names.map { name in DataField(name, .texts(fields.map { $0.labels[name] })) }
            columns.append(DataField("Trend #\(refID)", .numbers(fields.map { Reduction.lastNotNull.value(of: $0.numbers ?? []) })))
            return DataFrame(refID: refID, fields: columns)
        }
    }

    static func concatenate(_ frames: [DataFrame]) -> [DataFrame] {
        guard frames.count > 1, let first = frames.first else { return frames }
        let rows = Array(0..<(frames.map(\.rowCount).max() ?? 0))
        let fields = frames.flatMap(\.fields).map { field in field.picking(rows.map { $0 < field.count ? $0 : -1 }) }
        return [DataFrame(refID: first.refID, fields: Joining.numbered(fields))]
    }

    /// The first column's values become titles, the other titles the first column.
    static func transpose(_ frame: DataFrame) -> DataFrame {
        guard let head = frame.fields.first, frame.fields.count > 1 else { return frame }
        let others = frame.fields.dropFirst()
        var fields = [DataField(head.title, .texts(others.map(\.title)))]
        for row in 0..<min(head.count, Limits.heatmapBuckets) {
            let title = head.key(row).text ?? "\(row + 1)"
            let keys = others.map { $0.key(row) }
            let isNumber = others.allSatisfy(\.isNumber)
            fields.append(DataField(title, isNumber ? .numbers(keys.map { $0.number ?? .nan }) : .texts(keys.map(\.text))))
        }
        return DataFrame(refID: frame.refID, fields: fields)
    }

    /// A row a range; a column of counts a series.
    static func histogram(_ frames: [DataFrame], count: Int?, width: Double?) -> DataFrame {
        let fields = frames.flatMap { $0.fields.filter(\.isNumber) }.prefix(Limits.chartSeries)
        let known = fields.flatMap { $0.numbers ?? [] }.filter(\.isFinite)
        guard let low = known.min(), let high = known.max() else { return DataFrame(fields: []) }
        let ranges = HistogramRanges(low: low, high: high, count: count, width: width)
        var result = [DataField("Range", .texts((0..<ranges.count).map { NumberText.short(ranges.bound($0)) + " – " + NumberText.short(ranges.bound($0 + 1)) }))]
        for field in fields {
            var counts = [Double](repeating: 0, count: ranges.count)
            for value in field.numbers ?? [] where value.isFinite { counts[ranges.place(value)] += 1 }
            result.append(DataField(field.title, .numbers(counts)))
        }
        return DataFrame(refID: frames.first?.refID ?? "", fields: result)
    }
}

/// Equal ranges that values are counted in, on readable bounds.
struct HistogramRanges {
    private let start: Double
    private let width: Double
    let count: Int

    /// Ranges that are read easily on a screen, where a file names no number.
    private static let usualCount = 12

    /// Values beyond this fall into the outermost ranges: further out their distances are no numbers any more.
    private static let outermost = 1e150

    init(low: Double, high: Double, count wanted: Int?, width given: Double?) {
        let low = max(low, -Self.outermost), high = max(low, min(high, Self.outermost))
        let wanted = min(max(1, wanted ?? Self.usualCount), Limits.heatmapBuckets)
        var width = given ?? AxisTicks.step((high - low) / Double(wanted), base: 10)
        // One value alone, or one without an end.
        if !(width > 0) || !width.isFinite { width = max(abs(low), 1) }
        while (high - low) / width > Double(Limits.heatmapBuckets - 2) { width *= 2 }
        start = (low / width).rounded(.down) * width
        self.width = width
        count = min(Limits.heatmapBuckets, Int((high - start) / width) + 1)
    }

    func bound(_ index: Int) -> Double { start + width * Double(index) }
    func place(_ value: Double) -> Int { Int(((value - start) / width).clamped(to: 0...Double(count - 1))) }
}
