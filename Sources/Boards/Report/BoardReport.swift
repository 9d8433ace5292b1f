import FoundationEssentials
import Foundations

/// A board's data for programs: `"version": 1`, its variables, and each panel with what it shows.
public struct BoardReport: Encodable, Sendable {
    struct Panel: Encodable, Sendable {
        var title: String
        var type: String
        /// `ok`, `error`, `empty`, `waiting` or `unsupported`.
        var state: String
        var error: String?
        var evaluatedAt: String?
        var unit: String?
        var values: [Value]?
        var series: [Series]?
        var columns: [String]?
        var rows: [[String]]?
        var lines: [Line]?
        var text: String?
    }
    struct Value: Encodable, Sendable { var name: String; var value: Double?; var text: String; var state: String }
    struct Series: Encodable, Sendable { var name: String; var start: String; var stepSeconds: Double; var values: [Double?] }
    struct Line: Encodable, Sendable { var time: String; var level: String; var line: String }
    struct Annotation: Encodable, Sendable { var name: String; var error: String?; var marks: [Mark] }
    struct Mark: Encodable, Sendable { var from: String; var to: String; var title: String; var text: String; var tags: [String] }
    struct Variable: Encodable, Sendable { var name: String; var values: [String] }

    let version = 1
    let title: String
    let from: String
    let to: String
    let variables: [Variable]
    /// Missing where the board has none.
    let annotations: [Annotation]?
    let panels: [Panel]

    public init(_ view: BoardView) {
        title = view.board.title
        let (start, end) = view.effectiveRange.bounds(now: view.now)
        (from, to) = (TimestampText.rfc3339(start), TimestampText.rfc3339(end))
        variables = view.choices.variables.filter { !$0.isInput }.map { Variable(name: $0.name, values: view.choices.values(of: $0.name).map(\.value)) }
        annotations = view.board.annotations.isEmpty ? nil : view.board.annotations.enumerated().map { place, annotation in
            let marks = view.marks.marks.filter { $0.annotation == place }.map { mark in
                Mark(
                    from: TimestampText.rfc3339(Timestamp(milliseconds: mark.from)), to: TimestampText.rfc3339(Timestamp(milliseconds: mark.to)), title: mark.title, text: mark.text,
                    tags: mark.tags)
            }
            return Annotation(name: annotation.name, error: view.marks.failures[annotation.name], marks: marks)
        }
        panels = view.layout.panels.filter { !$0.isHeading }.map { placed in
            Self.panel(placed.instance, title: BoardRenderer.title(placed.instance, view).string, view.results[placed.instance.key])
        }
    }

    private static func panel(_ instance: PanelInstance, title: String, _ result: PanelResult?) -> Panel {
        let kind = instance.panel.kind
        var panel = Panel(title: title, type: kind.name, state: "ok")
        panel.unit = instance.panel.settings.unit
        panel.evaluatedAt = result.map { TimestampText.rfc3339($0.evaluatedAt) }
        panel.error = result?.failure
        if !kind.isSupported { panel.state = "unsupported" } else if kind == .text { panel.text = instance.panel.options.text } else if result?.failure != nil { panel.state = "error" } else if result?.content == nil { panel.state = "waiting" } else if result?.content?.isEmpty == true { panel.state = "empty" }
        if let content = result?.content { fill(&panel, content) }
        return panel
    }

    private static func fill(_ panel: inout Panel, _ content: PanelContent) {
        func number(_ value: Double) -> Double? { value.isFinite ? value : nil }
        func series(_ name: String, _ window: QueryWindow, _ values: [Double]) -> Series {
            Series(name: name, start: TimestampText.rfc3339(window.start), stepSeconds: Double(window.stepMilliseconds) / 1000, values: values.map(number))
        }
        switch content {
        case .chart(let chart): panel.series = chart.lines.map { series($0.name, chart.window, $0.values) }
        case .heatmap(let heatmap): panel.series = heatmap.rows.map { series($0.label, heatmap.window, $0.values) }
        case .values(let items, _): panel.values = items.map { Value(name: $0.name, value: number($0.value), text: $0.shown.text, state: state($0.shown.tone)) }
        case .table(let table):
            panel.columns = table.columns.map(\.title)
            panel.rows = table.rows.map { $0.map(\.shown.text) }
        case .timeline(let timeline):
            panel.values = timeline.rows.map { row in
                let last = row.states.last.flatMap { $0 >= 0 ? timeline.states[Int($0)] : nil }
                return Value(name: row.name, value: nil, text: last?.text ?? "-", state: state(last?.tone ?? .neutral))
            }
        case .logs(let lines): panel.lines = lines.map { Line(time: TimestampText.rfc3339($0.timestamp), level: $0.level, line: $0.line) }
        case .text(let text, _): panel.text = text
        case .placeholder: break
        }
    }

    private static func state(_ tone: Tone) -> String {
        switch tone {
        case .neutral: "none"
        case .good: "ok"
        case .warning: "warning"
        case .critical: "critical"
        }
    }

    /// Pretty, with sorted keys and a line feed at the end; what could act on a terminal is escaped.
    public var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return SafeJSON.escaped(String(decoding: try encoder.encode(self), as: UTF8.self)) + "\n"
        } catch {
            preconditionFailure("a report of strings and finite numbers can always be written: \(error)")
        }
    }
}
