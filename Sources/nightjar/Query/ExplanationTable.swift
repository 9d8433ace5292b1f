import Foundation
import Foundations
import PromQL

/// A query's plan for people: a row a part of the expression, a row a search for series, and what it all cost.
struct ExplanationTable {
    let explanation: Explanation
    /// The terminal's columns; nil where the output is no terminal.
    let widthMax: Int?

    func text() -> String { "\(nodes)\n\(reads)\n\(total)\n" }

    private var nodes: String {
        var table = TextTable([.init(title: "PART"), .init(title: "HOW")] + Self.numbers(["SERIES", "POINTS", "SAMPLES", "WALL", "CPU"]))
        for node in explanation.nodes {
            let read = node.read.map { " (search \($0))" } ?? ""
            table.append([
                String(repeating: "  ", count: node.depth) + node.operation + read, node.strategy, "\(node.series)", "\(node.points)", "\(node.samplesRead)",
                Self.time(node.wallSeconds), Self.time(node.cpuSeconds),
            ])
        }
        return table.text(widthMax: widthMax)
    }

    private var reads: String {
        var table = TextTable([.init(title: "SEARCH"), .init(title: "LABELS")] + Self.numbers(["SERIES", "SELECTORS", "SECONDS", "WALL", "CPU"]))
        for read in explanation.reads {
            let labels = read.labels.map { $0.isEmpty ? "none" : $0.joined(separator: ", ") } ?? "all"
            table.append([
                "\(read.number) \(read.matchers)", labels, "\(read.series)", "\(read.selectors)", String(format: "%.0f", read.end - read.start),
                Self.time(read.wallSeconds), Self.time(read.cpuSeconds),
            ])
        }
        return table.text(widthMax: widthMax)
    }

    private var total: String {
        "\(explanation.steps) \(explanation.steps == 1 ? "step" : "steps"), \(explanation.samplesRead) samples, \(explanation.samplesDecoded) decoded from "
            + "\(ByteSizeText.format(bytes: Int64(explanation.bytesDecoded))), \(ByteSizeText.format(bytes: Int64(explanation.memoryBytes))) held at most, "
            + "cache \(SafeText(explanation.cache).string), \(Self.time(explanation.wallSeconds)), \(Self.time(explanation.cpuSeconds)) CPU"
    }

    private static func numbers(_ titles: [String]) -> [TextTable.Column] { titles.map { .init(title: $0, isRight: true, isWhole: true) } }

    private static func time(_ seconds: Double) -> String {
        seconds >= 1 ? String(format: "%.2fs", seconds) : seconds >= 0.001 ? String(format: "%.1fms", seconds * 1e3) : String(format: "%.0fµs", seconds * 1e6)
    }
}
