import Foundations
import Terminal

/// A whole board at one moment, without a screen: as text and as data.
public enum BoardSnapshot {
    /// The view after all variables were loaded and all panels evaluated. `chosen` are values by variable.
    public static func view(
        of board: Board, source: any BoardSource, columns: Int, theme: Theme, clock: any WallClock = SystemClock(), range: BoardRange? = nil,
        chosen: [String: [String]] = [:]
    ) async -> BoardView {
        // As high as can be drawn, so that every panel counts as visible.
        var view = BoardView(board, size: Size(columns: columns, rows: 1024), theme: theme, now: clock.nowMilliseconds(), range: range)
        for (name, values) in chosen { _ = view.choose(values, for: name) }
        let runner = BoardRunner(source: source, clock: clock)
        var effects = view.start()
        while let effect = effects.first {
            effects.removeFirst()
            switch effect {
            case .loadVariables(let question):
                effects += view.reduce(await runner.variables(question))
                // Values that weren't known before can be chosen now.
                for (name, values) in chosen where view.choices.chosen[name] != values { view.choices.choose(values, for: name) }
                effects = view.start(withVariables: false)
            case .annotate(let question): effects += view.reduce(await runner.marks(question))
            case .complete, .open, .look, .copy: break
            case .evaluate(let question):
                let results = await runner.evaluate(question)
                effects += view.reduce(.results(results, generation: question.generation))
            }
        }
        _ = view.reduce(.resized(Size(columns: columns, rows: min(1024, view.layout.height + BoardView.headerRows))))
        return view
    }

    /// The board as lines of text, as wide as its view and as high as it needs to be.
    public static func text(_ view: BoardView, colours: ColourDepth = .none, showsUnicode: Bool = true, zoneOffsetSeconds: Int64 = 0) -> String {
        var buffer = Buffer(view.size)
        BoardRenderer.render(view, zoneOffsetSeconds: zoneOffsetSeconds, in: buffer.bounds, to: &buffer)
        return PlainFrame.text(of: buffer, colours: colours, showsUnicode: showsUnicode)
    }
}
