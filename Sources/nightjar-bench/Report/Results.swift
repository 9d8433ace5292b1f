import Foundations

/// What a figure counts, and how it is written.
enum FigureUnit {
    case samplesPerSecond, linesPerSecond, megabytesPerSecond, bytesPerSample, bytes, bytesPerSeries, seconds, milliseconds, count

    func text(_ value: Double) -> String {
        switch self {
        case .samplesPerSecond, .linesPerSecond: value >= 1e6 ? decimal(value / 1e6, 2) + " M" : decimal(value / 1e3, 0) + " k"
        case .megabytesPerSecond: decimal(value, 0)
        case .bytesPerSample: decimal(value, 3)
        case .bytes: mebibytes(Int(value))
        case .bytesPerSeries: value >= 1024 ? decimal(value / 1024, 2) + " KiB" : decimal(value, 0) + " B"
        case .seconds: decimal(value, 2) + " s"
        case .milliseconds: value >= 10 ? decimal(value, 0) + " ms" : decimal(value, 1) + " ms"
        case .count: grouped(Int(value))
        }
    }

    /// Whether more is better.
    var isRate: Bool {
        switch self {
        case .samplesPerSecond, .linesPerSecond, .megabytesPerSecond: true
        case .bytesPerSample, .bytes, .bytesPerSeries, .seconds, .milliseconds, .count: false
        }
    }
}

/// A line of the table of servers.
struct FigureRow: Hashable {
    let section: String
    let title: String
    let unit: FigureUnit
}

/// What stands in a row for one server.
enum Cell {
    /// Of one run, or of several.
    case figures([Double])
    /// With words behind the figure.
    case remarked(Double, String)
    case missing(String)

    var value: Double? {
        switch self {
        case .figures(let values): values.median
        case .remarked(let value, _): value
        case .missing: nil
        }
    }

    func text(_ unit: FigureUnit) -> String {
        switch self {
        case .figures(let values) where values.count > 1:
            "\(unit.text(values.median)) (\(unit.text(values.min() ?? .nan)) to \(unit.text(values.max() ?? .nan)))"
        case .figures(let values): unit.text(values.median)
        case .remarked(let value, let remark): "\(unit.text(value)) \(remark)"
        case .missing(let reason): "not measured: \(reason)"
        }
    }
}

extension [Double] {
    /// The middle one; of an even number the mean of both. NaN where there is none.
    var median: Double {
        if isEmpty { return .nan }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}

/// The figures of a run, row by row in the order that they came up.
struct Results {
    private(set) var rows: [FigureRow] = []
    private var cells: [FigureRow: [String: Cell]] = [:]
    /// How answers differ between servers, a sentence each.
    var answers: [String] = []

    subscript(row: FigureRow, server: String) -> Cell? {
        get { cells[row]?[server] }
        set {
            if cells[row] == nil { rows.append(row) }
            cells[row, default: [:]][server] = newValue
        }
    }

    /// Says in all of `rows` that have no figure why not.
    mutating func fail(_ rows: [FigureRow], _ server: String, _ error: any Error) {
        for row in rows where self[row, server] == nil { self[row, server] = .missing(SafeText("\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")).string) }
    }

    /// A Markdown table, which is as well read on a terminal.
    func table(_ servers: [String]) -> String {
        var lines = [["figure"] + servers]
        var sections: [String] = []
        for row in rows where !sections.contains(row.section) { sections.append(row.section) }
        for section in sections {
            lines.append(["**\(section)**"] + servers.map { _ in "" })
            for row in rows where row.section == section { lines.append([row.title] + servers.map { self[row, $0]?.text(row.unit) ?? "" }) }
        }
        return Markdown.table(lines)
    }
}

/// Tables that read well as text and as Markdown.
enum Markdown {
    /// `lines` of as many columns as the first, which is the head.
    static func table(_ lines: [[String]]) -> String {
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            "| " + zip(cells, widths).map { cell, width in cell + String(repeating: " ", count: max(0, width - cell.count)) }.joined(separator: " | ") + " |\n"
        }
        let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|\n"
        return line(lines[0]) + rule + lines.dropFirst().map(line).joined()
    }
}
