import ConfigurationFile
import Foundations
import Model
import PromQL
import Terminal

@testable import Agent
@testable import Alerting
@testable import LogQL

extension FuzzTarget {
    func runLanguage(_ bytes: UnsafeRawBufferPointer) {
        let text = String(decoding: bytes, as: UTF8.self)
        refusing {
            switch self {
            case .promQL:
                refusing { _ = try PromQLParser.parseSelector(text) }
                _ = try PromQLParser.parse(text)
            case .logQL: runLogQL(text)
            case .ruleFile: _ = try RuleFile.parse(text, path: "rules.yml") { _ in nil }
            case .alertTemplate: _ = try Template(text)
            default: _ = try Configuration.parse(text, path: "nightjar.yml")
            }
        }
    }

    /// What is read as LogQL is written and read again, and run over a line; what is people's form likewise.
    private func runLogQL(_ text: String) {
        refusing {
            let expression = try Parser.parse(text)
            let written = LogQLText.formatted(expression)
            let again = try Parser.parse(written)
            precondition(LogQLText.oneLine(again) == LogQLText.oneLine(expression), "a query was written so that it reads otherwise")
            guard case .log(let selector) = expression else { return }
            let record = LogRecord(timestamp: NanoTimestamp(nanoseconds: 1), stream: ["app": "a"], body: #"{"a":{"b":[1,"x"]},"c":"d"} k=v q="w" 10.0.0.1"#)
            var entry = LogEntry(record)
            _ = Pipeline(selector.stages).run(&entry)
            _ = entry.labels
        }
        refusing {
            let terse = try TerseQuery(text, now: NanoTimestamp(nanoseconds: 1_700_000_000_000_000_000))
            _ = try terse.expression(knownLabels: ["service"])
        }
        // The text as a line: parsers take anything.
        for stage in [Stage.json([]), .unpack, .logfmt(expressions: [], isStrict: true, keepsEmpty: true), .decolorize] {
            var entry = LogEntry(LogRecord(timestamp: NanoTimestamp(nanoseconds: 1), stream: Labels(), body: text))
            _ = Pipeline([stage]).run(&entry)
        }
    }

    func runAgentAndTerminal(_ bytes: UnsafeRawBufferPointer) {
        if self == .spoolRecord {
            if let found = RecordCodec.find(at: 0, in: bytes) { _ = RecordCodec.decode(found, in: bytes) }
            // What a right checksum would let through.
            _ = RecordCodec.decode(.init(sequence: 1, committed: 0, range: 0..<max(bytes.count, RecordCodec.headerBytes)), in: padded(bytes))
            return
        }
        var parser = InputParser()
        var events: [InputEvent] = []
        parser.feed(bytes, into: &events)
        parser.flush(into: &events)
    }

    private func padded(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        bytes.count >= RecordCodec.headerBytes ? bytes : Self.zeros
    }

    nonisolated(unsafe) private static let zeros: UnsafeRawBufferPointer = {
        let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: RecordCodec.headerBytes, alignment: 8)
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        return UnsafeRawBufferPointer(zeros)
    }()
}
