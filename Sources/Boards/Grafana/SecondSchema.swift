/// Brings a dashboard of Grafana's second schema (`elements` and a `layout`) into the form of the first, which the reader knows.
struct SecondSchema {
    private let document: JSONNode
    private var panels: [JSONNode] = []
    private var y = 0

    /// Columns of a layout that places its panels itself, where the file names no number.
    private static let automaticColumns = 3
    /// Units of the grid that such a panel is high.
    private static let automaticHeight = 8

    static func classic(_ document: JSONNode) -> JSONNode {
        var schema = SecondSchema(document: document)
        schema.place(document["layout"])
        let time = document["timeSettings"]
        return schema.object(document, [
            ("title", document["title"]), ("description", document["description"]), ("tags", document["tags"]), ("time", time.map { node in schema.object(node, [("from", node["from"]), ("to", node["to"])]) }),
            ("refresh", time?["autoRefresh"]), ("templating", schema.object(document, [("list", schema.array(document, (document["variables"]?.elements ?? []).map(schema.variable)))])),
            ("panels", schema.array(document, schema.panels)), ("links", document["links"]),
            ("annotations", schema.object(document, [("list", schema.array(document, (document["annotations"]?.elements ?? []).map(schema.annotation)))])),
        ])
    }

    private init(document: JSONNode) { self.document = document }

    private func object(_ at: JSONNode, _ members: [(name: String, node: JSONNode?)]) -> JSONNode {
        JSONNode(value: .object(members.compactMap { name, node in node.map { (name, $0) } }), line: at.line)
    }
    private func array(_ at: JSONNode, _ elements: [JSONNode]) -> JSONNode { JSONNode(value: .array(elements), line: at.line) }
    private func text(_ at: JSONNode, _ text: String) -> JSONNode { JSONNode(value: .string(text), line: at.line) }
    private func number(_ at: JSONNode, _ number: Int) -> JSONNode { JSONNode(value: .number(Double(number)), line: at.line) }

    /// Units of the grid as a file has them, brought to what a grid can have.
    private func units(_ node: JSONNode?, else usual: Int = 0) -> Int { min(max(0, node?.integer ?? usual), 100_000) }

    /// Panels and rows of a layout, from the top; layouts within layouts stand below each other.
    private mutating func place(_ layout: JSONNode?, depth: Int = 0) {
        guard let layout, depth < Limits.jsonDepth else { return }
        let specification = layout["spec"]
        switch layout["kind"]?.string {
        case "RowsLayout": for row in specification?["rows"]?.elements ?? [] { placeRow(row, depth) }
        // A tab is a row that is closed, but for the first.
        case "TabsLayout":
            for (index, tab) in (specification?["tabs"]?.elements ?? []).enumerated() { placeRow(tab, depth, isCollapsed: index > 0) }
        case "AutoGridLayout", "ResponsiveGridLayout": placeAutomatically(specification)
        default: placeOnGrid(specification, depth)
        }
    }

    private mutating func placeRow(_ row: JSONNode, _ depth: Int, isCollapsed: Bool? = nil) {
        let specification = row["spec"]
        let isClosed = isCollapsed ?? specification?["collapse"]?.bool ?? false
        let place = panels.count
        let top = y
        y += 1
        self.place(specification?["layout"], depth: depth + 1)
        let inside = Array(panels[place...])
        if isClosed { panels.removeSubrange(place...) }
        let heading = object(row, [
            ("type", text(row, "row")), ("title", specification?["title"]), ("collapsed", JSONNode(value: .bool(isClosed), line: row.line)), ("repeat", specification?["repeat"]?["value"]),
            ("gridPos", position(row, x: 0, y: top, width: GridPosition.columns, height: 1)), ("panels", array(row, isClosed ? inside : [])),
        ])
        panels.insert(heading, at: place)
    }

    private mutating func placeOnGrid(_ specification: JSONNode?, _ depth: Int) {
        let top = y
        for item in specification?["items"]?.elements ?? [] {
            let own = item["spec"]
            if item["kind"]?.string == "GridLayoutRow" {
                placeOldRow(item, top)
                continue
            }
            add(own, GridPosition(x: units(own?["x"]), y: top + units(own?["y"]), width: units(own?["width"], else: 12), height: units(own?["height"], else: Self.automaticHeight)))
        }
    }

    /// Rows as the first form of the schema has them within a grid.
    private mutating func placeOldRow(_ item: JSONNode, _ top: Int) {
        let own = item["spec"]
        let heading = object(item, [
            ("type", text(item, "row")), ("title", own?["title"]), ("collapsed", own?["collapsed"]), ("gridPos", position(item, x: 0, y: top + units(own?["y"]), width: GridPosition.columns, height: 1)),
        ])
        panels.append(heading)
        for element in own?["elements"]?.elements ?? [] {
            let inside = element["spec"]
            let from = top + units(own?["y"]) + 1
            add(inside, GridPosition(x: units(inside?["x"]), y: from + units(inside?["y"]), width: units(inside?["width"], else: 12), height: units(inside?["height"], else: Self.automaticHeight)))
        }
    }

    private mutating func placeAutomatically(_ specification: JSONNode?) {
        let columns = min(max(1, specification?["maxColumnCount"]?.integer ?? Self.automaticColumns), GridPosition.columns)
        let width = GridPosition.columns / columns
        let top = y
        for (index, item) in (specification?["items"]?.elements ?? []).enumerated() {
            add(item["spec"], GridPosition(x: index % columns * width, y: top + index / columns * Self.automaticHeight, width: width, height: Self.automaticHeight))
        }
    }

    private mutating func add(_ item: JSONNode?, _ place: GridPosition) {
        guard let item, let name = item["element"]?["name"]?.string, let element = document["elements"]?[name], panels.count < Limits.panels else { return }
        y = max(y, place.bottom)
        var members = self.members(element)
        members.append(("gridPos", position(item, x: place.x, y: place.y, width: place.width, height: place.height)))
        if let repeated = item["repeat"] {
            members += [("repeat", repeated["value"]), ("repeatDirection", repeated["direction"]), ("maxPerRow", repeated["maxPerRow"])].compactMap { name, node in node.map { (name, $0) } }
        }
        panels.append(JSONNode(value: .object(members), line: element.line))
    }

    private func position(_ at: JSONNode, x: Int, y: Int, width: Int, height: Int) -> JSONNode {
        object(at, [("x", number(at, x)), ("y", number(at, y)), ("w", number(at, width)), ("h", number(at, height))])
    }

    private func members(_ element: JSONNode) -> [(name: String, node: JSONNode)] {
        let own = element["spec"]
        let look = own?["vizConfig"]
        let data = own?["data"]?["spec"]
        let options = data?["queryOptions"]
        var members: [(name: String, node: JSONNode?)] = [
            ("id", own?["id"]), ("title", own?["title"]), ("description", own?["description"]),
            // The type is the group of newer files, and the kind of older ones.
            ("type", look?["group"] ?? look?["kind"]), ("options", look?["spec"]?["options"]), ("fieldConfig", look?["spec"]?["fieldConfig"]),
            ("targets", array(element, (data?["queries"]?.elements ?? []).map(target))), ("transformations", array(element, (data?["transformations"]?.elements ?? []).map(transformation))),
            ("links", own?["links"]), ("maxDataPoints", options?["maxDataPoints"]), ("interval", options?["interval"]), ("timeFrom", options?["timeFrom"]), ("timeShift", options?["timeShift"]),
        ]
        if element["kind"]?.string == "LibraryPanel" { members.append(("libraryPanel", own?["libraryPanel"])) }
        return members.compactMap { name, node in node.map { (name, $0) } }
    }

    private func target(_ query: JSONNode) -> JSONNode {
        let own = query["spec"]
        let asked = own?["query"]
        let type = asked?["group"]?.string ?? asked?["kind"]?.string ?? ""
        var members = asked?["spec"]?.members ?? []
        members.removeAll { ["refId", "datasource", "hide"].contains($0.name) }
        let source = object(query, [("type", text(query, type)), ("uid", asked?["datasource"]?["name"] ?? own?["datasource"]?["uid"])])
        let more: [(name: String, node: JSONNode?)] = [("refId", own?["refId"]), ("hide", own?["hidden"]), ("datasource", type.isEmpty ? nil : source)]
        return JSONNode(value: .object(members + more.compactMap { name, node in node.map { (name, $0) } }), line: query.line)
    }

    /// The name stands beside the options, or within them.
    private func transformation(_ node: JSONNode) -> JSONNode {
        object(node, [("id", node["group"] ?? node["spec"]?["id"] ?? node["kind"]), ("options", node["spec"]?["options"]), ("disabled", node["spec"]?["disabled"])])
    }

    /// The query's own members stand beside the annotation's.
    private func annotation(_ node: JSONNode) -> JSONNode {
        let own = node["spec"]
        let query = own?["query"]
        let inside = query?["spec"]?.members ?? []
        let group = query?["group"]?.string ?? query?["kind"]?.string
        var members: [(name: String, node: JSONNode)] = group.map { [(name: "datasource", node: object(node, [("type", text(node, $0))]))] } ?? []
        members += (own?.members ?? []).filter { $0.name != "query" } + (own?["legacyOptions"]?.members ?? []) + inside
        return JSONNode(value: .object(members), line: node.line)
    }

    private func variable(_ node: JSONNode) -> JSONNode {
        let types = ["QueryVariable": "query", "CustomVariable": "custom", "IntervalVariable": "interval", "DatasourceVariable": "datasource", "ConstantVariable": "constant", "TextVariable": "textbox", "AdhocVariable": "adhoc", "GroupByVariable": "groupby"]
        let sorts = ["alphabeticalAsc": 1, "alphabeticalDesc": 2, "numericalAsc": 3, "numericalDesc": 4, "alphabeticalCaseInsensitiveAsc": 5, "alphabeticalCaseInsensitiveDesc": 6]
        let own = node["spec"]
        let kind = node["kind"]?.string ?? ""
        let query = own?["query"]
        // A query of Prometheus is a text within two wrappings.
        let inside = query?["spec"]?["query"] ?? query?["spec"]?["__legacyStringValue"] ?? query?["spec"] ?? query ?? own?["pluginId"]
        var members = (own?.members ?? []).filter { !["query", "hide", "sort", "refresh"].contains($0.name) }
        members.append(("type", text(node, types[kind] ?? kind)))
        if let inside { members.append(("query", inside)) }
        if own?["hide"]?.string == "hideVariable" { members.append(("hide", number(node, 2))) }
        if let sort = own?["sort"]?.string.flatMap({ sorts[$0] }) { members.append(("sort", number(node, sort))) }
        let group = query?["group"]?.string ?? query?["kind"]?.string
        if let group { members.append(("datasource", object(node, [("type", text(node, group))]))) }
        return JSONNode(value: .object(members), line: node.line)
    }
}
