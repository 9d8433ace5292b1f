import Foundations
import Model
import Settings

/// Reads the short YAML format, which Docs/Dashboards.md describes.
struct BoardFileReader {
    let document: SettingsDocument

    func board(_ root: SettingsSection, path: String) -> Board {
        let name = Paths.name(of: path)
        var board = Board(title: root.requiredString("title") ?? name)
        board.identifier = String(name.prefix { $0 != "." })
        board.details = root.string("description") ?? ""
        board.tags = root.strings("tags") ?? []
        board.range = .last(milliseconds: root.durationMilliseconds("range", in: 1000...Int64(10 * 365) * 86_400_000) ?? 3_600_000)
        board.refreshSeconds = root.durationMilliseconds("refresh", in: 1000...86_400_000).map { Double($0) / 1000 }
        let variables = root.sections("variables") ?? []
        board.variables = variables.prefix(Limits.variables).compactMap(variable)
        if root.value("panels") == nil { root.report("panels", "`panels` is missing", remedy: "add `panels:` with a list of panels") }
        var flow = Flow()
        let panels = root.sections("panels") ?? []
        if panels.count > Limits.panels { root.report("panels", "there are \(panels.count) panels; \(Limits.panels) is the most") }
        for (index, section) in panels.prefix(Limits.panels).enumerated() {
            if let panel = PanelReader(document: document, section: section, number: index + 1).read(&flow) { board.panels.append(panel) }
        }
        root.finish()
        return board
    }

    /// Panels one after the other from the left, in lines as high as the highest of them.
    struct Flow {
        var x = 0
        var y = 0
        private var height = 0

        mutating func place(width: Int, height: Int) -> GridPosition {
            if x + width > GridPosition.columns { newLine() }
            defer {
                x += width
                self.height = max(self.height, height)
            }
            return GridPosition(x: x, y: y, width: width, height: height)
        }

        mutating func newLine() {
            y += height
            (x, height) = (0, 0)
        }
    }

    private func variable(_ section: SettingsSection) -> Variable? {
        guard let name = section.requiredString("name") else { return nil }
        let isName = name.utf8.allSatisfy { ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
        if !isName { section.report("name", "`\(SafeText(name))` is no name of a variable", remedy: "use letters, digits and `_`") }
        let asked = ["query", "values", "intervals", "text", "constant", "filters"].filter { section.value($0) != nil }
        if asked.count != 1 {
            section.report("name", "the variable `\(SafeText(name))` needs one of `query`, `values`, `intervals`, `text`, `constant` or `filters`" + (asked.count > 1 ? ", not \(asked.count) of them" : ""))
        }
        var variable = Variable(name: name, kind: kind(section))
        variable.label = section.string("label") ?? ""
        variable.isMulti = section.bool("multi") ?? false
        variable.includesAll = section.bool("all") ?? false
        variable.allValue = section.string("all_value")
        variable.pattern = section.string("regex") ?? ""
        if !variable.pattern.isEmpty, let problem = PatternText.problem(variable.pattern) { section.report("regex", problem) }
        variable.isHidden = section.bool("hidden") ?? false
        variable.sort = choice(section, "sort", ["none": .none, "text": .text, "text-descending": .textDescending, "number": .number, "number-descending": .numberDescending]) ?? .number
        switch variable.kind {
        case .textBox: variable.options = [VariableValue(section.string("text") ?? "")]
        case .constant: variable.options = [VariableValue(section.string("constant") ?? "")]
        case .interval: variable.options = (section.strings("intervals") ?? []).filter { $0 != "auto" }.map { VariableValue($0) }
        default: variable.options = (section.strings("values") ?? []).map { CommaList.values($0).first ?? VariableValue($0) }
        }
        variable.initial = section.strings("default").map { $0.map { $0.lowercased() == "all" ? Variable.all : $0 == "auto" ? VariableChoices.auto : $0 } } ?? []
        if variable.isAdHoc { variable.initial = filters(section) }
        variable.line = section.node?.mark?.line ?? 0
        section.finish()
        return variable
    }

    private func kind(_ section: SettingsSection) -> Variable.Kind {
        if let text = section.string("query") {
            let isLogs = section.bool("logs") ?? false
            if let query = VariableQuery(text, isLogs: isLogs) { return .query(query) }
            section.report("query", "`\(SafeText(text.prefix(80)))` is no question for values", remedy: "write `label_values(metric, label)`, `label_names()`, `metrics(pattern)` or `query_result(expression)`")
            return .custom
        }
        if let intervals = section.strings("intervals") {
            for text in intervals where text != "auto" && DurationText.milliseconds(text) == nil { section.report("intervals", "`\(SafeText(text))` is no duration such as `5m`, nor `auto`") }
            return .interval(autoSteps: intervals.contains("auto") ? 30 : nil, autoMinimumMilliseconds: 10_000)
        }
        if section.value("filters") != nil { return .adHoc([.promQL, .logQL]) }
        if section.value("text") != nil { return .textBox }
        return section.value("constant") != nil ? .constant : .custom
    }

    /// `filters: 'instance=~"web.*"'`, or a list of such; empty for none at first.
    private func filters(_ section: SettingsSection) -> [String] {
        do throws(AdHocFilters.Fault) {
            return try AdHocFilters.parse((section.strings("filters") ?? []).filter { !$0.isEmpty }.joined(separator: ",")).map(\.description)
        } catch {
            section.report("filters", "\(error)", remedy: "write `filters: 'instance=~\"web.*\", env!=test'`, or `filters: ''` for none")
            return []
        }
    }

    private func choice<Value>(_ section: SettingsSection, _ key: String, _ values: [String: Value]) -> Value? {
        Choice.read(section, key, values)
    }
}

/// One word of some.
enum Choice {
    static func read<Value>(_ section: SettingsSection, _ key: String, _ values: [String: Value]) -> Value? {
        guard let text = section.string(key) else { return nil }
        if let value = values[text] { return value }
        let nearest = values.keys.map { (editDistance($0, String(text.prefix(64))), $0) }.min { $0 < $1 }
        let remedy = nearest.map { $0.0 <= 2 ? "did you mean `\($0.1)`?" : "write one of \(values.keys.sorted().map { "`\($0)`" }.joined(separator: ", "))" } ?? ""
        section.report(key, "`\(SafeText(text.prefix(64)))` isn't known for `\(key)`", remedy: remedy)
        return nil
    }

    static func number(_ section: SettingsSection, _ key: String) -> Double? {
        guard let text = section.string(key) else { return nil }
        if let number = Double(text), !number.isNaN { return number }
        section.report(key, "`\(key)` must be a number, not `\(SafeText(text.prefix(64)))`")
        return nil
    }
}
