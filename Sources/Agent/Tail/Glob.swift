import Foundations

/// A pattern of paths: `*`, `?` and `[a-z]` within a name, `**` for any number of folders.
struct Glob: Sendable {
    let pattern: String
    private let parts: [[UInt8]]
    private let isAbsolute: Bool

    init(_ pattern: String) {
        self.pattern = pattern
        isAbsolute = pattern.hasPrefix("/")
        parts = pattern.split(separator: "/").map { Array($0.utf8) }
    }

    /// The files (not folders) that match, with what is known of them. Folders that can't be read are left out.
    func find(in files: any FileSystem, excluding excluded: [String]) -> [(path: String, information: FileInformation)] {
        var search = Search(files: files, excluded: excluded)
        search.visit(isAbsolute ? "/" : "", parts[...], depth: 0)
        return search.found
    }

    private struct Search {
        let files: any FileSystem
        let excluded: [String]
        var found: [(path: String, information: FileInformation)] = []
        var foldersVisited = 0

        mutating func visit(_ folder: String, _ parts: ArraySlice<[UInt8]>, depth: Int) {
            guard let part = parts.first, found.count < Limits.filesMax, depth <= Limits.folderDepthMax, foldersVisited < Limits.foldersMax else { return }
            let rest = parts.dropFirst()
            if part == Array("**".utf8) {
                visit(folder, rest, depth: depth)
                for name in names(folder) where !name.hasPrefix(".") {
                    let path = Paths.join(folder, name)
                    if information(path)?.isDirectory == true { visit(path, parts, depth: depth + 1) }
                }
            } else if Glob.isPlain(part) {
                step(Paths.join(folder, String(decoding: part, as: UTF8.self)), rest, depth)
            } else {
                for name in names(folder) where Glob.matches(part, Array(name.utf8)) { step(Paths.join(folder, name), rest, depth) }
            }
        }

        private mutating func step(_ path: String, _ rest: ArraySlice<[UInt8]>, _ depth: Int) {
            guard let information = information(path) else { return }
            if !rest.isEmpty {
                if information.isDirectory { visit(path, rest, depth: depth + 1) }
            } else if !information.isDirectory {
                found.append((path, information))
            }
        }

        private func isExcluded(_ path: String) -> Bool { excluded.contains { path == $0 || path.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") } }

        /// A folder that is gone or closed to us has no names.
        private mutating func names(_ folder: String) -> [String] {
            foldersVisited += 1
            return isExcluded(folder) ? [] : (try? files.list(folder.isEmpty ? "." : folder)) ?? []
        }

        /// Nil also where we may not look: such a file can't be read either.
        private func information(_ path: String) -> FileInformation? { isExcluded(path) ? nil : try? files.information(path) }
    }

    private static func isPlain(_ part: [UInt8]) -> Bool { !part.contains { $0 == 0x2A || $0 == 0x3F || $0 == 0x5B } }

    /// Whether a name matches one part of a pattern. A leading dot must be written out, as in the shell.
    static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        if name.first == 0x2E && pattern.first != 0x2E { return false }
        // The last star is the only one that ever needs to take more, so this is quadratic at worst.
        var (inPattern, inName) = (0, 0)
        var star: (pattern: Int, name: Int)?
        while inName < name.count {
            if inPattern < pattern.count, pattern[inPattern] == 0x2A {
                star = (inPattern, inName)
                inPattern += 1
            } else if inPattern < pattern.count, let next = matchOne(pattern, inPattern, name[inName]) {
                inPattern = next
                inName += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                (inPattern, inName) = (last.pattern + 1, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[inPattern...].allSatisfy { $0 == 0x2A }
    }

    /// Where the pattern goes on after one byte of the name, or nil where that byte doesn't match.
    private static func matchOne(_ pattern: [UInt8], _ index: Int, _ byte: UInt8) -> Int? {
        switch pattern[index] {
        case 0x3F: return index + 1
        case 0x5B:
            guard let end = pattern[(index + 1)...].dropFirst().firstIndex(of: 0x5D) else { return byte == 0x5B ? index + 1 : nil }
            var members = pattern[(index + 1)..<end]
            let isNegated = members.first == 0x21 || members.first == 0x5E
            if isNegated { members = members.dropFirst() }
            var isMember = false
            var at = members.startIndex
            while at < members.endIndex {
                let isRange = at + 2 < members.endIndex && members[at + 1] == 0x2D
                isMember = isMember || (isRange ? members[at] <= byte && byte <= members[at + 2] : members[at] == byte)
                at += isRange ? 3 : 1
            }
            return isMember != isNegated ? end + 1 : nil
        default: return pattern[index] == byte ? index + 1 : nil
        }
    }
}
