import LogQL
import Model

extension JSONWriter {
    mutating func record(_ record: LogRecord, isHit: Bool? = nil) {
        object { writer in
            writer.key("timestamp")
            writer.quotedInteger(record.timestamp.nanoseconds)
            writer.member("level", record.level.name)
            writer.key("stream")
            writer.labels(record.stream)
            writer.member("line", record.body)
            writer.key("fields")
            writer.object { writer in
                for field in record.fields { writer.field(field) }
            }
            if let isHit { writer.member("hit", isHit) }
        }
    }

    /// A log field with the type it has.
    private mutating func field(_ field: LogField) {
        key(field.name)
        switch field.value {
        case .string(let text): string(text)
        case .integer(let value): integer(value)
        case .double(let value): number(value)
        case .bool(let value): bool(value)
        }
    }

    /// `"kind":…` and what is of the kind.
    mutating func findings(_ findings: LogFindings) {
        switch findings {
        case .lines(let records):
            member("kind", "lines")
            key("lines")
            array(records) { $0.record($1) }
        case .blocks(let blocks):
            member("kind", "blocks")
            key("blocks")
            array(blocks) { writer, block in writer.array(block.lines) { $0.record($1.record, isHit: $1.isHit) } }
        case .series(let series, let step):
            member("kind", "series")
            if let step { member("stepMilliseconds", step) }
            key("series")
            array(series) { $0.series($1) }
        case .patterns(let patterns):
            member("kind", "patterns")
            key("patterns")
            array(patterns) { $0.foundPattern($1) }
        }
    }

    mutating func foundPattern(_ found: FoundPattern) {
        object { writer in
            writer.member("pattern", found.pattern.template.text)
            writer.member("level", found.pattern.level.name)
            writer.member("count", found.count)
            writer.member("countBefore", found.countBefore)
            writer.key("samples")
            writer.patternSteps(found.pattern)
        }
    }

    mutating func statistics(_ statistics: LogQueryStatistics) {
        object { writer in
            writer.member("linesRead", statistics.linesRead)
            writer.member("bytesRead", statistics.bytesRead)
            writer.member("linesKept", statistics.linesKept)
            writer.member("countsRead", statistics.countsRead)
            writer.member("seconds", Double(statistics.nanoseconds) / 1e9)
            writer.key("steps")
            writer.array(statistics.steps) { writer, step in
                writer.object { writer in
                    writer.member("description", step.description)
                    writer.member("linesRead", step.linesRead)
                    writer.member("bytesRead", step.bytesRead)
                    writer.member("linesKept", step.linesKept)
                    writer.member("countsRead", step.countsRead)
                    writer.member("seconds", Double(step.nanoseconds) / 1e9)
                }
            }
        }
    }
}
