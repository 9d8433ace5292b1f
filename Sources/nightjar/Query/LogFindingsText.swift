import Foundation
import Foundations
import Model

/// What was found in logs, for people or as lines of JSON.
struct LogFindingsText {
    /// Columns of numbers that fit beside a time; the series with the least are added up in one more.
    private static let seriesMax = 6
    private static let barColumns = 30

    let style: LogLineStyle
    let screen: OutputScreen

    func text(of answer: LogFindingsAnswer) -> String {
        switch answer.findings {
        case .lines(let lines): lines.reversed().map { style.format($0) + "\n" }.joined()
        case .blocks(let blocks): text(of: blocks)
        case .series(let series, let step): style.isJSON ? json(of: series) : step == nil ? totals(series) : table(series)
        case .patterns(let patterns): style.isJSON ? json(of: patterns) : text(of: patterns)
        }
    }

    // MARK: Lines around lines

    /// As grep has it: `--` between blocks, hits in colour, the lines around them dim.
    private func text(of blocks: [[(line: LogLineAnswer, isHit: Bool)]]) -> String {
        let separator = style.isJSON ? "" : "--\n"
        return blocks.map { block in
            block.map { line, isHit in
                if style.isJSON { return style.json(line, isHit: isHit) + "\n" }
                return isHit || !style.isColored ? style.format(line) + "\n" : "\u{1B}[2m" + style.plain.format(line) + "\u{1B}[0m\n"
            }.joined()
        }.joined(separator: separator)
    }

    // MARK: Numbers

    /// A row a series: the number, then what it is of.
    private func totals(_ series: [LogFindingsAnswer.Series]) -> String {
        let greatest = series.compactMap { Double($0.points.last?.text ?? "") }.filter(\.isFinite).max() ?? 0
        var table = TextTable([.init(title: "COUNT", isRight: true, isWhole: true), .init(title: ""), .init(title: "OF", isWhole: true)])
        if series.count == 1, series[0].labels.isEmpty { return (series[0].points.last?.text ?? "") + "\n" }
        for one in series {
            let text = one.points.last?.text ?? ""
            table.append([text, bar(Double(text) ?? 0, of: greatest), Self.name(one.labels)])
        }
        return table.text(widthMax: screen.widthMax)
    }

    /// A row a moment: one series with a bar, several with a column each.
    private func table(_ series: [LogFindingsAnswer.Series]) -> String {
        let sorted = series.map { (series: $0, total: $0.points.compactMap { Double($0.text) }.reduce(0, +)) }.sorted { $0.total > $1.total }.map(\.series)
        let shown = Array(sorted.prefix(sorted.count > Self.seriesMax ? Self.seriesMax - 1 : Self.seriesMax))
        let others = sorted.dropFirst(shown.count)
        var titles = shown.map { Self.name($0.labels) }
        if !others.isEmpty { titles.append("\(others.count) others") }
        if titles == [""] { titles = ["COUNT"] }
        var rows: [Double: [Double?]] = [:]
        for (column, one) in (shown.map { [$0] } + (others.isEmpty ? [] : [Array(others)])).enumerated() {
            for point in one.flatMap(\.points) {
                rows[point.seconds, default: Array(repeating: nil, count: titles.count)][column] = (rows[point.seconds]?[column] ?? 0) + (Double(point.text) ?? 0)
            }
        }
        let greatest = rows.values.map { $0.compactMap { $0 }.reduce(0, +) }.max() ?? 0
        var table = TextTable([.init(title: "TIME", isWhole: true)] + titles.map { .init(title: $0, isRight: true) } + [.init(title: "")])
        for (seconds, values) in rows.sorted(by: { $0.key < $1.key }) {
            let total = values.compactMap { $0 }.reduce(0, +)
            table.append([style.time(nanoseconds: Int64(seconds * 1e9), showsMilliseconds: false)] + values.map { $0.map(Self.number) ?? "" } + [bar(total, of: greatest)])
        }
        return table.text(widthMax: screen.widthMax)
    }

    private func bar(_ value: Double, of greatest: Double) -> String {
        guard greatest > 0, value > 0, value.isFinite else { return "" }
        let eighths = Int((value / greatest * Double(Self.barColumns * 8)).rounded(.up))
        return String(repeating: "█", count: eighths / 8) + ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    }

    private static func name(_ labels: Labels) -> String {
        labels.pairs.count == 1 ? labels.pairs[0].value : labels.pairs.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }

    private static func number(_ value: Double) -> String { value == value.rounded() && value.magnitude < 1e15 ? String(Int64(value)) : String(format: "%.4g", value) }

    // MARK: Patterns

    private func text(of patterns: [LogFindingsAnswer.Pattern]) -> String {
        let compares = patterns.contains { $0.countBefore > 0 }
        var table = TextTable(
            [.init(title: "COUNT", isRight: true, isWhole: true)] + (compares ? [.init(title: "BEFORE", isRight: true, isWhole: true)] : [])
                + [.init(title: "LEVEL", isWhole: true), .init(title: "COURSE", isWhole: true), .init(title: "PATTERN")])
        for pattern in patterns {
            table.append(
                [String(pattern.count)] + (compares ? [String(pattern.countBefore)] : [])
                    + [pattern.level == "unknown" ? "" : pattern.level.uppercased(), Self.course(pattern.samples), pattern.pattern])
        }
        return table.text(widthMax: screen.widthMax)
    }

    /// The counts over their time, in a few columns.
    private static func course(_ samples: [[Int64]]) -> String {
        let pairs = samples.filter { $0.count == 2 }
        guard let first = pairs.first?[0], let last = pairs.last?[0], last > first else { return "" }
        var columns = Array(repeating: 0.0, count: 12)
        for pair in pairs { columns[Int((pair[0] - first) * 11 / (last - first))] += Double(pair[1]) }
        return QueryTable.course(columns)
    }

    // MARK: JSON

    private func json(of series: [LogFindingsAnswer.Series]) -> String {
        series.flatMap { one in
            let labels = Dictionary(one.labels.pairs.map { ($0.name, $0.value) }) { $1 }
            return one.points.map { Self.line(["labels": labels, "seconds": $0.seconds, "value": $0.text]) }
        }.joined()
    }

    private func json(of patterns: [LogFindingsAnswer.Pattern]) -> String {
        patterns.map { Self.line(["pattern": $0.pattern, "level": $0.level, "count": $0.count, "countBefore": $0.countBefore, "samples": $0.samples]) }.joined()
    }

    private static func line(_ object: [String: Any]) -> String {
        do {
            let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
            return SafeJSON.escaped(String(decoding: data, as: UTF8.self)) + "\n"
        } catch {
            preconditionFailure("an object of texts and finite numbers can always be written: \(error)")
        }
    }
}
