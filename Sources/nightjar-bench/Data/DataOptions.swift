import ArgumentParser
import Foundations
import Wire

/// Which data set, and how much of it.
struct DataOptions: ParsableArguments {
    enum Kind: String, CaseIterable, ExpressibleByArgument { case tsbs, node, fresh, wide }

    @Argument(help: "tsbs (13,100 series x 4,320 steps), node (some 20,000 x 1,200, from scrapes), fresh (100,000 x 1) or wide (1,000,000 x 3).")
    var kind: Kind = .tsbs

    @Option(help: "The part of the set's hosts: 0.1 is a tenth of the series.") var scale = 1.0

    @Option(help: "The scrapes that `node` is made from; see `nightjar-bench scrape`.") var scrapes: String?

    func validate() throws {
        guard scale > 0, scale <= 10 else { throw ValidationError("--scale must be over 0 and at most 10") }
    }

    func make() throws -> any DataSet {
        switch kind {
        case .tsbs: return TSBSLikeData(scale: scale)
        case .fresh: return PodData(seriesCount: Int(100_000 * scale), steps: 1)
        case .wide: return PodData(seriesCount: Int(1_000_000 * scale), steps: 3)
        case .node:
            guard let scrapes else { throw ValidationError("`node` needs --scrapes FILE; make one with `nightjar-bench scrape`") }
            return try NodeLikeData(Scrapes(file: scrapes), scale: scale)
        }
    }
}
