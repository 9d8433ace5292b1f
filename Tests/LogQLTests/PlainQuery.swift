import Foundations
import Model

/// A query as the tests understand it, with its text and its meaning: what the engine is measured against. Nothing here is the engine's.
struct PlainQuery {
    enum Test {
        case equals(String, String), differs(String, String), isOneOf(String, [String]), over(String, Double)

        var text: String {
            switch self {
            case .equals(let name, let value): "\(name)=\"\(value)\""
            case .differs(let name, let value): "\(name)!=\"\(value)\""
            case .isOneOf(let name, let values): "\(name)=~\"\(values.joined(separator: "|"))\""
            case .over(let name, let value): "\(name) > \(value)"
            }
        }
    }

    indirect enum Stage {
        case has([String]), hasNot([String]), json, logfmt, test(Test), both(Test, Test), either(Test, Test), rename(String, to: String), format(String), drop(String)

        var text: String {
            switch self {
            case .has(let texts): "|= " + texts.map { "\"\($0)\"" }.joined(separator: " or ")
            case .hasNot(let texts): "!= " + texts.map { "\"\($0)\"" }.joined(separator: " or ")
            case .json: "| json"
            case .logfmt: "| logfmt"
            case .test(let test): "| \(test.text)"
            case .both(let left, let right): "| \(left.text) and \(right.text)"
            case .either(let left, let right): "| \(left.text) or \(right.text)"
            case .rename(let from, let to): "| label_format \(to)=\(from)"
            case .format(let name): "| line_format \"<{{.\(name)}}>\""
            case .drop(let name): "| drop \(name)"
            }
        }
    }

    var selector: [Test]
    var stages: [Stage]

    var text: String { "{\(selector.map(\.text).joined(separator: ", "))}" + stages.map { " " + $0.text }.joined() }

    /// A line with what is known of it, on its way.
    struct Line {
        let record: LogRecord
        var text: String
        var parsed: [String: String] = [:]

        init(_ record: LogRecord) {
            self.record = record
            text = record.body
        }

        func value(_ name: String) -> String {
            if let value = parsed[name] { return value }
            if let value = record.stream[name] { return value }
            if name == "level" { return record.level == .unknown ? "" : record.level.name }
            return record.fields.first { $0.name == name }?.value.description ?? ""
        }

        mutating func found(_ name: String, _ value: String) { parsed[record.stream[name] == nil ? name : name + "_extracted"] = value }
        var isBroken: Bool { parsed["__error__"].map { !$0.isEmpty } ?? false }
    }

    /// The line that a record becomes; nil where the query leaves it out.
    func line(_ record: LogRecord) -> Line? {
        var line = Line(record)
        for test in selector where !Self.holds(test, &line) { return nil }
        for stage in stages where !Self.run(stage, &line) { return nil }
        return line
    }

    private static func run(_ stage: Stage, _ line: inout Line) -> Bool {
        switch stage {
        case .has(let texts): return texts.contains { line.text.contains($0) }
        case .hasNot(let texts): return !texts.contains { line.text.contains($0) }
        case .json:
            guard line.text.hasPrefix("{") else {
                if !line.isBroken { line.parsed["__error__"] = "JSONParserErr" }
                return true
            }
            for pair in line.text.dropFirst().dropLast().split(separator: ",") {
                let sides = pair.split(separator: ":", maxSplits: 1).map { $0.filter { $0 != "\"" } }
                line.found(sides[0], sides[1])
            }
            return true
        case .logfmt:
            for pair in line.text.split(separator: " ") where pair.contains("=") {
                let sides = pair.split(separator: "=", maxSplits: 1)
                if sides.count == 2 { line.found(String(sides[0]), String(sides[1])) }
            }
            return true
        case .test(let test): return holds(test, &line)
        case .both(let left, let right): return holds(left, &line) ? holds(right, &line) : false
        case .either(let left, let right): return holds(left, &line) ? true : holds(right, &line)
        case .rename(let from, let to):
            let value = line.value(from)
            if !value.isEmpty {
                line.parsed[to] = value
                if from != to { line.parsed[from] = "" }
            }
            return true
        case .format(let name):
            line.text = "<\(line.value(name))>"
            return true
        case .drop(let name):
            line.parsed[name] = ""
            return true
        }
    }

    private static func holds(_ test: Test, _ line: inout Line) -> Bool {
        switch test {
        case .equals(let name, let value): return line.value(name) == value
        case .differs(let name, let value): return line.value(name) != value
        case .isOneOf(let name, let values): return values.contains(line.value(name))
        case .over(let name, let limit):
            if line.isBroken { return true }
            let text = line.value(name)
            if text.isEmpty { return false }
            guard let number = Double(text) else {
                line.parsed["__error__"] = "LabelFilterErr"
                return true
            }
            return number > limit
        }
    }
}

/// A metric query, likewise.
struct PlainMetric {
    var function: String
    var query: PlainQuery
    var unwrapped: String?
    var rangeSeconds: Int64
    var offsetSeconds: Int64
    /// Of the aggregation around it.
    var outer: String
    var names: [String]

    var text: String {
        let unwrap = unwrapped.map { " | unwrap \($0)" } ?? ""
        let offset = offsetSeconds == 0 ? "" : " offset \(offsetSeconds)s"
        return "\(outer) by (\(names.joined(separator: ", "))) (\(function)(\(query.text)\(unwrap) [\(rangeSeconds)s]\(offset)))"
    }

    /// The numbers at one moment by the names' values; nil where a line with an error ends the query.
    func values(_ records: [LogRecord], at moment: Int64) -> [[String]: Double]? {
        let end = moment - offsetSeconds * 1_000_000_000
        var series: [Labels: (key: [String], values: [Double])] = [:]
        for record in records where record.timestamp.nanoseconds > end - rangeSeconds * 1_000_000_000 && record.timestamp.nanoseconds <= end {
            guard var line = query.line(record) else { continue }
            var value = function.hasPrefix("bytes") ? Double(line.text.utf8.count) : 1
            if let unwrapped {
                let text = line.value(unwrapped)
                if text.isEmpty { continue }
                guard let number = Double(text) else { return nil }
                value = number
                line.parsed[unwrapped] = ""
            }
            if line.isBroken { return nil }
            var labels = Dictionary(record.stream.pairs.map { ($0.name, $0.value) }) { $1 }.merging(line.parsed) { $1 }
            for name in names { labels[name] = line.value(name) }
            series[Labels(labels.map { (name: $0.key, value: $0.value) }), default: (names.map { line.value($0) }, [])].values.append(value)
        }
        var groups: [[String]: [Double]] = [:]
        for (_, one) in series { groups[one.key, default: []].append(number(one.values)) }
        return groups.mapValues { values in
            switch outer {
            case "sum": values.reduce(0, +)
            case "max": values.max()!
            case "min": values.min()!
            case "avg": values.reduce(0, +) / Double(values.count)
            default: Double(values.count)
            }
        }
    }

    private func number(_ values: [Double]) -> Double {
        switch function {
        case "count_over_time": Double(values.count)
        case "rate": values.reduce(0, +) / Double(rangeSeconds)
        case "bytes_over_time", "sum_over_time": values.reduce(0, +)
        case "bytes_rate": values.reduce(0, +) / Double(rangeSeconds)
        case "avg_over_time": values.reduce(0, +) / Double(values.count)
        case "min_over_time": values.min()!
        case "max_over_time": values.max()!
        case "first_over_time": values.first!
        default: values.last!
        }
    }
}
