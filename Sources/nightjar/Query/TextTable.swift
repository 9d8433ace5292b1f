import Foundations
import Terminal

/// Columns under titles, aligned, as lines of text.
struct TextTable {
    struct Column {
        let title: String
        var isRight = false
        /// Never cut, however narrow the terminal is.
        var isWhole = false
    }

    /// Blanks between two columns.
    private static let gap = "  "
    /// Columns aren't cut to less than this, so that a narrow terminal wraps rather than shows nothing.
    private static let columnsMin = 6

    let columns: [Column]
    var rows: [[SafeText]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func append(_ row: [String]) { rows.append(row.map { SafeText($0) }) }

    /// A line a row under the titles. Where it is wider than `widthMax`, the widest columns that may be are cut.
    func text(widthMax: Int? = nil) -> String {
        let widths = widths(within: widthMax)
        let titles = columns.map { SafeText($0.title) }
        return ([titles] + rows).map { line($0, widths) + "\n" }.joined()
    }

    private func widths(within widthMax: Int?) -> [Int] {
        var widths = columns.indices.map { column in
            max(columns[column].title.count, rows.map { DisplayWidth.columns(of: $0[column]) }.max() ?? 0)
        }
        guard let widthMax else { return widths }
        var excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - widthMax
        while excess > 0 {
            let cuttable = widths.indices.filter { !columns[$0].isWhole && widths[$0] > Self.columnsMin }
            guard let widest = cuttable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private func line(_ cells: [SafeText], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            if index > 0 { line += Self.gap }
            let shown = DisplayWidth.clip(cell, to: widths[index])
            let blanks = String(repeating: " ", count: widths[index] - DisplayWidth.columns(of: shown))
            line += columns[index].isRight ? blanks + shown.string : shown.string + blanks
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
