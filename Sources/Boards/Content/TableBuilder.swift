import Foundations

/// Columns and rows of a table.
struct TableBuilder {
    let builder: ContentBuilder

    func build(_ frames: [DataFrame]) -> TableContent {
        guard let frame = oneFrame(frames) else { return TableContent(columns: [], rows: [], unshown: 0) }
        let resolver = FieldResolver(builder.panel, builder.scope)
        let fields = frame.fields.map { resolver.resolve($0, builder.scope) }.filter { $0.settings.isHidden != true && !isEmptyInternal($0) }
        let rows = order(fields, frame)
        let kept = rows.prefix(Limits.tableRows)
        let cells = fields.map { column($0, rows: kept) }
        let columns = fields.enumerated().map { index, field in
            let widest = cells[index].map { $0.shown.text.count }.max() ?? 0
            return TableContent.Column(
                title: field.name, isNumber: field.field.isNumber, cell: field.settings.cell ?? .text,
                columns: min(60, max(field.name.count, widest)), valueColumns: min(60, widest), priority: priority(field, index))
        }
        let content = kept.indices.map { row in cells.map { $0[row] } }
        return TableContent(columns: columns, rows: content, unshown: rows.count - kept.count, footer: footer(fields))
    }

    /// A calculation over all rows of each column of numbers; the first column of texts says which.
    private func footer(_ fields: [ResolvedField]) -> [TableContent.Cell]? {
        guard let reduction = builder.panel.options.footer else { return nil }
        let wanted = builder.panel.options.footerFields
        let titled = fields.firstIndex { !$0.field.isNumber }
        return fields.enumerated().map { index, field in
            guard let numbers = field.field.numbers, wanted.isEmpty || wanted.contains(field.name) || wanted.contains(field.field.name) else {
                return TableContent.Cell(shown: ShownValue(text: index == titled ? reduction.title : ""), fraction: nil)
            }
            var settings = field.settings
            if !reduction.keepsUnit { settings.unit = "none" }
            return TableContent.Cell(shown: ShownValue(text: ValueDisplay(settings, now: builder.now).show(reduction.value(of: numbers)).text), fraction: nil)
        }
    }

    /// Series beside each other become a row each; tables become one.
    private func oneFrame(_ frames: [DataFrame]) -> DataFrame? {
        guard frames.count > 1 else { return frames.first }
        let areSeries = frames.allSatisfy { $0.timeField != nil && $0.fields.count == 2 }
        if areSeries { return Reducing.rows(frames, [builder.panel.options.calculation], labelsToFields: false) }
        return Joining.merge(frames).first
    }

    /// The name that every instant answer has says nothing in a column of its own.
    private func isEmptyInternal(_ field: ResolvedField) -> Bool {
        guard field.field.name == "__name__", case .texts(let texts) = field.field.values else { return false }
        return Set(texts.compactMap(\.self)).count <= 1
    }

    private func priority(_ field: ResolvedField, _ index: Int) -> Int { field.field.isTime ? 100 : index < 2 ? 0 : field.field.isNumber ? index : index + 40 }

    private func order(_ fields: [ResolvedField], _ frame: DataFrame) -> [Int] {
        let count = frame.rowCount
        guard let sort = builder.panel.options.sort else { return Array(0..<count) }
        // A number counts hidden columns too.
        let field = sort.column.hasPrefix("#") ? Int(sort.column.dropFirst()).flatMap { frame.fields.indices.contains($0) ? frame.fields[$0] : nil } : fields.first { $0.name == sort.column || $0.field.name == sort.column }?.field
        guard let field else { return Array(0..<count) }
        return Columns.order(field, count: count, isDescending: sort.isDescending)
    }

    private func column(_ field: ResolvedField, rows: ArraySlice<Int>) -> [TableContent.Cell] {
        var settings = field.settings
        switch field.field.values {
        case .times(let times):
            if settings.unit == nil || !field.field.isTime { settings.unit = "dateTimeAsIso" }
            if !(settings.unit?.hasPrefix("dateTime") ?? false) { settings.unit = "dateTimeAsIso" }
            let display = ValueDisplay(settings, now: builder.now)
            return rows.map { TableContent.Cell(shown: ShownValue(text: display.show($0 < times.count ? Double(times[$0]) : .nan).text), fraction: nil) }
        case .numbers(let numbers):
            let most = settings.max ?? (settings.unit == "percentunit" ? 1 : settings.unit == "percent" ? 100 : numbers.filter(\.isFinite).max() ?? 1)
            let low = settings.min ?? 0
            let display = ValueDisplay(settings, range: low...max(low, most), now: builder.now)
            // A state is shown where the column asks for it.
            let hasTone = settings.cell == .tone || settings.cell == .gauge || !(settings.mappings ?? []).isEmpty
            return rows.map { row in
                let value = row < numbers.count ? numbers[row] : .nan
                var shown = display.show(value)
                if !hasTone { shown.tone = .neutral }
                return TableContent.Cell(shown: shown, fraction: settings.cell == .gauge && most > low ? (value - low) / (most - low) : nil)
            }
        case .texts(let texts):
            let display = ValueDisplay(settings, now: builder.now)
            return rows.map { TableContent.Cell(shown: display.show($0 < texts.count ? texts[$0] ?? "" : ""), fraction: nil) }
        }
    }
}
