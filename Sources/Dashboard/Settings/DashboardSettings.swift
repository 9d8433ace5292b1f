import Foundations
import Settings
import Terminal
import Yams

/// Keys and colours of the user's own, from `dash.yml`.
public struct DashboardSettings: Sendable {
    var keys = KeyMap.standard
    /// Styles by the name of their role.
    private(set) var colours: [(role: any WritableKeyPath<Theme, Style> & Sendable, colour: Colour)] = []
    private var usesASCII = false
    private var usesBraille: Bool?

    public static let standard = DashboardSettings()

    private init() {}

    /// Roles that can have another colour.
    private static let roles: [(name: String, role: any WritableKeyPath<Theme, Style> & Sendable)] = [
        ("text", \.text), ("muted", \.muted), ("title", \.title), ("border", \.border), ("accent", \.accent), ("critical", \.critical), ("warning", \.warning),
        ("good", \.good), ("unknown", \.unknown),
    ]

    /// Reads a file. Throws with everything that is wrong in it.
    public init(file path: String) throws(DashboardError) {
        let bytes: [UInt8]
        do {
            bytes = try RealFileSystem().readAll(path, bytesMax: Limits.settingsBytes)
        } catch {
            throw .badSettings("\(error)")
        }
        try self.init(text: String(decoding: bytes, as: UTF8.self), path: path)
    }

    init(text: String, path: String) throws(DashboardError) {
        let document = SettingsDocument(path: path)
        let top = document.parse(text)
        if let section = top.section("keys") { readKeys(section) }
        if let theme = top.section("theme") { readTheme(theme) }
        top.finish()
        do throws(SettingsProblems) {
            try document.check()
        } catch {
            throw .badSettings("\(error)")
        }
    }

    private mutating func readKeys(_ section: SettingsSection) {
        var known: Set<String> = []
        for binding in KeyMap.standard.bindings where known.insert(binding.name).inserted {
            guard let names = section.strings(binding.name) else { continue }
            let chosen = names.flatMap { $0.split(separator: " ") }.compactMap { text -> KeyName? in
                if let key = KeyName(String(text)) { return key }
                section.report(binding.name, "`\(text)` is no key", remedy: "write a character, or a name such as ctrl-d, f6, enter, space, pgdn")
                return nil
            }
            keys = keys.with(chosen, for: binding.name)
        }
        section.finish()
    }

    private mutating func readTheme(_ section: SettingsSection) {
        for (name, role) in Self.roles {
            guard let text = section.string(name) else { continue }
            if let value = UInt32(text.drop { $0 == "#" }, radix: 16), text.filter({ $0 != "#" }).count == 6 {
                colours.append((role, Colour(value)))
            } else {
                section.report(name, "`\(text)` is no colour", remedy: "write it as \"#D55E00\"")
            }
        }
        usesASCII = section.bool("ascii") ?? false
        usesBraille = section.bool("braille")
        section.finish()
    }

    /// The theme of a terminal, with the user's colours; a terminal without colours keeps its own.
    func theme(_ capabilities: Capabilities) -> Theme {
        var capabilities = capabilities
        adjust(&capabilities)
        var theme = Theme(capabilities: capabilities)
        if capabilities.colours != .none {
            for (role, colour) in colours { theme[keyPath: role].foreground = colour }
        }
        return theme
    }

    /// Takes glyphs away that the user's font doesn't have.
    func adjust(_ capabilities: inout Capabilities) {
        if usesASCII { capabilities.showsUnicode = false }
        if usesASCII { capabilities.showsBraille = false } else if let usesBraille { capabilities.showsBraille = usesBraille }
    }
}
