import Foundations
import Model
import Settings
import Yams

extension AlertmanagerParser {
    /// Integrations that Nightjar doesn't send.
    private static let unsentKinds = [
        "discord_configs", "pushover_configs", "victorops_configs", "sns_configs", "wechat_configs", "webex_configs", "jira_configs", "rocketchat_configs",
        "mattermost_configs", "incidentio_configs",
    ]

    /// The destinations of one receiver, in the order of the file's kinds.
    func receivers(_ section: SettingsSection, name: String) -> [Receiver] {
        var all: [Receiver] = []
        func read(_ key: String, _ kind: (SettingsSection, inout Bool) -> Receiver.Kind?) {
            for (place, entry) in (section.sections(key) ?? []).enumerated() {
                // Chats are told of ends only when asked, as in Alertmanager.
                var sendsResolved = !["slack_configs", "email_configs"].contains(key)
                let chosen = entry.bool("send_resolved")
                let parsed = kind(entry, &sendsResolved)
                entry.finish()
                guard let parsed else { continue }
                var receiver = Receiver(name: "", configuredName: name, kind: parsed, sendsResolved: chosen ?? sendsResolved)
                receiver.name = "\(name)/\(receiver.kindName)[\(place)]"
                if all.contains(where: { $0.name == receiver.name }) { receiver.name += "/\(key)" }
                all.append(receiver)
            }
        }
        read("webhook_configs") { entry, _ in webhook(entry).map { .webhook($0) } }
        read("pagerduty_configs") { entry, _ in pagerDuty(entry).map { .pagerDuty($0) } }
        read("opsgenie_configs") { entry, _ in opsgenie(entry).map { .opsgenie($0) } }
        read("slack_configs") { entry, _ in slack(entry).map { .slack($0) } }
        read("msteams_configs") { entry, _ in teams(entry, .card).map { .teams($0) } }
        read("msteamsv2_configs") { entry, _ in teams(entry, .adaptiveCard).map { .teams($0) } }
        read("telegram_configs") { entry, _ in telegram(entry).map { .telegram($0) } }
        read("email_configs") { entry, _ in email(entry).map { .email($0) } }
        for kind in Self.unsentKinds where section.value(kind)?.sequence?.isEmpty == false { unsent[name] = (kind, section.value(kind)) }
        section.finish()
        return all
    }

    private func httpSettings(_ section: SettingsSection) -> HTTPSettings {
        var settings = section.section("http_config").map { http($0, over: global.http) } ?? global.http
        if let timeout = section.durationMilliseconds("timeout", in: 0...Int64(Limits.timeoutSecondsMax * 1000)), timeout > 0 {
            settings.timeoutSeconds = Double(timeout) / 1000
        }
        return settings
    }

    /// Templates by name, each checked; `defaults` where the file has none.
    private func texts(_ section: SettingsSection, _ defaults: [String: String]) -> [String: String] {
        var texts = defaults
        for key in defaults.keys.sorted() {
            guard let text = section.string(key) else { continue }
            checkTemplate(text, key, section)
            texts[key] = text
        }
        return texts
    }

    private func checkTemplate(_ text: String, _ key: String, _ section: SettingsSection) {
        do {
            _ = try Template(text, scope: .notification)
        } catch {
            section.report(key, "the template is wrong: \(SafeText(error.description))", remedy: "correct the part between {{ and }}")
        }
    }

    private func maps(_ section: SettingsSection, _ key: String) -> [[String: String]] {
        (section.sections(key) ?? []).map { entry in
            var map: [String: String] = [:]
            for (name, value) in entry.node?.mapping ?? [:] {
                guard let name = name.scalar?.string, let text = value.scalar?.string else { continue }
                map[name] = text
            }
            return map
        }
    }

    private func webhook(_ section: SettingsSection) -> Receiver.Webhook? {
        let address = secret(section, "url")
        let settings = httpSettings(section)
        let alertsMax = section.integer("max_alerts", in: 0...1_000_000) ?? 0
        let signature = secret(section, "hmac_secret")
        if let payload = section.value("payload") { document.report(payload, "`payload` isn't supported", remedy: "remove it; the body is Alertmanager's version 4") }
        guard let address else {
            section.report("url", "the webhook has no `url`", remedy: "add `url:` or `url_file:`")
            return nil
        }
        if case .inline(let url) = address, let problem = WebhookURL.problem(url.reveal(), allowsPlainHTTP: true) {
            section.report("url", problem.reason, remedy: problem.remedy)
            return nil
        }
        let place: Receiver.Address = switch address {
        case .inline(let url): .url(url.reveal())
        case .file(let path): .file(path)
        }
        var webhook = Receiver.Webhook(address: place, alertsMax: alertsMax == 0 ? nil : alertsMax, signature: signature)
        webhook.http = settings
        return webhook
    }

    private func pagerDuty(_ section: SettingsSection) -> Receiver.PagerDuty? {
        let routing = secret(section, "routing_key")
        let service = secret(section, "service_key")
        if let service, routing == nil {
            _ = service
            section.report("service_key", "PagerDuty's Events API version 1 isn't spoken", remedy: "make an integration of Events API v2 and use its `routing_key`")
            return nil
        }
        let texts = texts(
            section,
            [
                "client": "{{ template \"pagerduty.default.client\" . }}", "client_url": "{{ template \"pagerduty.default.clientURL\" . }}",
                "description": "{{ template \"pagerduty.default.description\" .}}", "severity": "error", "source": "{{ template \"pagerduty.default.client\" . }}",
                "class": "", "component": "", "group": "",
            ])
        let details = section.stringMap("details") ?? [
            "firing": "{{ template \"pagerduty.default.instances\" .Alerts.Firing }}", "resolved": "{{ template \"pagerduty.default.instances\" .Alerts.Resolved }}",
            "num_firing": "{{ .Alerts.Firing | len }}", "num_resolved": "{{ .Alerts.Resolved | len }}",
        ]
        let (images, links) = (maps(section, "images"), maps(section, "links"))
        let url = section.string("url") ?? global.pagerDutyURL
        let http = httpSettings(section)
        guard let routing else {
            section.report("routing_key", "there is no `routing_key`", remedy: "add the integration key of PagerDuty's Events API v2")
            return nil
        }
        return Receiver.PagerDuty(routingKey: routing, url: url, texts: texts, details: details, images: images, links: links, http: http)
    }

    private func opsgenie(_ section: SettingsSection) -> Receiver.Opsgenie? {
        let texts = texts(
            section,
            [
                "message": "{{ template \"opsgenie.default.message\" . }}", "description": "{{ template \"opsgenie.default.description\" . }}",
                "source": "{{ template \"opsgenie.default.source\" . }}", "tags": "", "note": "", "priority": "", "entity": "", "actions": "",
            ])
        let details = section.stringMap("details") ?? [:]
        let responders = maps(section, "responders")
        _ = section.value("update_alerts")
        let url = section.string("api_url") ?? global.opsgenieURL
        let http = httpSettings(section)
        guard let key = secret(section, "api_key") ?? global.opsgenieKey else {
            section.report("api_key", "there is no `api_key`", remedy: "add it here, or `opsgenie_api_key` under `global:`")
            return nil
        }
        return Receiver.Opsgenie(key: key, url: url, texts: texts, details: details, responders: responders, http: http)
    }

    private func slack(_ section: SettingsSection) -> Receiver.Slack? {
        let texts = texts(
            section,
            [
                "channel": "", "username": "{{ template \"slack.default.username\" . }}", "color": "{{ if eq .Status \"firing\" }}danger{{ else }}good{{ end }}",
                "title": "{{ template \"slack.default.title\" . }}", "title_link": "{{ template \"slack.default.titlelink\" . }}",
                "pretext": "{{ template \"slack.default.pretext\" . }}", "text": "{{ template \"slack.default.text\" . }}",
                "fallback": "{{ template \"slack.default.fallback\" . }}", "callback_id": "{{ template \"slack.default.callbackid\" . }}",
                "icon_emoji": "{{ template \"slack.default.iconemoji\" . }}", "icon_url": "{{ template \"slack.default.iconurl\" . }}",
                "footer": "{{ template \"slack.default.footer\" . }}", "image_url": "", "thumb_url": "", "message_text": "",
            ])
        let (fields, actions) = (maps(section, "fields"), maps(section, "actions"))
        let markdown = section.strings("mrkdwn_in") ?? ["fallback", "pretext", "text"]
        let (linksNames, short) = (section.bool("link_names") ?? false, section.bool("short_fields") ?? false)
        _ = section.value("update_message")
        var http = httpSettings(section)
        if let token = secret(section, "app_token") { http.authorization = .credentials(type: "Bearer", token) }
        _ = section.value("app_url")
        guard let address = secret(section, "api_url") ?? global.slack else {
            section.report("api_url", "there is no `api_url`", remedy: "add it here, or `slack_api_url` under `global:`")
            return nil
        }
        return Receiver.Slack(
            address: address, texts: texts, fields: fields, actions: actions, markdownIn: markdown, linksNames: linksNames, isShortFields: short, http: http)
    }

    private func teams(_ section: SettingsSection, _ form: Receiver.Teams.Form) -> Receiver.Teams? {
        let prefix = form == .card ? "msteams" : "msteamsv2"
        var defaults = ["title": "{{ template \"\(prefix).default.title\" . }}", "text": "{{ template \"\(prefix).default.text\" . }}"]
        if form == .card { defaults["summary"] = "{{ template \"msteams.default.summary\" . }}" }
        let texts = texts(section, defaults)
        let http = httpSettings(section)
        guard let address = secret(section, "webhook_url") else {
            section.report("webhook_url", "there is no `webhook_url`", remedy: "add it, or `webhook_url_file:`")
            return nil
        }
        return Receiver.Teams(address: address, form: form, texts: texts, http: http)
    }

    private func telegram(_ section: SettingsSection) -> Receiver.Telegram? {
        let texts = texts(section, ["message": "{{ template \"telegram.default.message\" . }}"])
        let mode = section.string("parse_mode") ?? "HTML"
        if !["", "HTML", "Markdown", "MarkdownV2"].contains(mode) {
            section.report("parse_mode", "`parse_mode` must be HTML, MarkdownV2, Markdown or empty, not `\(SafeText(mode))`")
        }
        let chat = section.string("chat_id")
        let chatFile = section.string("chat_id_file")
        let thread = section.integer("message_thread_id", in: 0...Int.max)
        let isQuiet = section.bool("disable_notifications") ?? false
        let url = section.string("api_url") ?? global.telegramURL
        let http = httpSettings(section)
        if chatFile != nil { section.report("chat_id_file", "`chat_id_file` isn't supported", remedy: "write `chat_id:`; it is no secret") }
        guard let token = secret(section, "bot_token") ?? global.telegramToken, let chat else {
            section.report("bot_token", "`bot_token` or `chat_id` is missing", remedy: "add both")
            return nil
        }
        return Receiver.Telegram(
            token: token, url: url, chat: chat, threadID: thread, message: texts["message"] ?? "", parseMode: mode, isQuiet: isQuiet, http: http)
    }

    private func email(_ section: SettingsSection) -> Receiver.Email? {
        let to = section.requiredString("to")
        let texts = texts(section, ["html": "{{ template \"email.default.html\" . }}", "text": "{{ template \"email.default.text\" . }}"])
        var headers = section.stringMap("headers") ?? [:]
        if !headers.keys.contains(where: { $0.lowercased() == "subject" }) { headers["Subject"] = "{{ template \"email.default.subject\" . }}" }
        for (name, text) in headers { checkTemplate(text, "headers", section); _ = name }
        let host = section.string("smarthost") ?? global.smtpHost
        let from = section.string("from") ?? global.smtpFrom
        let user = section.string("auth_username") ?? global.smtpUser ?? ""
        let password = secret(section, "auth_password") ?? global.smtpPassword
        if section.value("auth_secret") != nil { section.report("auth_secret", "CRAM-MD5 isn't supported", remedy: "use auth_username and auth_password") }
        _ = section.value("auth_identity")
        let authority = section.section("tls_config").map { tls($0).authority } ?? global.smtpAuthorityFile
        let isImplicit = section.bool("force_implicit_tls") ?? false
        let requiresTLS = section.bool("require_tls") ?? global.smtpRequiresTLS
        if let threading = section.section("threading") { for key in ["enabled", "thread_by_date"] { _ = threading.value(key) } }
        guard let to, let from, let host, let place = Self.hostAndPort(host) else {
            section.report("smarthost", "`smarthost` (host:port) or `from` is missing", remedy: "add both here, or smtp_smarthost and smtp_from under `global:`")
            return nil
        }
        return Receiver.Email(
            to: to, from: from, host: (place.isImplicit || isImplicit ? "smtps://" : "smtp://") + place.host, port: place.port,
            hello: section.string("hello") ?? global.smtpHello, user: user, password: password, requiresTLS: requiresTLS, authorityFile: authority ?? nil, headers: headers,
            html: texts["html"] ?? "", text: texts["text"] ?? "", timeoutSeconds: 30)
    }

    /// `host:587`; 465 is TLS from the first byte on.
    private static func hostAndPort(_ text: String) -> (host: String, port: Int, isImplicit: Bool)? {
        let isMarked = text.hasPrefix("smtps://")
        let plain = isMarked ? String(text.dropFirst(8)) : text
        guard let colon = plain.lastIndex(of: ":"), let port = Int(plain[plain.index(after: colon)...]), (1...65535).contains(port), colon != plain.startIndex
        else { return nil }
        return (String(plain[..<colon]), port, isMarked || port == 465)
    }
}
