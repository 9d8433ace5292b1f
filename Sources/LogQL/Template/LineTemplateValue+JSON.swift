extension LineTemplateValue {
    /// Numbers are floats, as Go decodes them; an empty text where `json` is no JSON.
    init(json: String) {
        var json = json
        do {
            self = try json.withUTF8 { text in
                var scanner = JSONScanner(UnsafeRawBufferPointer(text))
                return try Self.read(&scanner, depth: 1)
            }
        } catch {
            self = .text("")
        }
    }

    private static func read(_ scanner: inout JSONScanner, depth: Int) throws -> LineTemplateValue {
        guard depth <= Limits.jsonDepthMax else { throw JSONScanner.Fault(offset: scanner.offset) }
        if scanner.startsObject() {
            var map: [(name: String, value: LineTemplateValue)] = []
            try scanner.members { key, scanner in
                map.append((scanner.text(key), try read(&scanner, depth: depth + 1)))
                return true
            }
            return .map(map)
        }
        if scanner.startsArray() {
            var list: [LineTemplateValue] = []
            try scanner.elements { scanner in
                list.append(try read(&scanner, depth: depth + 1))
                return true
            }
            return .list(list)
        }
        let value = try scanner.value()
        switch value.kind {
        case .string: return .text(scanner.text(value))
        case .bool: return .bool(scanner.text(value) == "true")
        case .number: return .float(Double(scanner.text(value)) ?? 0)
        default: return .nothing
        }
    }
}
