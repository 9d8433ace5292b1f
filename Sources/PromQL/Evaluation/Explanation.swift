import Foundations
import Model

/// A query's plan with what its parts did and cost. Times of a part include the parts inside of it; CPU time is that of all threads.
public struct Explanation: Codable, Sendable {
    /// An expression of the query.
    public struct Node: Codable, Sendable {
        public let number: Int
        /// How many nodes it is inside of.
        public let depth: Int
        /// `sum by (job)`, or a selector as it is written.
        public let operation: String
        /// `line:column`
        public let position: String
        /// How it gets its value, in words.
        public let strategy: String
        /// The read it takes series from.
        public let read: Int?
        public let series: Int
        /// Values that it gave, gaps included.
        public let points: Int
        public let samplesRead: Int
        public let samplesDecoded: Int
        public let bytesDecoded: Int
        /// Downsampled steps that stood in for samples; nil where there were none.
        public let stepsRead: Int?
        public let wallSeconds: Double
        public let cpuSeconds: Double
    }

    /// One search for series.
    public struct Read: Codable, Sendable {
        public let number: Int
        public let matchers: String
        /// Seconds since 1970, both included.
        public let start: Double
        public let end: Double
        /// The labels that the query looks at; nil is all.
        public let labels: [String]?
        /// Selectors that share it.
        public let selectors: Int
        public let series: Int
        public let wallSeconds: Double
        public let cpuSeconds: Double
    }

    public let query: String
    public let steps: Int
    public let nodes: [Node]
    public let reads: [Read]
    public let samplesRead: Int
    public let samplesDecoded: Int
    public let bytesDecoded: Int
    /// The most that the query held at once, as far as it is counted.
    public let memoryBytes: Int
    public let wallSeconds: Double
    public let cpuSeconds: Double
    /// What the cache of results gave: `off`, `miss` or how many steps.
    public internal(set) var cache: String

    init(_ expression: Expression, _ plan: QueryPlan, _ context: QueryContext, _ profile: QueryProfile, since begun: QueryProfile.Mark) {
        query = expression.description
        steps = context.grid.count
        nodes = plan.nodes.map { Node($0, profile.figures(of: $0.range)) }
        reads = plan.reads.enumerated().map { Read($0, $1, profile.figures(ofRead: $0)) }
        samplesRead = context.counts.samples
        samplesDecoded = nodes.reduce(0) { $0 + $1.samplesDecoded }
        bytesDecoded = nodes.reduce(0) { $0 + $1.bytesDecoded }
        memoryBytes = context.memory.peak
        wallSeconds = Double(profile.now().wallNanoseconds - begun.wallNanoseconds) / 1e9
        cpuSeconds = reads.reduce(0) { $0 + $1.cpuSeconds } + (nodes.first?.cpuSeconds ?? 0)
        cache = "off"
    }
}

extension Explanation.Node {
    fileprivate init(_ node: QueryPlan.Node, _ figures: QueryProfile.NodeFigures) {
        number = node.number
        depth = node.depth
        operation = node.text
        position = node.position.description
        strategy = node.strategy.words + (figures.scan.steps > 0 ? ", from \(figures.scan.steps) downsampled steps" : "")
        read = node.read
        series = figures.series
        points = figures.points
        samplesRead = figures.scan.samples
        samplesDecoded = figures.scan.samplesDecoded
        bytesDecoded = figures.scan.bytes
        stepsRead = figures.scan.steps > 0 ? figures.scan.steps : nil
        wallSeconds = Double(figures.wallNanoseconds) / 1e9
        cpuSeconds = Double(figures.cpuNanoseconds) / 1e9
    }
}

extension Explanation.Read {
    fileprivate init(_ number: Int, _ read: QueryPlan.Read, _ figures: QueryProfile.ReadFigures) {
        self.number = number
        matchers = "{" + read.matchers.map { "\($0.name)\($0.op.rawValue)\(quoted($0.value))" }.joined(separator: ", ") + "}"
        start = Double(read.start) / 1000
        end = Double(read.end) / 1000
        if case .only(let names) = read.labels { labels = names.sorted() } else { labels = nil }
        selectors = read.selectors.count
        series = figures.series
        wallSeconds = Double(figures.wallNanoseconds) / 1e9
        cpuSeconds = Double(figures.cpuNanoseconds) / 1e9
    }
}

extension QueryPlan.Strategy {
    /// In words, for people.
    public var words: String {
        switch self {
        case .whole: "over all series"
        case .streamed: "series by series"
        case .fused: "adds up while decoding"
        case .inBatches: "in batches"
        case .loaded: "reads all first"
        case .repeated(let node): "same as #\(node)"
        case .constant: "constant"
        }
    }
}

extension Explanation {
    /// A tree of the nodes with their figures, then the reads: lines for a terminal, without control characters.
    public var text: String {
        var rows: [[String]] = [["node", "how", "series", "points", "samples", "decoded", "bytes", "wall", "CPU"]]
        for node in nodes {
            rows.append([
                "#\(node.number) " + String(repeating: "  ", count: node.depth) + node.operation + (node.read.map { " ← read \($0)" } ?? ""), node.strategy,
                "\(node.series)", "\(node.points)", "\(node.samplesRead)", "\(node.samplesDecoded)", "\(node.bytesDecoded)",
                Self.milliseconds(node.wallSeconds), Self.milliseconds(node.cpuSeconds),
            ])
        }
        var lines = Self.table(rows)
        lines.append("")
        var readRows: [[String]] = [["read", "series", "labels", "selectors", "from", "through", "wall", "CPU"]]
        for read in reads {
            readRows.append([
                "\(read.number) \(read.matchers)", "\(read.series)", read.labels.map { $0.isEmpty ? "none" : $0.joined(separator: ",") } ?? "all",
                "\(read.selectors)", ValueText.format(read.start), ValueText.format(read.end), Self.milliseconds(read.wallSeconds),
                Self.milliseconds(read.cpuSeconds),
            ])
        }
        lines += Self.table(readRows)
        lines.append("")
        lines.append(
            "\(steps) steps, \(samplesRead) samples read, \(samplesDecoded) decoded from \(bytesDecoded) bytes, \(memoryBytes) bytes held at most, "
                + "result cache \(cache), \(Self.milliseconds(wallSeconds)) wall, \(Self.milliseconds(cpuSeconds)) CPU")
        return lines.map { SafeText($0).string }.joined(separator: "\n") + "\n"
    }

    private static func milliseconds(_ seconds: Double) -> String {
        let hundredths = (seconds * 100_000).rounded()
        return "\(ValueText.format(hundredths / 100)) ms"
    }

    /// Columns as wide as they must be; numbers stand to the right.
    private static func table(_ rows: [[String]]) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                let isText = column == 0 || rows.count > 1 && rows[1][column].first.map { !$0.isNumber } ?? true
                return isText ? cell + padding : padding + cell
            }
            var line = cells.joined(separator: "  ")
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }
}
