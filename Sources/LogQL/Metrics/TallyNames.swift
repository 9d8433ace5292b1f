import Foundations
import Model

/// What the labels of a series are made of, where they come from tallies.
struct TallyNames {
    /// What the reader is to count apart.
    let grouping: Set<LogGrouping>
    /// For people.
    let description: String
    private let series: Grouping?
    private let wanted: Set<String>
    private let fields: Set<String>

    /// Nil where a name may mean fields that aren't called just so. `wanted`: names that the rest of the query asks for.
    init?(_ series: Grouping?, _ wanted: Set<String>, _ query: LogQuery, _ reader: any LogReader) async throws {
        self.series = series
        self.wanted = wanted
        let asked = series.map { Set($0.keptNames) } ?? wanted
        var grouping: Set<LogGrouping> = []
        var fields: Set<String> = []
        if series == nil || series!.isWithout { grouping.insert(.stream) }
        let others = asked.filter { name in
            if name == TallyEvaluation.patternLabel {
                grouping.insert(.template)
                return false
            }
            return true
        }
        if !others.isEmpty {
            let streams = try await reader.streams([query.streamMatchers], start: query.start, end: query.end)
            for name in others {
                let having = streams.count { $0[name] != nil }
                if having > 0 { grouping.insert(.stream) }
                if having == streams.count && having > 0 { continue }
                if LogPlan.isLevel(name) {
                    grouping.insert(.level)
                    continue
                }
                guard LogPlan.isFieldName(name) else { return nil }
                fields.insert(name)
                grouping.insert(.field(name))
            }
        }
        self.grouping = grouping
        self.fields = fields
        let parts = grouping.map { part in
            switch part {
            case .stream: "stream"
            case .level: "level"
            case .template: "template"
            case .field(let name): "field \(name)"
            }
        }
        description = parts.isEmpty ? "nothing" : parts.sorted().joined(separator: ", ")
    }

    func labels(of tally: LogTally) -> Labels {
        guard let series else {
            var builder = LabelsBuilder(tally.stream ?? Labels())
            for name in wanted where tally.stream?[name] == nil { builder.set(name, to: value(name, tally)) }
            return builder.build()
        }
        if series.isWithout { return (tally.stream ?? Labels()).dropping(Set(series.names)) }
        var builder = LabelsBuilder()
        for name in series.names { builder.set(name, to: value(name, tally)) }
        return builder.build()
    }

    /// As `LogEntry.value`: the stream's, else the level, else a field's.
    private func value(_ name: String, _ tally: LogTally) -> String {
        if name == TallyEvaluation.patternLabel { return tally.template?.text ?? "" }
        if let value = tally.stream?[name] { return value }
        if LogPlan.isLevel(name), let level = tally.level { return level == .unknown && name != LogEntry.levelLabel ? "" : level.name }
        return tally.fields[name] ?? ""
    }
}
