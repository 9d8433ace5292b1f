import Foundations
import Glibc
import Model

/// The tokens that are valid, by their hashes.
///
/// Text: a line per token, `name scope[,scope] sha256-hex [tenant[,tenant] or *]`; empty lines and lines from `#` on say nothing.
struct TokenTable: Sendable {
    private struct Entry: Sendable {
        let hash: [UInt8]
        let principal: Principal
    }
    private var entries: [Entry] = []

    init() {}

    /// Reads a token file; throws where others than its owner can read it, it is too large, or a line isn't as it should be.
    init(path: String, bytesMax: Int) throws(CollectorError) {
        let text = try PrivateFile.read(path, forbiddenMode: 0o077, wantedMode: "600", bytesMax: bytesMax)
        try self.init(text: text, path: path)
    }

    init(text: String, path: String) throws(CollectorError) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            if words.isEmpty { continue }
            let number = index + 1
            guard (3...4).contains(words.count) else {
                throw .tokenFile(path: path, line: number, reason: "expected a name, scopes, a SHA-256 in hexadecimal and perhaps tenants, separated by spaces")
            }
            guard AccessToken.isName(String(words[0])) else {
                throw .tokenFile(path: path, line: number, reason: "the name is to be 1 to 64 of the characters A-Z a-z 0-9 _ . -")
            }
            var scopes: Set<AccessScope> = []
            for word in words[1].split(separator: ",", omittingEmptySubsequences: false) {
                guard let scope = AccessScope(rawValue: String(word)) else {
                    throw .tokenFile(
                        path: path, line: number, reason: "there is no scope \(quotedForError(word)); there are ingest, read, operate and admin")
                }
                scopes.insert(scope)
            }
            guard let hash = Self.bytes(hexadecimal: words[2]), hash.count == 32 else {
                throw .tokenFile(path: path, line: number, reason: "the hash is to be 64 hexadecimal digits, the SHA-256 of the token")
            }
            guard let tenants = words.count == 4 ? TenantAccess(words[3]) : .standard else {
                throw .tokenFile(
                    path: path, line: number, reason: "the tenants are to be * or names with commas between them, each \(TenantName.form)")
            }
            add(hash: hash, Principal(name: String(words[0]), scopes: scopes, tenants: tenants))
        }
    }

    var isEmpty: Bool { entries.isEmpty }

    mutating func add(hash: [UInt8], _ principal: Principal) { entries.append(Entry(hash: hash, principal: principal)) }

    /// Whose token it is. Every entry is compared, each in constant time.
    func principal(of token: String) -> Principal? {
        let hash = AccessToken.hash(token)
        var found: Principal?
        for entry in entries where Secret.constantTimeEquals(entry.hash, hash) { found = entry.principal }
        return found
    }

    private static func bytes(hexadecimal text: Substring) -> [UInt8]? {
        guard text.utf8.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text {
            guard character.isASCII, let digit = character.hexDigitValue else { return nil }
            if let first = high {
                bytes.append(first << 4 | UInt8(digit))
                high = nil
            } else {
                high = UInt8(digit)
            }
        }
        return bytes
    }
}

/// A word of a file as an error may show it: short, and without control characters.
private func quotedForError(_ word: Substring) -> String { "\"\(SafeText(word.prefix(32)).string)\"" }

/// Files that hold secrets.
enum PrivateFile {
    /// The text of a file that none of `forbiddenMode`'s bits opens to others.
    static func read(_ path: String, forbiddenMode: UInt32, wantedMode: String, bytesMax: Int) throws(CollectorError) -> String {
        try check(path, forbiddenMode: forbiddenMode, wantedMode: wantedMode)
        do throws(FileError) {
            let file = try RealFileSystem().map(path)
            guard file.bytes.count <= bytesMax else { throw FileError(operation: "read", path: path, code: EFBIG) }
            return withExtendedLifetime(file) { String(decoding: file.bytes, as: UTF8.self) }
        } catch {
            throw .file(error)
        }
    }

    static func check(_ path: String, forbiddenMode: UInt32, wantedMode: String) throws(CollectorError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .file(FileError(operation: "read", path: path, code: errno)) }
        let mode = UInt32(status.st_mode) & 0o777
        if mode & forbiddenMode != 0 { throw .fileReadableByOthers(path: path, mode: mode, wanted: wantedMode) }
    }
}
