/// The figures of both programs, row by row in the order that they came up.
struct AlertTable {
    private var titles: [String] = []
    private var cells: [String: [String: String]] = [:]
    private(set) var programs: [String] = []

    /// Notes a figure of a program, and says it at once.
    mutating func set(_ title: String, _ program: String, _ figure: String) {
        if !programs.contains(program) { programs.append(program) }
        if cells[title] == nil { titles.append(title) }
        cells[title, default: [:]][program] = figure
        row(title, figure)
    }

    /// In Markdown; what a program has no figure for stays empty.
    var markdown: String {
        Markdown.table([["figure"] + programs] + titles.map { title in [title] + programs.map { cells[title]?[$0] ?? "" } })
    }
}
