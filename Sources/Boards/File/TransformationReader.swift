import Foundations
import Settings

/// The transformations of a panel: the list `transform`, and keys of the panel itself for what tables need most.
struct TransformationReader {
    let section: SettingsSection

    func read() -> [Transformation] {
        var transformations = (section.sections("transform") ?? []).flatMap { TransformationStep(section: $0).read() }
        if let joined = section.string("join") { transformations.append(.joinByField(joined, isInner: false)) }
        if section.bool("merge") ?? false { transformations.append(.merge) }
        if let columns = columns() { transformations.append(columns) }
        if let limit = section.integer("limit", in: 1...Limits.tableRows) {
            // The rows that are kept are the first in the order that is shown.
            if let sort = section.string("sort") { transformations.append(.sortBy(field: sort.hasPrefix("-") ? String(sort.dropFirst()) : sort, isDescending: sort.hasPrefix("-"))) }
            transformations.append(.limit(limit))
        }
        return transformations
    }

    /// `{instance: Host, Value: Load}`: the columns that stay, in their order, with their titles.
    private func columns() -> Transformation? {
        guard let node = section.value("columns") else { return nil }
        guard let mapping = node.mapping else {
            section.report("columns", "`columns` must be a list of `column: title` lines")
            return nil
        }
        var order: [String] = []
        var renamed: [String: String] = [:]
        for (name, title) in mapping {
            guard let name = name.scalar?.string, let title = title.scalar?.string else {
                section.report("columns", "each entry of `columns` must be `column: title`")
                continue
            }
            order.append(name)
            renamed[name] = title
        }
        return .organize(excluded: [], order: order, renamed: renamed, keepsOnly: true)
    }
}
