import Boards
import Foundations
import Terminal

extension FuzzTarget {
    func runBoards(_ bytes: UnsafeRawBufferPointer) {
        if self == .seriesReply {
            _ = SeriesReply.series(Array(bytes))
            _ = SeriesReply.names(Array(bytes))
            return
        }
        refusing {
            let board = try BoardFile.parse(Array(bytes), path: "board.json")
            // What was read can be asked, laid out and drawn.
            _ = board.filledQueries(now: Timestamp(seconds: 1_800_000_000)).map(QueryFault.reason)
            let view = BoardView(board, size: Size(columns: 80, rows: 24), theme: Theme(capabilities: Capabilities(colours: .none, showsUnicode: true)), now: Timestamp(seconds: 1_800_000_000))
            var buffer = Buffer(view.size)
            BoardRenderer.render(view, in: buffer.bounds, to: &buffer)
        }
    }
}
