/// Takes labels out of JSON lines.
enum JSONStage {
    static let error = "JSONParserErr"

    /// All leaves, nested names joined by underscores; arrays are taken by path only.
    static func run(_ entry: inout LogEntry) {
        read(&entry) { entry, bytes in
            var scanner = JSONScanner(bytes)
            guard scanner.startsObject() else { throw JSONScanner.Fault(offset: 0) }
            try flatten(&scanner, prefix: "", depth: 1, into: &entry)
        }
    }

    /// The given paths alone. Objects and arrays are their JSON.
    static func run(_ entry: inout LogEntry, _ expressions: [(name: String, path: JSONPath)]) {
        read(&entry) { entry, bytes in
            for (name, path) in expressions { entry.setParsed(name, to: try path.text(in: bytes)) }
        }
    }

    /// Undoes Promtail's `pack`: `_entry` is the line, the other texts are labels.
    static func unpack(_ entry: inout LogEntry) {
        var line: String?
        read(&entry) { entry, bytes in
            var scanner = JSONScanner(bytes)
            guard scanner.startsObject() else { throw JSONScanner.Fault(offset: 0) }
            try scanner.members { key, scanner in
                let value = try scanner.value()
                guard case .string = value.kind else { return true }
                let name = scanner.text(key)
                if name == "_entry" { line = scanner.text(value) } else { entry.extract(name, scanner.text(value)) }
                return true
            }
        }
        if let line { entry.line = line }
    }

    private static func read(_ entry: inout LogEntry, _ body: (inout LogEntry, UnsafeRawBufferPointer) throws -> Void) {
        var line = entry.line
        line.withUTF8 { text in
            let bytes = UnsafeRawBufferPointer(text)
            do {
                guard bytes.count <= Limits.jsonBytesMax else { throw JSONScanner.Fault(offset: Limits.jsonBytesMax) }
                try body(&entry, bytes)
            } catch let fault as JSONScanner.Fault {
                entry.fail(error, fault.offset == 0 ? "the line is no JSON object" : "the line stops being a JSON object at byte \(fault.offset)")
            } catch {
                entry.fail(Self.error, "\(error)")
            }
        }
    }

    private static func flatten(_ scanner: inout JSONScanner, prefix: String, depth: Int, into entry: inout LogEntry) throws {
        try scanner.members { key, scanner in
            let name = prefix.isEmpty ? scanner.text(key) : prefix + "_" + scanner.text(key)
            if depth < Limits.jsonDepthMax, scanner.startsObject() {
                try flatten(&scanner, prefix: name, depth: depth + 1, into: &entry)
                return true
            }
            let value = try scanner.value()
            switch value.kind {
            case .object, .array, .null: break
            case .string, .number, .bool: entry.extract(name, scanner.text(value))
            }
            return true
        }
    }
}
