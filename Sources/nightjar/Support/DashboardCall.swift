import ArgumentParser
import Dashboard
import Foundations
import Glibc

/// What `nightjar dash` is to show full-screen.
///
/// A dashboard is opened in a hurry. Reading the command line of all of Nightjar takes longer than drawing the first frame, so what
/// people type at a terminal, `nightjar dash` with flags of these names and nothing else, is read here.
struct DashboardCall {
    var url = ConnectionFlags.urlDefault
    var tokenFile: String?
    var certificateFile: String?
    var settings: String?
    var dashboards: [String] = []
    var isWall = false
    var isReadOnly = false

    init() {}

    /// Nil where anything stands in the arguments that needs the whole parser: other flags, help, what is wrong.
    init?(plain arguments: some Collection<String>) {
        guard arguments.first == "dash" else { return nil }
        var rest = arguments.dropFirst()
        while let flag = rest.popFirst() {
            switch flag {
            case "--wall": isWall = true
            case "--read-only": isReadOnly = true
            case "--url", "--token-file", "--ca-file", "--settings", "--dashboards":
                guard let value = rest.popFirst(), !value.hasPrefix("-"), !value.isEmpty else { return nil }
                set(flag, value)
            default: return nil
            }
        }
        guard Self.isPlainAddress(url) else { return nil }
    }

    private mutating func set(_ flag: String, _ value: String) {
        switch flag {
        case "--url": url = value
        case "--token-file": tokenFile = value
        case "--ca-file": certificateFile = value
        case "--settings": settings = value
        default: dashboards.append(value)
        }
    }

    /// `http://name:port` or `https://name:port` without a path; anything else is for the parser to judge.
    private static func isPlainAddress(_ url: String) -> Bool {
        guard let scheme = ["http://", "https://"].first(where: { url.hasPrefix($0) }) else { return false }
        let parts = url.dropFirst(scheme.utf8.count).split(separator: ":", omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty, parts.count <= 2 else { return false }
        let isName = name.utf8.allSatisfy { ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
        return isName && (parts.count == 1 || UInt16(parts[1]) != nil)
    }

    /// Shows it until the user quits; the code for the process to exit with.
    func run() async -> Int32 {
        do {
            try await reportingFailures(code: 3) { throw ExitCode(try await Dashboard.run(try options())) }
            return 0
        } catch {
            return (error as? ExitCode)?.rawValue ?? 3
        }
    }

    func options() throws -> DashboardOptions {
        let token = try tokenFile.map { try SecretFile.read($0) }
        var options = DashboardOptions(url: url, token: token, certificateFile: certificateFile, actor: userName())
        options.isReadOnly = isReadOnly
        if !dashboards.isEmpty { options.boardGlobs = dashboards }
        if isWall { options.face = .wall }
        options.historyFile = Self.historyFile()
        if let path = settings ?? Self.settingsFile() { options.settings = try DashboardSettings(file: path) }
        return options
    }

    /// The user's own settings, where they exist.
    private static func settingsFile() -> String? {
        guard let path = Self.path(folderVariable: "XDG_CONFIG_HOME", ".config", "dash.yml") else { return nil }
        return access(path, R_OK) == 0 ? path : nil
    }

    /// Where what was typed at prompts is kept.
    private static func historyFile() -> String? { path(folderVariable: "XDG_STATE_HOME", ".local/state", "dash-history") }

    /// A file in Nightjar's folder of one of the user's folders (XDG Base Directory Specification); nil without a home.
    private static func path(folderVariable: String, _ folder: String, _ name: String) -> String? {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil } }
        guard let folder = variable(folderVariable) ?? variable("HOME").map({ $0 + "/" + folder }) else { return nil }
        return folder + "/nightjar/" + name
    }
}
