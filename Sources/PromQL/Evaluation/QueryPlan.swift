import Foundations
import Model

/// How a query is going to be computed: what is read, which reads and expressions are shared, and what runs series by series.
///
/// A pure value: making it reads nothing.
public struct QueryPlan: Sendable {
    /// How an expression gets its value.
    public enum Strategy: Hashable, Sendable {
        /// From the values of its parts, all series at once.
        case whole
        /// Series by series, as they are decoded.
        case streamed
        /// Adds up its part's series as they are decoded; their columns are never held together.
        case fused
        /// Inside of an aggregation that adds up: a batch of series at a time.
        case inBatches
        /// Over series that are read as a whole first.
        case loaded
        /// The value of an equal expression, the node with this number.
        case repeated(Int)
        /// One number a step, or a text.
        case constant
    }

    /// An expression of the query.
    public struct Node: Sendable {
        /// Its place among the plan's nodes, from 0, a node before its parts.
        public let number: Int
        /// How many nodes it is inside of.
        public let depth: Int
        /// The operation: `sum by (job)`, `rate`, or a selector as it is written.
        public let text: String
        public let position: SourcePosition
        public internal(set) var strategy: Strategy
        /// The read that a selector is part of.
        public internal(set) var read: Int?
        /// Milliseconds since 1970, both included: what a selector looks at.
        public internal(set) var samplesFrom: Int64?
        public internal(set) var samplesThrough: Int64?
        let range: SourceRange
    }

    /// One search for series in the store.
    public struct Read: Sendable {
        public let matchers: [Matcher]
        /// Milliseconds since 1970, both included.
        public internal(set) var start: Int64
        public internal(set) var end: Int64
        /// The labels that the query looks at.
        public internal(set) var labels: LabelNeeds
        /// Nodes that use it.
        public internal(set) var selectors: [Int]
    }

    public internal(set) var nodes: [Node] = []
    public internal(set) var reads: [Read] = []
    var nodeOfRange: [SourceRange: Int] = [:]
    /// Expressions that stand more than once: the first one's place by the place of each, the first one's own included.
    var firstOfRepeated: [SourceRange: SourceRange] = [:]
    /// How often each of the first ones is used.
    var usesOfRepeated: [SourceRange: Int] = [:]
    /// Selectors whose histograms are read without buckets.
    var countsOnly: Set<SourceRange> = []

    func node(_ place: SourceRange) -> Node? { nodeOfRange[place].map { nodes[$0] } }

    /// Finds all series. The samples come later.
    func scan(_ reader: any MetricReader, _ context: QueryContext) async throws -> SelectedData {
        var scans: [any MetricScan] = []
        var scanOfSelector: [SourceRange: Int] = [:]
        for (index, read) in reads.enumerated() {
            try context.check()
            let begun = context.profile?.now()
            let query = MetricQuery(
                matchers: read.matchers, start: Timestamp(milliseconds: read.start), end: Timestamp(milliseconds: read.end),
                samplesMax: context.options.samplesMax, labels: read.labels)
            scans.append(NarrowedScan.narrowed(try await reader.scan(query), by: context.options.extraConditions))
            for selector in read.selectors { scanOfSelector[nodes[selector].range] = index }
            if let begun { context.profile?.addRead(index, series: scans[index].labels.count, since: begun) }
        }
        return SelectedData(scans: scans, scanOfSelector: scanOfSelector)
    }
}
