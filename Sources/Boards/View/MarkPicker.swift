import Foundations
import Terminal

/// The list of what happened: a board's marks, the newest first, narrowed by typing.
public struct MarkPicker: Hashable, Sendable {
    enum Outcome: Hashable {
        case unchanged, left
        /// The time around a mark is to be looked at.
        case chosen(BoardMark)
    }

    let marks: [BoardMark]
    /// The panel in full that it stands over; nil over the board.
    let panel: PanelKey?
    private(set) var typing = ListTyping()

    /// `marks` in order of time.
    init(_ marks: [BoardMark], over panel: PanelKey?) {
        self.marks = marks.reversed()
        self.panel = panel
    }

    var shown: [BoardMark] { marks.filter { typing.takes($0.title, $0.text, $0.tags.joined(separator: " ")) } }

    mutating func reduce(_ event: InputEvent) -> Outcome {
        let shown = shown
        if case .key(.tab, _) = event { typing.move(1, shown.count) }
        switch typing.reduce(event, count: shown.count) {
        case .left?: return .left
        case .taken?: return shown.indices.contains(typing.selected) ? .chosen(shown[typing.selected]) : .unchanged
        case .changed?, nil: return .unchanged
        }
    }
}

extension BoardMark {
    /// The time to look at it: as much before as a range has three quarters, the rest behind; all of a longer one.
    func surroundings(_ rangeMilliseconds: Int64) -> BoardRange {
        let around = max(60_000, min(rangeMilliseconds, .max / 4))
        let start = from - around / 4 * 3
        return .absolute(from: Timestamp(milliseconds: start), to: Timestamp(milliseconds: max(start + around, to + around / 4)))
    }
}
