import Foundations

/// Log lines of several kinds from a seed: by bytes 35 % JSON of applications, 30 % nginx, 20 % syslog, 10 % Java and OpenStack, 5 % stack
/// traces, spread over 24 hours. They are made one by one: a corpus of any size takes no memory.
///
/// What varies varies as in real logs. Trace, span and request identifiers are random, and a trace's lines share its identifier; clients,
/// users, paths and user agents are a few frequent ones and many rare ones; a stack trace is one of the few that a program has.
struct LogCorpus {
    struct Line {
        var stream: Int
        var nanoseconds: Int64
        var text: String
    }

    private enum Kind: Int, CaseIterable {
        case json, nginx, syslog, java, trace

        /// Percent of the bytes.
        var share: Int { [35, 30, 20, 10, 5][rawValue] }
        var job: String { ["app", "nginx", "syslog", "java", "java"][rawValue] }
    }

    /// Label pairs of each stream.
    static let streams: [[(String, String)]] = (0..<24).map { number in
        let kind = [Kind.json, .json, .json, .json, .nginx, .nginx, .syslog, .java][number % 8]
        return [("job", kind.job), ("instance", "host-\(number / 8)"), ("source", "\(kind)-\(number)")]
    }

    private static let streamsOfKind: [[Int]] = Kind.allCases.map { kind in streams.indices.filter { streams[$0].first!.1 == kind.job } }

    let bytesMax: Int
    let start: Int64
    private var choices: LogChoices
    private var applications: ApplicationLines
    private var java: JavaLines
    private var bytesOfKind = [Int](repeating: 0, count: Kind.allCases.count)
    private(set) var bytes = 0
    private(set) var lines = 0

    private let spanNanoseconds: Double

    /// `start`: the first moment, in nanoseconds since 1970; the lines are spread over `spanNanoseconds` from there.
    init(bytes: Int, start: Int64, seed: UInt64 = 20, spanNanoseconds: Int64 = 86_000_000_000_000) {
        bytesMax = bytes
        self.spanNanoseconds = Double(spanNanoseconds)
        self.start = start
        choices = LogChoices(seed: seed)
        applications = ApplicationLines(&choices)
        java = JavaLines(&choices)
    }

    /// The next line; nil once there are as many bytes as wanted. The bytes of a line count with its line feed.
    mutating func next() -> Line? {
        guard bytes < bytesMax else { return nil }
        let kind = mostLacking()
        let nanoseconds = start + Int64(Double(bytes) / Double(bytesMax) * spanNanoseconds) / 1_000_000 * 1_000_000
        let text = line(kind, LogMoment(nanoseconds))
        let count = text.utf8.count + 1
        bytesOfKind[kind.rawValue] += count
        bytes += count
        lines += 1
        return Line(stream: choices.pick(Self.streamsOfKind[kind.rawValue]), nanoseconds: nanoseconds, text: text)
    }

    /// The kind that lacks most of its share.
    private func mostLacking() -> Kind {
        Kind.allCases.max { $0.share * bytes - bytesOfKind[$0.rawValue] * 100 < $1.share * bytes - bytesOfKind[$1.rawValue] * 100 }!
    }

    private mutating func line(_ kind: Kind, _ moment: LogMoment) -> String {
        switch kind {
        case .json: applications.next(moment, &choices)
        case .nginx: AccessLines.next(moment, &choices)
        case .syslog: SystemLines.next(moment, &choices)
        case .java: java.next(moment, &choices)
        case .trace: java.trace(moment, &choices)
        }
    }
}

/// A moment's parts as lines write them.
struct LogMoment {
    /// `2026-01-01`
    let date: String
    /// `00:00:00`
    let clock: String
    /// Three digits.
    let milliseconds: String

    init(_ nanoseconds: Int64) {
        let text = TimestampText.rfc3339(NanoTimestamp(nanoseconds: nanoseconds / 1_000_000_000 * 1_000_000_000))
        date = String(text.prefix(10))
        clock = String(text.dropFirst(11).prefix(8))
        milliseconds = String(String(1000 + nanoseconds / 1_000_000 % 1000).dropFirst())
    }

    var year: Substring { date.prefix(4) }
    var day: Substring { date.suffix(2) }
    var month: String { Self.months[(Int(date.dropFirst(5).prefix(2)) ?? 1) - 1] }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
