/// A path to a value: `request.headers["User-Agent"]`, `servers[0].name`.
struct JSONPath: Sendable {
    struct Mistake: Error { let reason: String }

    private enum Step {
        case key(String)
        case index(Int)
    }

    /// As it was written.
    let text: String
    private let steps: [Step]

    init(_ text: String) throws(Mistake) {
        self.text = text
        var steps: [Step] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            if rest.hasPrefix("[\"") {
                guard let end = rest.dropFirst(2).firstIndex(of: "\""), rest[end...].hasPrefix("\"]") else { throw Mistake(reason: "a name in brackets ends with \"]") }
                steps.append(.key(String(rest[rest.index(rest.startIndex, offsetBy: 2)..<end])))
                rest = rest[end...].dropFirst(2)
            } else if rest.hasPrefix("[") {
                guard let end = rest.firstIndex(of: "]"), let index = Int(rest[..<end].dropFirst()), index >= 0 else { throw Mistake(reason: "an index in brackets is a whole number from 0") }
                steps.append(.index(index))
                rest = rest[end...].dropFirst()
            } else {
                if rest.hasPrefix("."), !steps.isEmpty { rest = rest.dropFirst() }
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty else { throw Mistake(reason: "a name is missing in the path") }
                steps.append(.key(String(name)))
                rest = rest.dropFirst(name.count)
            }
        }
        guard !steps.isEmpty else { throw Mistake(reason: "the path is empty") }
        self.steps = steps
    }

    /// The text of what the path leads to in a document; empty where it leads nowhere.
    func text(in bytes: UnsafeRawBufferPointer) throws -> String {
        var scanner = JSONScanner(bytes)
        guard scanner.startsObject() else { throw JSONScanner.Fault(offset: 0) }
        return try Self.find(steps[...], &scanner) ?? ""
    }

    private static func find(_ steps: ArraySlice<Step>, _ scanner: inout JSONScanner) throws -> String? {
        guard let step = steps.first else {
            let value = try scanner.value()
            return scanner.text(value)
        }
        var found: String?
        switch step {
        case .key(let name):
            guard scanner.startsObject() else { return nil }
            try scanner.members { key, scanner in
                if scanner.text(key) == name {
                    found = try find(steps.dropFirst(), &scanner)
                    return false
                }
                _ = try scanner.value()
                return true
            }
        case .index(let index):
            guard scanner.startsArray() else { return nil }
            var position = 0
            try scanner.elements { scanner in
                if position == index {
                    found = try find(steps.dropFirst(), &scanner)
                    return false
                }
                position += 1
                _ = try scanner.value()
                return true
            }
        }
        return found
    }
}
