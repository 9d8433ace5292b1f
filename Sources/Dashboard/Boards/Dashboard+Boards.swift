import Boards
import Foundations
import Terminal

extension Dashboard {
    /// A source for boards: the collector that the options name.
    public static func boardSource(_ options: DashboardOptions) throws(DashboardError) -> any BoardSource {
        CollectorBoards(client: APIClient(transport: try CollectorTransport(options)))
    }

    /// A board at one moment, evaluated once: `BoardSnapshot.text` and `BoardReport` write it.
    public static func board(
        _ board: Board, _ options: DashboardOptions, columns: Int = 120, colours: ColourDepth = .none, range: BoardRange? = nil, chosen: [String: [String]] = [:]
    ) async throws(DashboardError) -> BoardView {
        var capabilities = Capabilities(environment: options.environment)
        capabilities.colours = colours
        return await BoardSnapshot.view(
            of: board, source: try boardSource(options), columns: columns, theme: Theme(capabilities: capabilities), range: range, chosen: chosen)
    }
}
