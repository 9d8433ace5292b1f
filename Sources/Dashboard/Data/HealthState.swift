import Foundations
import Terminal

/// How something is, worst first. Shown by glyph and word, never by colour alone.
public enum HealthState: String, Sendable, Comparable, CaseIterable, Codable {
    case critical, stale, warning, unknown, ok

    private var rank: Int { Self.allCases.firstIndex(of: self)! }
    public static func < (left: HealthState, right: HealthState) -> Bool { left.rank < right.rank }

    var word: SafeText {
        switch self {
        case .critical: "CRIT"
        case .stale: "STALE"
        case .warning: "WARN"
        case .unknown: "UNK"
        case .ok: "OK"
        }
    }

    func glyph(_ glyphs: Glyphs) -> SafeText {
        switch self {
        case .critical: glyphs.critical
        case .stale: glyphs.stale
        case .warning: glyphs.warning
        case .unknown: glyphs.unknown
        case .ok: glyphs.good
        }
    }

    func style(_ theme: Theme) -> Style {
        switch self {
        case .critical: theme.critical
        case .stale: theme.unknown
        case .warning: theme.warning
        case .unknown: theme.unknown
        case .ok: theme.good
        }
    }

    func spans(_ theme: Theme) -> [Span] { [Span(glyph(theme.glyphs) + " " + word, style(theme))] }

    /// 0 ok, 1 warning, 2 critical, 3 unknown or stale.
    var exitCode: Int32 {
        switch self {
        case .ok: 0
        case .warning: 1
        case .critical: 2
        case .stale, .unknown: 3
        }
    }
}
