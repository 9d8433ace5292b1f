/// A series, or a row of a table, whose parts links of fields name: `${__field.labels.pod}`, `${__series.name}`, `${__data.fields["Run Id"]}`.
struct LinkRow: Hashable, Sendable {
    var name = ""
    var labels: [String: String] = [:]
    /// Texts of the columns by their titles, in order.
    var fields: [(title: String, text: String)] = []

    init(name: String = "", labels: [String: String] = [:], fields: [(title: String, text: String)] = []) {
        self.name = name
        self.labels = labels
        self.fields = fields
    }

    static func == (left: LinkRow, right: LinkRow) -> Bool {
        left.name == right.name && left.labels == right.labels && left.fields.elementsEqual(right.fields) { $0 == $1 }
    }
    func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(labels)
    }

    /// The rows that a panel shows.
    static func all(_ content: PanelContent?) -> [LinkRow] {
        switch content {
        case .chart(let chart)?: chart.lines.map { LinkRow(name: $0.name, labels: $0.labels) }
        case .values(let items, _)?: items.map { LinkRow(name: $0.name) }
        case .table(let table)?: table.rows.prefix(Limits.linkRows).map { row in LinkRow(fields: zip(table.columns, row).map { ($0.title, $1.shown.text) }) }
        default: []
        }
    }

    private static let openings = ["${__field.", "${__series.", "${__data.fields"]

    static func isNamed(in template: String) -> Bool { openings.contains { template.contains($0) } }

    /// The text with what it names of the row; nil where the row has no such part. Values that stand in an address are encoded.
    func filled(_ template: String, for target: Interpolation.Target) -> String? {
        var result = ""
        var rest = template[...]
        while let opening = rest.firstRange(of: "${__") {
            result += rest[..<opening.lowerBound]
            rest = rest[opening.lowerBound...]
            guard Self.openings.contains(where: { rest.hasPrefix($0) }), let end = rest.firstIndex(of: "}") else {
                result += rest.prefix(4)
                rest = rest.dropFirst(4)
                continue
            }
            guard let value = part(rest[rest.index(rest.startIndex, offsetBy: 2)..<end]) else { return nil }
            // What a series brings is no variable of the board, whatever it looks like.
            result += target == .address ? VariableFormat.addressEncoded(value) : value.replacing("$", with: "")
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    /// `__field.labels.pod`, `__data.fields["Run Id"]:percentencode`.
    private func part(_ path: Substring) -> String? {
        if path.hasPrefix("__series.name") || path.hasPrefix("__field.name") || path.hasPrefix("__field.displayName") { return name.isEmpty ? nil : name }
        if let key = Self.key(path, behind: "__field.labels") { return labels[key] }
        guard let key = Self.key(path, behind: "__data.fields") else { return nil }
        if let number = Int(key), fields.indices.contains(number) { return fields[number].text }
        return fields.first { $0.title == key }?.text ?? fields.first { $0.title.lowercased() == key.lowercased() }?.text
    }

    /// The name behind a dot, or within brackets and quotes.
    private static func key(_ path: Substring, behind prefix: String) -> String? {
        guard path.hasPrefix(prefix) else { return nil }
        let rest = path.dropFirst(prefix.count)
        if rest.first == "." { return String(rest.dropFirst().prefix { $0 != ":" }) }
        guard rest.first == "[", let end = rest.firstIndex(of: "]") else { return nil }
        return String(rest[rest.index(after: rest.startIndex)..<end].filter { $0 != "\"" && $0 != "'" && $0 != "\\" })
    }
}
