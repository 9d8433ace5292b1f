import Foundations

extension GrafanaBoard {
    /// The links of the dashboard itself.
    func links() -> [BoardLink] { links(document["links"]) }

    /// The links of a panel, of its fields (data links), and of the columns of older tables.
    func panelLinks(_ node: JSONNode) -> [BoardLink] {
        let fields = node["fieldConfig"]
        let overrides = (fields?["overrides"]?.elements ?? []).flatMap { $0["properties"]?.elements ?? [] }.filter { $0["id"]?.string == "links" }
        let styles = (node["styles"]?.elements ?? []).compactMap { style -> BoardLink? in
            guard style["link"]?.bool ?? false, let url = style["linkUrl"]?.string, !url.isEmpty else { return nil }
            return BoardLink(title: style["linkTooltip"]?.string ?? "", target: .address(url))
        }
        let all = links(node["links"]) + links(fields?["defaults"]?["links"]) + overrides.flatMap { links($0["value"]) } + styles
        var seen: Set<BoardLink> = []
        return Array(all.filter { seen.insert($0).inserted }.prefix(Limits.links))
    }

    private func links(_ list: JSONNode?) -> [BoardLink] { (list?.elements ?? []).prefix(Limits.links).compactMap(link) }

    private func link(_ node: JSONNode) -> BoardLink? {
        let title = node["title"]?.string ?? ""
        guard let target = target(node) else { return nil }
        return BoardLink(title: title, target: target, includesVariables: node["includeVars"]?.bool ?? false, keepsTime: node["keepTime"]?.bool ?? false)
    }

    private func target(_ node: JSONNode) -> BoardLink.Target? {
        let url = node["url"]?.string ?? "", tags = node["tags"]?.elements.compactMap(\.string) ?? []
        switch node["type"]?.string {
        case "dashboards": return .tags(tags)
        // Older panels name the dashboard by its title, beside its slug.
        case "dashboard":
            if let name = node["dashboard"]?.string, !name.isEmpty { return .board(name) }
            guard let slug = node["dashUri"]?.string.flatMap({ $0.split(separator: "/").last }) else { return nil }
            return .board(String(slug))
        default: return url.allSatisfy(\.isWhitespace) ? nil : .address(url)
        }
    }
}
