import Settings

/// A link of the short YAML format: to an address, a dashboard, or all dashboards with some tags.
struct LinkReader {
    let section: SettingsSection

    func read() -> BoardLink? {
        defer { section.finish() }
        let title = section.string("title") ?? ""
        let asked = ["url", "dashboard", "tags"].filter { section.value($0) != nil }
        if asked.count != 1 { section.report("title", "a link needs one of `url`, `dashboard` or `tags`" + (asked.count > 1 ? ", not \(asked.count) of them" : "")) }
        var link = BoardLink(title: title, target: .address(section.string("url") ?? ""))
        if let name = section.string("dashboard") { link.target = .board(name) } else if let tags = section.strings("tags") { link.target = .tags(tags) }
        // A link to a dashboard goes on with what is chosen here, unless it says otherwise.
        let isBoard = section.value("url") == nil
        link.includesVariables = section.bool("variables") ?? isBoard
        link.keepsTime = section.bool("time") ?? isBoard
        return link
    }
}
