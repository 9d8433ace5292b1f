/// The name of a tenant, which has its own stores: also the name of its folder.
///
/// 1 to 64 of `a-z`, `0-9`, `-` and `_`, the first a letter or a digit, so that it is safe as a folder's name and on a command line.
public struct TenantName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The request header that names a tenant, as in Loki, Mimir and Cortex.
    public static let header = "X-Scope-OrgID"
    /// The tenant that is there without being configured, and whose stores are those of a collector without tenants.
    public static let standard = TenantName(checked: "default")
    /// What a file system takes with room to spare.
    public static let bytesMax = 64
    /// The form in words, for errors.
    public static let form = "1 to 64 lower-case letters, digits, - and _, beginning with a letter or a digit"

    public let description: String

    /// Nil where `text` has another form.
    public init?(_ text: some StringProtocol) {
        func isAlphanumeric(_ byte: UInt8) -> Bool { (byte >= 0x61 && byte <= 0x7A) || (byte >= 0x30 && byte <= 0x39) }
        guard (1...Self.bytesMax).contains(text.utf8.count), text.utf8.first.map(isAlphanumeric) == true,
            text.utf8.allSatisfy({ isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F })
        else { return nil }
        description = String(text)
    }

    private init(checked text: String) { description = text }

    public static func < (left: TenantName, right: TenantName) -> Bool { left.description < right.description }
}
