import Foundations
import Model
import Settings

extension AlertmanagerParser {
    func readGlobal(_ section: SettingsSection) {
        if let timeout = section.durationMilliseconds("resolve_timeout", in: 1000...Int64.max) { global.resolveTimeoutMilliseconds = timeout }
        if let http = section.section("http_config") { global.http = self.http(http, over: global.http) }
        global.smtpFrom = section.string("smtp_from")
        if let hello = section.string("smtp_hello") { global.smtpHello = hello }
        global.smtpHost = section.string("smtp_smarthost")
        global.smtpUser = section.string("smtp_auth_username")
        global.smtpPassword = secret(section, "smtp_auth_password")
        for key in ["smtp_auth_secret", "smtp_auth_secret_file"] where section.value(key) != nil {
            section.report(key, "CRAM-MD5 isn't supported", remedy: "use smtp_auth_username and smtp_auth_password")
        }
        _ = section.string("smtp_auth_identity")
        if let requires = section.bool("smtp_require_tls") { global.smtpRequiresTLS = requires }
        if section.bool("smtp_force_implicit_tls") == true { global.smtpHost = global.smtpHost.map { "smtps://" + $0 } }
        if let tls = section.section("smtp_tls_config") { global.smtpAuthorityFile = self.tls(tls).authority }
        global.slack = secret(section, "slack_api_url")
        if let token = secret(section, "slack_app_token") { global.slack = token }
        if let url = section.string("pagerduty_url") { global.pagerDutyURL = url }
        if let url = section.string("opsgenie_api_url") { global.opsgenieURL = url }
        global.opsgenieKey = secret(section, "opsgenie_api_key")
        if let url = section.string("telegram_api_url") { global.telegramURL = url }
        global.telegramToken = secret(section, "telegram_bot_token")
        // Of receivers that aren't sent: they may stay in the file as long as no route uses them.
        for key in Self.unsentGlobals { _ = section.value(key) }
        section.finish()
    }

    private static let unsentGlobals = [
        "slack_app_url", "wechat_api_url", "wechat_api_secret", "wechat_api_secret_file", "wechat_api_corp_id", "victorops_api_url", "victorops_api_key",
        "victorops_api_key_file", "webex_api_url", "rocketchat_api_url", "rocketchat_token", "rocketchat_token_file", "rocketchat_token_id",
        "rocketchat_token_id_file", "jira_api_url", "mattermost_webhook_url", "mattermost_webhook_url_file",
    ]

    /// `KEY`, or `KEY_file` with a path.
    func secret(_ section: SettingsSection, _ key: String) -> SecretSource? {
        let text = section.string(key)
        let file = section.string(key + "_file")
        if text != nil, file != nil { section.report(key + "_file", "there are both `\(key)` and `\(key)_file`", remedy: "keep one of them") }
        if let file {
            let path = resolved(file)
            do {
                _ = try SecretFile.read(path, readers: .ownerAndGroup)
            } catch {
                section.report(key + "_file", "\(error)")
            }
            return .file(path)
        }
        return text.map { .inline(Secret($0)) }
    }

    /// A receiver's `http_config` over the global one.
    func http(_ section: SettingsSection, over base: HTTPSettings) -> HTTPSettings {
        var settings = base
        if let authorization = section.section("authorization") {
            let type = authorization.string("type") ?? "Bearer"
            if let credentials = secret(authorization, "credentials") { settings.authorization = .credentials(type: type, credentials) }
            authorization.finish()
        }
        if let basic = section.section("basic_auth") {
            let user = basic.string("username") ?? ""
            settings.authorization = .basic(user: user, secret(basic, "password") ?? .inline(Secret("")))
            basic.finish()
        }
        if let token = secret(section, "bearer_token") { settings.authorization = .credentials(type: "Bearer", token) }
        if let tls = section.section("tls_config") {
            let files = self.tls(tls)
            (settings.authorityFile, settings.certificateFile, settings.keyFile) = (files.authority, files.certificate, files.key)
        }
        for key in ["proxy_url", "proxy_connect_header", "oauth2"] where section.value(key) != nil {
            section.report(key, "`\(key)` isn't supported", remedy: "remove it; let the host reach the receiver directly")
        }
        for key in ["no_proxy", "proxy_from_environment", "enable_http2", "follow_redirects"] { _ = section.value(key) }
        if let headers = section.section("http_headers") {
            for (name, _) in headers.node?.mapping ?? [:] {
                guard let name = name.scalar?.string, let values = headers.section(name) else { continue }
                if let value = values.strings("values")?.first { settings.headers[name] = value }
                for path in values.strings("files") ?? [] { values.report("files", "a header's file \(quoted(path)) isn't supported", remedy: "use `values`") }
                _ = values.value("secrets")
                values.finish()
            }
        }
        section.finish()
        return settings
    }

    func tls(_ section: SettingsSection) -> (authority: String?, certificate: String?, key: String?) {
        if section.bool("insecure_skip_verify") == true {
            section.report("insecure_skip_verify", "certificates are always verified", remedy: "name the authority's certificate with `ca_file`")
        }
        for key in ["ca", "cert", "key", "ca_ref", "cert_ref", "key_ref", "server_name"] where section.value(key) != nil {
            section.report(key, "`\(key)` isn't supported", remedy: "use `ca_file`, `cert_file` and `key_file`")
        }
        for key in ["min_version", "max_version"] { _ = section.value(key) }
        let files = (section.string("ca_file").map(resolved), section.string("cert_file").map(resolved), section.string("key_file").map(resolved))
        section.finish()
        return files
    }
}
