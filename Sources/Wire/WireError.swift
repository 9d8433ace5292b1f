import Foundations

/// A body isn't what its format says, or holds more than it may: nothing of it is to be stored.
///
/// The description is fit for a 400 answer: what was wrong and the byte at which it was seen, counted from 0 in the decompressed body.
public struct WireError: Error, Equatable, CustomStringConvertible, Sendable {
    public enum Kind: Equatable, Sendable {
        /// Sending it again can never help.
        case malformed
        /// Well-formed, but over one of `WireLimits`; smaller requests may pass.
        case overLimit
    }

    public let kind: Kind
    /// What was wrong, with the name of the series or record where it is known.
    public let what: String
    public let offset: Int

    public init(_ what: String, offset: Int) { self.init(.malformed, what, offset: offset) }

    public init(_ kind: Kind, _ what: String, offset: Int) {
        self.kind = kind
        self.what = SafeText(what).string
        self.offset = offset
    }

    public var description: String { "\(what) (at byte \(offset) of the body)" }
}
