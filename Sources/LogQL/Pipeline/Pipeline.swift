import Foundations
import Model

/// The stages of a query, run over one record after another.
struct Pipeline: Sendable {
    private let stages: [@Sendable (inout LogEntry) -> Bool]

    init(_ stages: [Stage]) { self.stages = stages.map(Self.compile) }

    /// Runs the stages; false where one of them leaves the line out.
    func run(_ entry: inout LogEntry) -> Bool {
        for stage in stages where !stage(&entry) { return false }
        return true
    }

    private static func compile(_ stage: Stage) -> @Sendable (inout LogEntry) -> Bool {
        switch stage {
        case .lineFilter(let filter): { @Sendable entry in filter.accepts(entry.line) }
        case .label(let filter): { @Sendable entry in filter.accepts(&entry) }
        case .json(let expressions):
            { @Sendable entry in
                if expressions.isEmpty { JSONStage.run(&entry) } else { JSONStage.run(&entry, expressions) }
                return true
            }
        case .logfmt(let expressions, let isStrict, let keepsEmpty):
            { @Sendable entry in
                LogfmtStage.run(&entry, expressions, isStrict: isStrict, keepsEmpty: keepsEmpty)
                return true
            }
        case .regexp(let expression):
            { @Sendable entry in
                extract(&entry, expression)
                return true
            }
        case .pattern(let pattern):
            { @Sendable entry in
                for (name, value) in pattern.captures(entry.line) ?? [] { entry.extract(name, value) }
                return true
            }
        case .unpack:
            { @Sendable entry in
                JSONStage.unpack(&entry)
                return true
            }
        case .lineFormat(let template):
            { @Sendable entry in
                if let line = render(template, &entry) { entry.line = line }
                return true
            }
        case .labelFormat(let formats):
            { @Sendable entry in
                format(&entry, formats)
                return true
            }
        case .decolorize:
            { @Sendable entry in
                entry.line = Decolorizing.plain(entry.line)
                return true
            }
        case .drop(let tests):
            { @Sendable entry in
                for test in tests where test.matches(entry) { entry.set(test.name, to: "") }
                return true
            }
        case .keep(let tests):
            { @Sendable entry in
                for name in entry.names where !tests.contains(where: { $0.name == name && $0.matches(entry) }) && !name.hasPrefix("__") { entry.set(name, to: "") }
                return true
            }
        }
    }

    private static func extract(_ entry: inout LogEntry, _ expression: RegularExpression) {
        var line = entry.line
        line.withUTF8 { text in
            let bytes = UnsafeRawBufferPointer(text)
            guard let match = expression.firstMatch(in: bytes) else { return }
            for index in match.indices.dropFirst() {
                if let name = expression.groupName(index), let range = match[index] {
                    entry.extract(name, String(decoding: bytes[range], as: UTF8.self))
                }
            }
        }
    }

    private static func format(_ entry: inout LogEntry, _ formats: [(name: String, source: LabelSource)]) {
        for (name, source) in formats {
            switch source {
            case .label(let other):
                let value = entry.value(other)
                if value.isEmpty { continue }
                entry.set(name, to: value)
                if other != name { entry.set(other, to: "") }
            case .template(let template):
                if let value = render(template, &entry) { entry.set(name, to: value) }
            }
        }
    }

    /// Nil, and an error on the line, where the template fails.
    private static func render(_ template: LineTemplate, _ entry: inout LogEntry) -> String? {
        do throws(LineTemplateFailure) {
            return try template.render(entry)
        } catch {
            entry.fail("TemplateFormatErr", error.reason)
            return nil
        }
    }
}

extension LabelTest {
    func matches(_ entry: LogEntry) -> Bool { matcher.map(entry.satisfies) ?? true }
}

extension LineFilterStage {
    func accepts(_ line: String) -> Bool {
        let found: Bool
        switch kind {
        case .contains: found = texts.contains { $0.isEmpty || line.containsBytes($0) } || networks.contains { $0.isFound(in: line) }
        case .matches: found = patterns.contains { $0.matchesPart(line) }
        case .pattern: found = linePatterns.contains { $0.isFound(in: line) }
        // Phrases come first in a terse query, so the store has answered them whole.
        case .phrase: return true
        }
        return found != isNegative
    }
}

extension LabelFilter {
    /// A line whose label is no number of the kind stays, with an error that filters can see; as does one that has an error already.
    func accepts(_ entry: inout LogEntry) -> Bool {
        switch self {
        case .matcher(let matcher): return entry.satisfies(matcher)
        case .stream(let matcher): return matcher.matches(entry.record.stream)
        case .both(let left, let right): return left.accepts(&entry) && right.accepts(&entry)
        case .either(let left, let right): return left.accepts(&entry) || right.accepts(&entry)
        case .address(let name, let range, let isNegative):
            if entry.hasError { return true }
            let text = entry.value(name)
            return !text.isEmpty && range.isFound(in: text) != isNegative
        case .number(let name, let op, let expected, let unit, _):
            if entry.hasError { return true }
            let text = entry.value(name)
            if text.isEmpty { return false }
            if let value = unit.value(of: text) { return Arithmetic.compare(op, value, expected) }
            entry.fail("LabelFilterErr", "`\(text.prefix(64))` in \(name) is no \(unit)")
            return true
        }
    }
}

extension Unwrap.Conversion {
    /// The number in a label's text: plain, seconds of a duration, or bytes of a size.
    func value(of text: String) -> Double? {
        switch self {
        case .number: Double(text)
        case .duration: Quantity.durationMilliseconds(text).map { $0 / 1000 } ?? Double(text)
        case .bytes: Quantity.bytes(text)
        }
    }
}

extension String {
    /// Whether the bytes of `text` stand somewhere in this one.
    func containsBytes(_ text: String) -> Bool {
        var (line, needle) = (self, text)
        return line.withUTF8 { line in
            needle.withUTF8 { needle in
                guard let first = needle.first else { return true }
                guard needle.count <= line.count else { return false }
                var start = 0
                while start <= line.count - needle.count {
                    if line[start] == first && memoryEquals(line.baseAddress! + start, needle.baseAddress!, needle.count) { return true }
                    start += 1
                }
                return false
            }
        }
    }
}

private func memoryEquals(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    for index in 0..<count where left[index] != right[index] { return false }
    return true
}
