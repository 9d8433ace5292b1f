import Foundations
import Model

/// A script that loads series, evaluates queries over them and says what to expect: the language that Prometheus tests its engine with.
public struct PromQLScript {
    enum Command {
        case clear
        case load([Series], convertsClassic: Bool)
        case evaluate(ScriptEvaluation)
    }

    /// Whether instant queries are run again inside a range query, which must give the same.
    public var repeatsAsRange = true
    private let file: String
    private let commands: [Command]

    /// Reads a script; `file` is what messages call it. Throws at the first line that is none.
    public init(text: String, file: String) throws(ScriptError) {
        guard text.utf8.count <= PromQLLimits.scriptBytesMax else {
            throw ScriptError(file: file, line: 1, reason: "the script is longer than \(PromQLLimits.scriptBytesMax) bytes")
        }
        self.file = file
        commands = try ScriptReader.commands(text, file)
    }

    /// Names go late, and types stand in no label.
    private static var options: EngineOptions {
        var options = EngineOptions(nameRemoval: .delayed)
        options.judgesCountersByType = false
        return options
    }

    /// Runs all commands in order.
    public func run() async -> ScriptReport {
        let reader = MemoryMetricReader()
        let engine = Engine(reader: reader, options: Self.options)
        var report = ScriptReport()
        for command in commands {
            switch command {
            case .clear: reader.removeAll()
            case .load(let series, let convertsClassic):
                for one in series { reader.append(CounterResetHints.settled(one)) }
                if convertsClassic {
                    for one in ClassicConversion.histograms(series) { reader.append(CounterResetHints.settled(one)) }
                }
            case .evaluate(let evaluation):
                report.total += 1
                var problem = await evaluation.problem(engine)
                if problem == nil, repeatsAsRange { problem = await evaluation.problemAsRange(engine) }
                if let problem {
                    report.failures.append(ScriptFailure(file: file, line: evaluation.line, query: evaluation.query, reason: problem))
                }
            }
        }
        return report
    }
}

/// Reads a script line by line.
struct ScriptReader {
    private let file: String
    private let lines: [String]
    private var index = 0

    static func commands(_ text: String, _ file: String) throws(ScriptError) -> [PromQLScript.Command] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let trimmed = Self.trimmed(line)
            return trimmed.hasPrefix("#") ? "#" : trimmed.isEmpty ? "" : (line.first == " " || line.first == "\t" ? " " + trimmed : trimmed)
        }
        var reader = ScriptReader(file: file, lines: lines)
        var commands: [PromQLScript.Command] = []
        while let command = try reader.next() { commands.append(command) }
        return commands
    }

    private init(file: String, lines: [String]) {
        self.file = file
        self.lines = lines
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" || character == "\r" || character == "\r\n" }
        guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(text[first...last])
    }

    private func error(_ reason: String, line: Int? = nil) -> ScriptError { ScriptError(file: file, line: line ?? index, reason: reason) }

    private mutating func next() throws(ScriptError) -> PromQLScript.Command? {
        while index < lines.count, lines[index].isEmpty || lines[index] == "#" { index += 1 }
        guard index < lines.count else { return nil }
        let line = Self.trimmed(lines[index])
        index += 1
        let word = line.prefix { $0 != " " && $0 != "\t" }
        let rest = Self.trimmed(line.dropFirst(word.count))
        switch word {
        case "clear": return .clear
        case "load": return try load(rest, convertsClassic: false)
        case "load_with_nhcb": return try load(rest, convertsClassic: true)
        case "eval", "eval_fail", "eval_warn", "eval_info", "eval_ordered": return .evaluate(try evaluation(String(word), rest))
        default: throw error("unknown command \(quoted(String(word)))")
        }
    }

    /// The next line that belongs to the command.
    private mutating func nextDetail() -> String? {
        while index < lines.count, lines[index] == "#" { index += 1 }
        guard index < lines.count, !lines[index].isEmpty, !Self.beginsCommand(lines[index]) else { return nil }
        defer { index += 1 }
        return Self.trimmed(lines[index])
    }

    /// Details are indented as a rule, but needn't be.
    private static func beginsCommand(_ line: String) -> Bool {
        let word = line.prefix { $0 != " " && $0 != "\t" }
        return word == "clear" || word == "load" || word == "load_with_nhcb" || word == "eval" || word.hasPrefix("eval_")
    }

    private func duration(_ text: some StringProtocol) throws(ScriptError) -> Int64 {
        let isNegative = text.hasPrefix("-")
        let plain = isNegative ? String(text.dropFirst()) : String(text)
        if let milliseconds = DurationText.milliseconds(plain) { return isNegative ? -milliseconds : milliseconds }
        if let seconds = NumberText.parse(plain), seconds < 0x1p40 { return Int64((seconds * (isNegative ? -1000 : 1000)).rounded()) }
        throw error("\(quoted(String(text))) is no duration")
    }

    private mutating func load(_ rest: String, convertsClassic: Bool) throws(ScriptError) -> PromQLScript.Command {
        let step = try duration(rest)
        var series: [Series] = []
        var indexOfLabels: [Labels: Int] = [:]
        var starts: ScriptStartOffsets?
        var common: ScriptStartOffsets?
        while let line = nextDetail() {
            if let offsets = try readStartOffsets(line) {
                guard starts == nil else { throw error("a line of start timestamps must be followed by the samples of its series") }
                if offsets.labels == nil { common = offsets } else { starts = offsets }
                continue
            }
            let samples = try readSeries(line)
            do {
                let one = try samples.samples(stepMilliseconds: step, starts: starts ?? common)
                // A line for a series that has one already stands in its place.
                if let index = indexOfLabels[one.labels] {
                    series[index] = one
                } else {
                    indexOfLabels[one.labels] = series.count
                    series.append(one)
                }
            } catch {
                throw self.error(error.reason)
            }
            starts = nil
        }
        if starts != nil { throw error("a line of start timestamps must be followed by the samples of its series") }
        return .load(series, convertsClassic: convertsClassic)
    }

    private func readSeries(_ line: String) throws(ScriptError) -> ScriptSeries {
        do {
            return try ScriptSeries(line)
        } catch let problem as PointProblem {
            throw error(problem.reason)
        } catch {
            throw self.error("\(error)")
        }
    }

    /// A line `series@st offsets`; nil where it is another.
    private func readStartOffsets(_ line: String) throws(ScriptError) -> ScriptStartOffsets? {
        do {
            return try ScriptStartOffsets(line)
        } catch let problem as PointProblem {
            throw error(problem.reason)
        } catch {
            throw self.error("\(error)")
        }
    }

    // MARK: eval

    private mutating func evaluation(_ word: String, _ rest: String) throws(ScriptError) -> ScriptEvaluation {
        let line = index
        var words = rest.split(maxSplits: 2, whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard words.count == 3 else { throw error("expected instant at TIME QUERY or range from TIME to TIME step DURATION QUERY") }
        var evaluation: ScriptEvaluation
        if words[0] == "instant", words[1] == "at" {
            let (moment, query) = cutWord(words[2])
            evaluation = ScriptEvaluation(line: line, query: query, moments: .instant(try duration(moment)))
        } else if words[0] == "range", words[1] == "from" {
            words = words[2].split(maxSplits: 5, whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            guard words.count == 6, words[1] == "to", words[3] == "step" else { throw error("expected range from TIME to TIME step DURATION QUERY") }
            evaluation = ScriptEvaluation(
                line: line, query: words[5], moments: .range(start: try duration(words[0]), end: try duration(words[2]), step: try duration(words[4])))
        } else {
            throw error("expected instant at or range from")
        }
        switch word {
        case "eval_fail": evaluation.failure = .any
        case "eval_warn": evaluation.warnings.texts = [.any]
        case "eval_info": evaluation.infos.texts = [.any]
        case "eval_ordered": evaluation.isOrdered = true
        default: break
        }
        while let detail = nextDetail() { try readExpectation(detail, into: &evaluation) }
        return evaluation
    }

    private func cutWord(_ text: String) -> (word: String, rest: String) {
        let word = text.prefix { $0 != " " && $0 != "\t" }
        return (String(word), Self.trimmed(text.dropFirst(word.count)))
    }

    private func readExpectation(_ detail: String, into evaluation: inout ScriptEvaluation) throws(ScriptError) {
        let (word, rest) = cutWord(detail)
        switch word {
        case "expect": try readExpect(rest, into: &evaluation)
        case "expected_fail_message": evaluation.failure = .equal(rest)
        case "expected_fail_regexp": evaluation.failure = .matching(try pattern(rest))
        default:
            if let number = plainNumber(detail) { evaluation.scalar = number } else { evaluation.series.append(try readSeries(detail)) }
        }
    }

    private func plainNumber(_ text: String) -> Double? {
        guard let point = try? PointReader.points(text), point.count == 1, case .float(let value) = point[0], text != "stale" else { return nil }
        return value
    }

    private func readExpect(_ text: String, into evaluation: inout ScriptEvaluation) throws(ScriptError) {
        let (kind, rest) = cutWord(text)
        switch kind {
        case "ordered": evaluation.isOrdered = true
        case "fail": evaluation.failure = try remark(rest)
        case "warn": evaluation.warnings.texts.append(try remark(rest))
        case "info": evaluation.infos.texts.append(try remark(rest))
        case "no_warn": evaluation.warnings.isForbidden = true
        case "no_info": evaluation.infos.isForbidden = true
        case "string":
            guard let tokens = try? Lexer.tokens(of: rest), case .string(let bytes) = tokens[0].kind else { throw error("expected a string in quotes") }
            evaluation.string = String(decoding: bytes, as: UTF8.self)
        case "range":
            let words = rest.split(separator: " ").map(String.init)
            guard words.count == 7, words[0] == "vector", words[1] == "from", words[3] == "to", words[5] == "step" else {
                throw error("expected range vector from TIME to TIME step DURATION")
            }
            evaluation.rangeVector = (try duration(words[2]), try duration(words[6]))
        default: throw error("unknown expectation \(quoted(kind))")
        }
    }

    private func remark(_ text: String) throws(ScriptError) -> RemarkExpectation.Text {
        if text.isEmpty { return .any }
        if text.hasPrefix("msg:") { return .equal(Self.trimmed(text.dropFirst(4))) }
        if text.hasPrefix("regex:") { return .matching(try pattern(Self.trimmed(text.dropFirst(6)))) }
        throw error("expected msg: or regex: behind the kind of remark")
    }

    private func pattern(_ text: String) throws(ScriptError) -> RegularExpression {
        do { return try RegularExpression(text) } catch { throw self.error("\(error)") }
    }
}
