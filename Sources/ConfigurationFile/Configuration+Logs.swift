import Foundations
import Model
import Settings
import Wire

extension Configuration {
    /// Patterns of one's own, each a pass over every line.
    static let redactionPatternsMax = 50

    /// `logs:`
    static func readLogs(_ section: SettingsSection, into configuration: inout Configuration) {
        if let redact = section.section("redact") { configuration.redaction = readRedaction(redact) }
        section.finish()
    }

    /// `redact:` with `enabled`, `kinds` and `patterns`.
    private static func readRedaction(_ section: SettingsSection) -> RedactionRules {
        var rules = RedactionRules()
        let isEnabled = section.bool("enabled") ?? true
        if let names = section.strings("kinds") {
            rules.kinds = [.patterns]
            let known = RedactionKind.allCases.filter { $0 != .patterns }
            for name in names {
                if let kind = known.first(where: { $0.rawValue == name }) { rules.kinds.insert(kind) } else {
                    section.report("kinds", "`\(SafeText(name.prefix(64)))` is no kind of secret", remedy: "name some of \(known.map(\.rawValue).joined(separator: ", "))")
                }
            }
        }
        let patterns = section.sections("patterns") ?? []
        if patterns.count > redactionPatternsMax { section.report("patterns", "there are \(patterns.count) patterns, more than \(redactionPatternsMax)") }
        rules.patterns = patterns.enumerated().compactMap { index, entry in
            let (name, text) = (entry.string("name") ?? "pattern-\(index + 1)", entry.requiredString("regex"))
            entry.finish()
            guard let text else { return nil }
            do throws(RegularExpression.SyntaxError) {
                return RedactionRules.Pattern(name: name, expression: try RegularExpression(text))
            } catch {
                entry.report("regex", "\(error)")
                return nil
            }
        }
        section.finish()
        return isEnabled ? rules : .none
    }

    /// `multiline: auto`, `off`, or with `multiline_start` the expression that a record's first line matches.
    static func readMultiline(_ section: SettingsSection) -> Multiline {
        let (mode, start) = (section.string("multiline"), section.string("multiline_start"))
        if let mode, mode != "auto", mode != "off" {
            section.report("multiline", "`multiline` is `auto` or `off`, not `\(SafeText(mode.prefix(64)))`", remedy: "give an expression as `multiline_start`")
        }
        guard let start else { return mode == "off" ? .off : .automatic }
        if mode == "off" { section.report("multiline_start", "there is `multiline_start` beside `multiline: off`", remedy: "keep one of them") }
        do throws(RegularExpression.SyntaxError) {
            return .start(try RegularExpression(start))
        } catch {
            section.report("multiline_start", "\(error)")
            return .automatic
        }
    }

    /// `inputs:`, the sockets for log shippers.
    static func readInputs(_ section: SettingsSection) -> Inputs {
        var inputs = Inputs()
        func address(_ key: String) -> ListenAddress? {
            guard let text = section.string(key) else { return nil }
            if let address = Inputs.address(text) { return address }
            section.report(key, "`\(key)` must be an address with a port such as `0.0.0.0:1514`, not `\(SafeText(text.prefix(100)))`")
            return nil
        }
        inputs.syslogUDP = address("syslog_udp")
        inputs.syslogTCP = address("syslog_tcp")
        inputs.syslogTLS = address("syslog_tls")
        inputs.gelfUDP = address("gelf_udp")
        inputs.gelfTCP = address("gelf_tcp")
        inputs.fluent = address("fluent")
        inputs.fluentSharedKeyFile = section.string("fluent_shared_key_file")
        func tenant(_ key: String) -> TenantName? {
            guard let text = section.string(key) else { return nil }
            if let name = TenantName(text) { return name }
            section.report(key, "`\(key)` must be \(TenantName.form), not `\(SafeText(text.prefix(100)))`")
            return nil
        }
        inputs.syslogTenant = tenant("syslog_tenant")
        inputs.gelfTenant = tenant("gelf_tenant")
        inputs.fluentTenant = tenant("fluent_tenant")
        section.finish()
        return inputs
    }

    /// Where log shippers are listened to beside the HTTP server; what is nil is off.
    public struct Inputs: Sendable, Equatable {
        public var syslogUDP: ListenAddress?
        public var syslogTCP: ListenAddress?
        public var syslogTLS: ListenAddress?
        public var gelfUDP: ListenAddress?
        public var gelfTCP: ListenAddress?
        public var fluent: ListenAddress?
        /// A file with the key that senders of Fluent forward must know.
        public var fluentSharedKeyFile: String?
        /// Whose logs they write; nil means the default tenant's.
        public var syslogTenant: TenantName?
        public var gelfTenant: TenantName?
        public var fluentTenant: TenantName?

        public init() {}

        /// An address that names its port: none of these protocols has the collector's own.
        public static func address(_ text: String) -> ListenAddress? {
            guard let address = ListenAddress(text), text.contains(":"), !text.hasSuffix(":"), !text.hasSuffix("]") else { return nil }
            return address
        }
    }
}
