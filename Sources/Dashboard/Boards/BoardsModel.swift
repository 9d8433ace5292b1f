import Boards
import Foundations
import Terminal

/// The dashboards from files: which there are, and the one that is open.
struct BoardsModel: Sendable {
    /// Nil before the files were looked at.
    var entries: [BoardLibrary.Entry]?
    var view: BoardView?
    /// The file of the view.
    var path: String?
    /// What the host of an alert is to be chosen for once the file is open.
    var instance: String?
    /// Where a link leads that was followed, or the way back, until its file is open.
    var destination: (to: BoardDestination, isBack: Bool)?
    /// The boards that links led away from, the last one at the end.
    var trail: [BoardDestination] = []
    /// Whether the view's questions are being asked.
    var isRunning = false
    private var lastWork = 0

    /// A question of the view, numbered so that two are never the same.
    mutating func work(_ effect: BoardEffect) -> Effect {
        lastWork += 1
        return .board(BoardWork(number: lastWork, effect: effect))
    }

    /// The entries that a filter takes.
    func shown(_ filter: String) -> [BoardLibrary.Entry] {
        let words = FilterWord.all(in: filter)
        return (entries ?? []).filter { entry in words.allSatisfy { $0.takes("\(entry.title) \(entry.path) \(entry.tags.joined(separator: " "))") } }
    }
}

/// A question of a board, told apart by its number.
struct BoardWork: Hashable, Sendable {
    let number: Int
    let effect: BoardEffect

    static func == (left: BoardWork, right: BoardWork) -> Bool { left.number == right.number }
    func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

/// What comes from the files and from a board's questions.
enum BoardNews: Sendable {
    case listed([BoardLibrary.Entry])
    /// A file was opened, or read again after it changed.
    case opened(path: String, Board)
    case failed(path: String, reason: String)
    case answered(BoardAction)
}
