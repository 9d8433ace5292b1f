import Foundations
import Model

/// A query's answer as a table: a row a series, a column for each label that isn't the same in all of them.
struct QueryTable {
    /// Columns of the course of a range, where there is room.
    private static let courseColumns = 40

    let answer: QueryAnswer
    /// The terminal's columns; nil where the output is no terminal.
    let widthMax: Int?

    func text() -> String {
        if answer.kind == .scalar || answer.kind == .string { return answer.elements.map { SafeText($0.points.last?.text ?? "").string + "\n" }.joined() }
        if answer.elements.count == 1 && !answer.isRange { return single(answer.elements[0]) }
        let shared = sharedLabels
        let names = columnNames(without: shared)
        var table = TextTable(names.map { TextTable.Column(title: $0 == LabelName.metricName ? "METRIC" : $0.uppercased()) } + valueColumns)
        for element in answer.elements { table.append(names.map { element.labels[$0] ?? "" } + values(of: element)) }
        let heading = shared.isEmpty ? "" : SafeText(shared.description).string + "\n"
        return heading + table.text(widthMax: widthMax)
    }

    private func single(_ element: QueryAnswer.Element) -> String {
        "\(SafeText(element.labels.isEmpty ? "{}" : element.labels.description).string)  \(SafeText(element.points.last?.text ?? "").string)\n"
    }

    /// Labels that every series has with the same value.
    private var sharedLabels: Labels {
        guard let first = answer.elements.first else { return Labels() }
        return Labels(first.labels.pairs.filter { pair in answer.elements.allSatisfy { $0.labels[pair.name] == pair.value } })
    }

    /// The metric's name first, then the others by name.
    private func columnNames(without shared: Labels) -> [String] {
        let all = Set(answer.elements.flatMap { $0.labels.pairs.map(\.name) }).filter { shared[$0] == nil }
        return all.sorted { ($0 == LabelName.metricName ? 0 : 1, $0) < ($1 == LabelName.metricName ? 0 : 1, $1) }
    }

    private var valueColumns: [TextTable.Column] {
        guard answer.isRange else { return [.init(title: "VALUE", isRight: true, isWhole: true)] }
        return ["MIN", "MAX", "LAST"].map { .init(title: $0, isRight: true, isWhole: true) } + [.init(title: "COURSE")]
    }

    private func values(of element: QueryAnswer.Element) -> [String] {
        let last = element.points.last?.text ?? ""
        guard answer.isRange else { return [last] }
        let numbers = element.points.filter { $0.number?.isFinite == true }
        let low = numbers.min { $0.number! < $1.number! }?.text ?? ""
        let high = numbers.max { $0.number! < $1.number! }?.text ?? ""
        return [low, high, last, Self.course(element.points.map { $0.number ?? .nan })]
    }

    /// Eight heights from the lowest to the highest value; a gap is a space. Where there are many values, each column is the mean of some.
    static func course(_ values: [Double]) -> String {
        let columns = min(values.count, courseColumns)
        let means = (0..<columns).map { column -> Double in
            let part = values[column * values.count / columns..<(column + 1) * values.count / columns].filter(\.isFinite)
            return part.isEmpty ? .nan : part.reduce(0, +) / Double(part.count)
        }
        let finite = means.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return "" }
        let bars = Array("▁▂▃▄▅▆▇█")
        return String(means.map { value in
            guard value.isFinite else { return " " }
            return high == low ? bars[3] : bars[min(7, Int((value - low) / (high - low) * 8))]
        })
    }
}
