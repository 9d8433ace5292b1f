import Foundations

/// Fills in links: an address of a dashboard that is among the files leads there, any other is text.
struct LinkFilling {
    let choices: VariableChoices
    let range: BoardRange
    let now: Timestamp
    let repeated: [String: VariableValue]
    /// The dashboards there are.
    let entries: [BoardLibrary.Entry]

    /// A link that names parts of a series or a row stands once for each of `rows` that has them.
    func filled(_ links: [BoardLink], rows: [LinkRow] = []) -> [FilledLink] {
        var seen: Set<FilledLink> = []
        let all = links.flatMap { link -> [FilledLink] in
            guard case .address(let template) = link.target, LinkRow.isNamed(in: template) || LinkRow.isNamed(in: link.title) else { return filled(link) }
            let each = rows.prefix(Limits.linkRows).compactMap { row -> [FilledLink]? in
                guard let address = row.filled(template, for: .address), let title = row.filled(link.title, for: .text) else { return nil }
                var own = link
                (own.target, own.title) = (.address(address), title)
                return filled(own)
            }
            return each.isEmpty ? filled(link) : each.flatMap(\.self)
        }
        return Array(all.filter { seen.insert($0).inserted }.prefix(Limits.links))
    }

    private var scope: VariableScope {
        var scope = VariableScope(choices, repeated: repeated, range: range, now: now)
        let (from, to) = range.bounds(now: now)
        scope.set("__url_time_range", "from=\(from.milliseconds)&to=\(to.milliseconds)")
        return scope
    }

    private func filled(_ link: BoardLink) -> [FilledLink] {
        let title = Interpolation.fill(link.title, scope, for: .text)
        switch link.target {
        case .tags(let tags):
            return entries.filter { entry in entry.problem == nil && tags.allSatisfy(entry.tags.contains) }.map { entry in
                FilledLink(title: title.isEmpty ? entry.title : "\(title): \(entry.title)", target: .board(destination(entry, link, [:], nil), title: entry.title))
            }
        case .board(let name):
            let wanted = Interpolation.fill(name, scope, for: .text)
            guard let entry = entry(named: wanted) else { return [FilledLink(title: title, target: .address(Self.safe(wanted)))] }
            return [FilledLink(title: title.isEmpty ? entry.title : title, target: .board(destination(entry, link, [:], nil), title: entry.title))]
        case .address(let template):
            let address = address(template)
            guard let entry = entry(ofAddress: address.path) else {
                let text = Self.safe(address.text)
                return [FilledLink(title: title.isEmpty ? text : title, target: .address(text))]
            }
            return [FilledLink(title: title.isEmpty ? entry.title : title, target: .board(destination(entry, link, address.variables, address.range), title: entry.title))]
        }
    }

    /// What a terminal, or a shell that it is pasted to, could act on is made visible.
    private static func safe(_ text: String) -> String { SafeText(Text.trimmed(text).prefix(Limits.linkCharacters)).string }

    private func destination(_ entry: BoardLibrary.Entry, _ link: BoardLink, _ variables: [String: [String]], _ range: BoardRange?) -> BoardDestination {
        var all = variables
        if link.includesVariables {
            for variable in choices.variables where all[variable.name] == nil {
                let values = chosen(variable.name)
                if !values.isEmpty { all[variable.name] = values }
            }
        }
        return BoardDestination(path: entry.path, variables: all, range: range ?? (link.keepsTime ? self.range : nil))
    }

    /// A panel that stands for one value hands on that one.
    private func chosen(_ name: String) -> [String] { repeated[name].map { [$0.value] } ?? choices.chosen[name] ?? [] }

    // MARK: Addresses

    private struct Address {
        var text: String
        var path: String
        var variables: [String: [String]]
        var range: BoardRange?
    }

    private func address(_ template: String) -> Address {
        var template = Text.trimmed(template)
        let everything = choices.variables.map { self.query($0.name) }.filter { !$0.isEmpty }.joined(separator: "&")
        for written in ["${__all_variables}", "$__all_variables"] { template = template.replacing(written, with: everything) }
        for variable in choices.variables { template = template.replacing("${\(variable.name):queryparam}", with: query(variable.name)) }
        let scope = scope
        let text = Interpolation.fill(template, scope, for: .address)
        let parts = template.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = Interpolation.fill(String(parts[0].prefix { $0 != "#" }), scope, for: .address)
        guard parts.count > 1 else { return Address(text: text, path: path, variables: [:], range: nil) }
        // What stands for several pairs is filled in before they are taken apart.
        var rest = String(parts[1])
        for written in ["${__url_time_range}", "$__url_time_range"] { rest = rest.replacing(written, with: Interpolation.fill(written, scope, for: .text)) }
        var variables: [String: [String]] = [:]
        var bounds: [String: String] = [:]
        for pair in rest.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard sides.count == 2 else { continue }
            if sides[0].hasPrefix("var-") {
                variables[String(sides[0].dropFirst(4)), default: []] += values(sides[1], scope)
            } else if sides[0] == "from" || sides[0] == "to" {
                bounds[sides[0]] = Interpolation.fill(sides[1], scope, for: .address)
            }
        }
        return Address(text: text, path: path, variables: variables.filter { !$0.value.isEmpty }, range: Self.range(bounds["from"], bounds["to"]))
    }

    /// `var-name=value` for each value that is chosen.
    private func query(_ name: String) -> String { chosen(name).map { "var-\(name)=\(VariableFormat.percentEncoded($0))" }.joined(separator: "&") }

    /// A variable alone is all of its values; what names parts of a series or row, which nobody pointed at, is left out.
    private func values(_ template: String, _ scope: VariableScope) -> [String] {
        let names = Interpolation.names(in: template)
        if names.contains(where: { $0.hasPrefix("__") && scope.binding($0) == nil }) { return [] }
        if names.count == 1, let name = names.first, choices.variable(name) != nil, ["$\(name)", "${\(name)}"].contains(template) || template.hasPrefix("${\(name):") && template.hasSuffix("}") {
            return chosen(name)
        }
        let text = Self.decoded(Interpolation.fill(template, scope, for: .address))
        return [text == "All" ? Variable.all : text]
    }

    private static func decoded(_ text: String) -> String {
        var decoded: [UInt8] = []
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            if byte == UInt8(ascii: "%"), bytes.count >= 2, let value = UInt8(String(decoding: bytes.prefix(2), as: UTF8.self), radix: 16) {
                decoded.append(value)
                bytes = bytes.dropFirst(2)
            } else {
                decoded.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// `now-6h` and `now`, or milliseconds since 1970.
    private static func range(_ from: String?, _ to: String?) -> BoardRange? {
        guard let from else { return nil }
        if let start = Int64(from), let end = to.flatMap({ Int64($0) }), start < end { return .absolute(from: Timestamp(milliseconds: start), to: Timestamp(milliseconds: end)) }
        guard from.hasPrefix("now-"), to == nil || to == "now", let length = GrafanaBoard.duration(String(from.dropFirst(4))) else { return nil }
        return .last(milliseconds: length)
    }

    // MARK: Dashboards by name

    /// `/d/UID/slug` within any address, and `/dashboard/db/slug` of older files.
    private func entry(ofAddress path: String) -> BoardLibrary.Entry? {
        let parts = path.split(separator: "/").map(String.init)
        if let place = parts.firstIndex(of: "d"), place + 1 < parts.count {
            if let entry = entries.first(where: { $0.problem == nil && !$0.identifier.isEmpty && $0.identifier == parts[place + 1] }) { return entry }
            return (place + 2 < parts.count ? entry(named: parts[place + 2]) : nil) ?? entry(named: parts[place + 1])
        }
        guard let place = parts.firstIndex(of: "db"), place > 0, parts[place - 1] == "dashboard", place + 1 < parts.count else { return nil }
        return entry(named: parts[place + 1])
    }

    private func entry(named name: String) -> BoardLibrary.Entry? {
        let slug = Self.slug(name)
        guard !slug.isEmpty else { return nil }
        return entries.first { $0.problem == nil && ($0.title == name || $0.identifier == name) }
            ?? entries.first { $0.problem == nil && (Self.slug($0.title) == slug || Paths.name(of: $0.path).split(separator: ".").first.map(String.init) == name) }
    }

    /// `Node Exporter Full` is `node-exporter-full`.
    private static func slug(_ title: String) -> String {
        title.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
    }
}
