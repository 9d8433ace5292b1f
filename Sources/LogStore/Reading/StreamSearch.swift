import Foundations
import GRDB
import Model

/// Finds the streams of a partition that have records in a range.
struct StreamSearch {
    private let query: LogQuery
    private let database: Database
    private let partition: Partition
    private let control: ReadControl

    init(_ query: LogQuery, _ database: Database, _ partition: Partition, _ control: ReadControl) {
        self.query = query
        self.database = database
        self.partition = partition
        self.control = control
    }

    func add(to found: inout Set<Labels>) throws {
        let plan = ScanPlan(query)
        let labels = try partition.streams(database)
        // Whether a stream has a record of some level only its rows say.
        var isCertain = plan.matcher.levels == nil
        if isCertain {
            let statement = try RawStatement(database, "SELECT id, oldest, newest FROM streams")
            defer { statement.reset() }
            while try statement.step() {
                guard let stream = labels[statement.integer(0)], plan.matcher.streamMatchers.matches(stream), !found.contains(stream) else { continue }
                let oldest = NanoTimestamp(nanoseconds: statement.integer(1))
                let newest = NanoTimestamp(nanoseconds: statement.integer(2))
                if newest < query.start || oldest >= query.end { continue }
                if oldest >= query.start || newest < query.end {
                    found.insert(stream)
                } else {
                    isCertain = false
                }
            }
        }
        if isCertain { return }
        let cells = LogCells(stepNanoseconds: .max, countsBytes: false)
        var tallies = LogTallies(cells, by: [.stream])
        var tally = try PartitionTally(database, partition, plan, control, cells, by: [.stream])
        try tally.add(to: &tallies)
        for stream in tally.pieces.keys { found.insert(stream) }
    }
}
