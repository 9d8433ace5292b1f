/// What the terminal at the other end can do, as far as the environment tells.
public struct Capabilities: Hashable, Sendable {
    public var colours: ColourDepth
    /// Whether it shows characters beyond ASCII.
    public var showsUnicode: Bool
    /// Whether its font has the braille patterns that charts are drawn with.
    public var showsBraille: Bool
    /// Whether the cursor can be moved: without it nothing full-screen is possible.
    public var movesCursor: Bool
    /// Whether output between two marks is shown at once (DEC mode 2026); known only from the terminal's reply.
    public var synchronizesOutput = false

    public init(colours: ColourDepth, showsUnicode: Bool, showsBraille: Bool? = nil, movesCursor: Bool = true) {
        self.colours = colours
        self.showsUnicode = showsUnicode
        self.showsBraille = showsBraille ?? showsUnicode
        self.movesCursor = movesCursor
    }

    /// From `TERM`, `COLORTERM`, `NO_COLOR` (https://no-color.org), `LC_ALL`, `LC_CTYPE` and `LANG`.
    public init(environment: [String: String]) {
        let term = environment["TERM"] ?? ""
        let isDumb = term.isEmpty || term == "dumb" || term == "unknown"
        let locale = [environment["LC_ALL"], environment["LC_CTYPE"], environment["LANG"]].compactMap(\.self).first { !$0.isEmpty } ?? ""
        let encoding = locale.lowercased()
        showsUnicode = encoding.contains("utf-8") || encoding.contains("utf8")
        // The console's font has 512 glyphs, none of them braille.
        showsBraille = showsUnicode && term != "linux"
        movesCursor = !isDumb
        colours = Self.colours(term: term, isDumb: isDumb, environment)
    }

    private static func colours(term: String, isDumb: Bool, _ environment: [String: String]) -> ColourDepth {
        if isDumb || environment["NO_COLOR"]?.isEmpty == false { return .none }
        let colourTerm = environment["COLORTERM"]?.lowercased() ?? ""
        if colourTerm == "truecolor" || colourTerm == "24bit" || term.hasSuffix("-direct") { return .rgb }
        if term.contains("256") || term.contains("kitty") || term.contains("alacritty") || term.contains("ghostty") { return .indexed256 }
        let isMonochrome = term.hasPrefix("vt1") || term.hasPrefix("vt2") || term.hasPrefix("vt3") || term.hasSuffix("-m") || term.hasSuffix("-mono")
        return isMonochrome ? .none : .sixteen
    }
}
