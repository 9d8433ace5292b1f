import ConfigurationFile
import Foundations
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
            case .logQL: _ = try Parser.parse(text)
            case .ruleFile: _ = try RuleFile.parse(text, path: "rules.yml") { _ in nil }
            case .alertTemplate: _ = try Template(text)
            default: _ = try Configuration.parse(text, path: "nightjar.yml")
            }
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
