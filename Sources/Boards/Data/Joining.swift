/// Frames brought together.
enum Joining {
    /// One table; rows that agree in every text and time that both have become one.
    static func merge(_ frames: [DataFrame]) -> [DataFrame] {
        let frames = frames.filter { !$0.fields.isEmpty }
        guard frames.count > 1 else { return frames }
        var merged: [DataField] = []
        var places: [String: Int] = [:]
        for field in frames.flatMap(\.fields) where places[field.title] == nil {
            places[field.title] = merged.count
            merged.append(field.emptied)
        }
        // Columns that are in every frame tell rows apart.
        let shared = Set(frames.map { Set($0.fields.filter { !$0.isNumber }.map(\.title)) }.reduce(nil as Set<String>?) { $0?.intersection($1) ?? $1 } ?? [])
        var rows: [[CellKey]: Int] = [:]
        var count = 0
        var cells: [[(field: DataField, row: Int)?]] = []
        for frame in frames {
            let keyFields = frame.fields.filter { shared.contains($0.title) }.sorted { $0.title < $1.title }
            for row in 0..<min(frame.rowCount, Limits.frameRows) {
                let key = keyFields.map { $0.key(row) }
                let place: Int
                if let known = rows[key], !keyFields.isEmpty, canFill(cells[known], frame, row, places) {
                    place = known
                } else {
                    place = count
                    rows[key] = place
                    cells.append(Array(repeating: nil, count: merged.count))
                    count += 1
                }
                for field in frame.fields { cells[place][places[field.title]!] = (field, row) }
            }
        }
        for row in cells {
            for index in merged.indices {
                if let cell = row[index] { merged[index].append(cell.field, row: cell.row) } else { merged[index].appendEmpty() }
            }
        }
        return [DataFrame(refID: frames[0].refID, fields: merged)]
    }

    /// Whether what a row of a frame says is missing in a merged row, or the same.
    private static func canFill(_ cells: [(field: DataField, row: Int)?], _ frame: DataFrame, _ row: Int, _ places: [String: Int]) -> Bool {
        frame.fields.allSatisfy { field in
            guard let cell = cells[places[field.title]!] else { return true }
            return cell.field.key(cell.row) == field.key(row)
        }
    }

    /// A row a value of a field, all other columns beside each other.
    static func join(_ frames: [DataFrame], by name: String, isInner: Bool) -> [DataFrame] {
        let parts = frames.compactMap { frame in frame.field(named: name).map { (frame: frame, key: $0) } }
        guard parts.count > 1, let first = parts.first else { return frames }
        var rows: [CellKey: Int] = [:]
        var keys: [(field: DataField, row: Int)] = []
        var counts: [Int] = []
        for part in parts {
            var seen: Set<CellKey> = []
            let field = part.frame.fields[part.key]
            for row in 0..<field.count {
                let key = field.key(row)
                if let place = rows[key] {
                    if seen.insert(key).inserted { counts[place] += 1 }
                } else {
                    rows[key] = keys.count
                    seen.insert(key)
                    keys.append((field, row))
                    counts.append(1)
                }
            }
        }
        var order = Array(keys.indices).filter { !isInner || counts[$0] == parts.count }
        if first.frame.fields[first.key].isTime { order.sort { (keys[$0].field.key(keys[$0].row).number ?? 0) < (keys[$1].field.key(keys[$1].row).number ?? 0) } }
        var keyField = first.frame.fields[first.key].emptied
        for place in order { keyField.append(keys[place].field, row: keys[place].row) }
        var fields = [keyField]
        for part in parts {
            var rowOfKey: [CellKey: Int] = [:]
            let field = part.frame.fields[part.key]
            for row in 0..<field.count where rowOfKey[field.key(row)] == nil { rowOfKey[field.key(row)] = row }
            let picked = order.map { rowOfKey[keys[$0].field.key(keys[$0].row)] ?? -1 }
            for (index, other) in part.frame.fields.enumerated() where index != part.key { fields.append(other.picking(picked)) }
        }
        return [DataFrame(refID: "joined", fields: numbered(fields))]
    }

    /// Columns of the same title are told apart by a number behind it, as files name them.
    static func numbered(_ fields: [DataField]) -> [DataField] {
        let counts = Dictionary(fields.map { ($0.title, 1) }, uniquingKeysWith: +)
        var seen: [String: Int] = [:]
        return fields.map { field in
            let title = field.title
            guard counts[title, default: 0] > 1 else { return field }
            seen[title, default: 0] += 1
            var field = field
            field.displayName = "\(title) \(seen[title, default: 0])"
            return field
        }
    }

    /// Labels become columns of texts.
    static func labelsToFields(_ frames: [DataFrame], keep: Set<String>, valueLabel: String?) -> [DataFrame] {
        merge(frames.map { frame in
            var frame = frame
            var added: [DataField] = []
            for index in frame.fields.indices where !frame.fields[index].labels.isEmpty {
                let labels = frame.fields[index].labels
                for (name, value) in labels.sorted(by: { $0.key < $1.key }) where name != valueLabel && name != "__name__" && (keep.isEmpty || keep.contains(name)) {
                    if !added.contains(where: { $0.name == name }) { added.append(DataField(name, .texts(Array(repeating: value, count: frame.rowCount)))) }
                }
                frame.fields[index].name = valueLabel.flatMap { labels[$0] } ?? labels["__name__"] ?? frame.fields[index].name
                frame.fields[index].displayName = nil
                frame.fields[index].labels = [:]
            }
            let times = frame.fields.filter(\.isTime)
            frame.fields = times + added + frame.fields.filter { !$0.isTime }
            return frame
        })
    }

    /// Rows of all frames below each other; columns by their names.
    static func append(_ frames: [DataFrame]) -> DataFrame {
        var fields: [DataField] = []
        for frame in frames {
            for field in frame.fields where !fields.contains(where: { $0.title == field.title }) { fields.append(field.emptied) }
        }
        for frame in frames {
            let places = fields.map { field in frame.fields.firstIndex { $0.title == field.title } }
            for row in 0..<min(frame.rowCount, Limits.frameRows) {
                for index in fields.indices {
                    if let place = places[index] { fields[index].append(frame.fields[place], row: row) } else { fields[index].appendEmpty() }
                }
            }
        }
        return DataFrame(refID: frames.first?.refID ?? "", fields: fields)
    }

    /// `Time`, `Metric`, `Value`: a row a point.
    static func seriesToRows(_ frames: [DataFrame]) -> DataFrame {
        var times: [Int64] = [], names: [String?] = [], values: [Double] = []
        for frame in frames {
            guard case .times(let moments)? = frame.timeField?.values else { continue }
            for field in frame.fields {
                guard let numbers = field.numbers else { continue }
                for (row, number) in numbers.enumerated() where row < moments.count && times.count < Limits.frameRows {
                    times.append(moments[row])
                    names.append(field.title)
                    values.append(number)
                }
            }
        }
        let frame = DataFrame(refID: frames.first?.refID ?? "", fields: [DataField("Time", .times(times)), DataField("Metric", .texts(names)), DataField("Value", .numbers(values))])
        return Columns.sorted(frame, by: "Time", isDescending: true)
    }
}
