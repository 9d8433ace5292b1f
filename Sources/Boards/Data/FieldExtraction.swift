/// Texts taken apart into fields: JSON objects, or `key=value` pairs.
enum FieldExtraction {
    static func apply(_ frame: DataFrame, source: String, keepsOnly: Bool, paths: [ExtractedPath] = []) -> DataFrame {
        guard let index = frame.field(named: source) ?? frame.fields.firstIndex(where: { !$0.isNumber && !$0.isTime }) else { return frame }
        let rows = (0..<frame.rowCount).map { row in frame.fields[index].key(row).text.map { paths.isEmpty ? parts($0) : parts($0, at: paths) } ?? [] }
        var names: [String] = paths.map(\.title)
        var known = Set(names)
        for (name, _) in rows.joined() where names.count < Limits.extractedFields && known.insert(name).inserted { names.append(name) }
        let added = names.map { name -> DataField in
            let texts = rows.map { row in row.first { $0.name == name }?.value }
            // A column of numbers alone is one of numbers.
            let numbers = texts.map { $0.flatMap { Double($0) } }
            return zip(texts, numbers).allSatisfy { $0 == nil || $1 != nil } ? DataField(name, .numbers(numbers.map { $0 ?? .nan })) : DataField(name, .texts(texts))
        }
        var frame = frame
        if keepsOnly { frame.fields = frame.fields.filter(\.isTime) }
        frame.fields += added
        return frame
    }

    /// What the paths lead to, of those that lead to something.
    private static func parts(_ text: String, at paths: [ExtractedPath]) -> [(name: String, value: String)] {
        guard let node = try? JSONReader.read(Array(text.utf8)) else { return [] }
        return paths.compactMap { path in path.names.reduce(node) { $0?[$1] }?.text.map { (path.title, $0) } }
    }

    /// Labels as an object of JSON, which can be taken apart again.
    static func object(_ labels: [String: String]) -> String {
        func quoted(_ text: String) -> String {
            "\"" + text.unicodeScalars.map { scalar in
                if scalar == "\"" || scalar == "\\" { return "\\\(scalar)" }
                return scalar.value < 0x20 ? "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16) : String(scalar)
            }.joined() + "\""
        }
        return "{" + labels.sorted { $0.key < $1.key }.map { quoted($0.key) + ":" + quoted($0.value) }.joined(separator: ",") + "}"
    }

    private static func parts(_ text: String) -> [(name: String, value: String)] {
        if let node = try? JSONReader.read(Array(text.utf8)), node.isObject { return node.members.compactMap { name, node in node.text.map { (name, $0) } } }
        return text.split { $0 == " " || $0 == "," }.compactMap { part in
            guard let sign = part.firstIndex(of: "="), sign > part.startIndex else { return nil }
            return (String(part[..<sign]), String(part[part.index(after: sign)...].filter { $0 != "\"" }))
        }
    }
}
