import Foundations
import Terminal

/// Service level objectives and what is left of their error budgets.
enum ObjectivesScreen {
    private static let columns = [
        Column("STATE", width: 7), Column("SERVICE", priority: 1, width: 16), Column("OBJECTIVE", width: 16, isFlexible: true), Column("GOAL", width: 8, alignment: .right),
        Column("BUDGET LEFT", width: 11, alignment: .right), Column("", priority: 2, width: 24), Column("BURN", priority: 1, width: 7, alignment: .right),
    ]

    static func render(_ model: DashboardModel, in rect: Rect, to buffer: inout Buffer) {
        guard let objectives = model.objectives, !objectives.isEmpty else {
            let text: SafeText = model.objectives == nil
                ? "waiting for the objectives"
                : "There is no service level objective yet. Record the series slo:objective:ratio, slo:period_error_budget_remaining:ratio and "
                    + "slo:current_burn_rate:ratio with recording rules, as Sloth writes them, or pyrra_objective and pyrra_availability, as Pyrra does with "
                    + "--generic-rules, and they are shown here."
            Paragraph(text, model.theme.muted).render(in: rect.inset(columns: 2, rows: 1), to: &buffer)
            return
        }
        let position = model.position(of: .objectives)
        Table(columns: columns, rowCount: objectives.count, selected: position.selected, offset: position.offset, theme: model.theme) { index in
            let item = objectives[index]
            let left = item.budgetLeft.map { SafeText("\(($0 * 1000).rounded() / 10)%") } ?? "-"
            return [
                .line(TextLine(item.state.spans(model.theme))), .text(SafeText(item.service)), .text(SafeText(item.name)), .text(SafeText("\((item.objective * 1_000_000).rounded() / 10_000)%")),
                .text(left, item.state.style(model.theme)),
                .drawn { Gauge(item.budgetLeft ?? 0, style: item.state.style(model.theme), empty: model.theme.border, glyphs: model.theme.glyphs).render(in: $0, to: &$1) },
                .text(item.burnRate.map { Text.number($0) + "x" } ?? "-"),
            ]
        }.render(in: rect, to: &buffer)
    }
}
