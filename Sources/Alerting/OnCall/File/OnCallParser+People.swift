import Foundations
import Model
import Settings

extension OnCallParser {
    /// How people's addresses become destinations.
    struct Channels {
        var email: Receiver.Email?
        var slackToken: SecretSource?
        var phone: [String] = []
    }

    func readChannels(_ section: SettingsSection) -> Channels {
        var channels = Channels()
        if let email = section.section("email") { channels.email = readEmail(email) }
        if let slack = section.section("slack") {
            channels.slackToken = secretFile(slack, "token_file")
            if slack.value("token_file") == nil { slack.report("token_file", "`token_file` is missing", remedy: "name the file with the bot's token") }
            slack.finish()
        }
        if let phone = section.section("phone") {
            channels.phone = phone.strings("command") ?? []
            if channels.phone.first?.hasPrefix("/") != true {
                phone.report("command", "`command` must begin with the whole path of a program", remedy: "the number is its last argument, the page its standard input")
                channels.phone = []
            }
            phone.finish()
        }
        section.finish()
        return channels
    }

    private func readEmail(_ section: SettingsSection) -> Receiver.Email? {
        let (host, from) = (section.requiredString("smarthost"), section.requiredString("from"))
        let user = section.string("username") ?? ""
        let password = section.value("password_file") == nil ? nil : secretFile(section, "password_file")
        let requiresTLS = section.bool("require_tls") ?? true
        let hello = section.string("hello") ?? "localhost"
        let authority = section.string("ca_file").map(resolved)
        section.finish()
        guard let host, let from else { return nil }
        guard let colon = host.lastIndex(of: ":"), let port = Int(host[host.index(after: colon)...]), (1...65535).contains(port), colon != host.startIndex else {
            section.report("smarthost", "`smarthost` must be a host and a port such as `mail.example.org:587`, not `\(SafeText(host))`")
            return nil
        }
        return Receiver.Email(
            to: "", from: from, host: String(host[..<colon]), port: port, hello: hello, user: user, password: password, requiresTLS: requiresTLS,
            authorityFile: authority, headers: ["Subject": "{{ template \"email.default.subject\" . }}"], html: "{{ template \"email.default.html\" . }}", text: "",
            timeoutSeconds: Limits.timeoutSecondsDefault)
    }

    private func resolved(_ path: String) -> String { path.hasPrefix("/") ? path : Paths.join(Paths.directory(of: document.path), path) }

    private func secretFile(_ section: SettingsSection, _ key: String) -> SecretSource? {
        guard let path = section.string(key).map(resolved) else { return nil }
        do {
            _ = try SecretFile.read(path, readers: .ownerAndGroup)
        } catch {
            section.report(key, "\(error)")
        }
        return .file(path)
    }

    func readPerson(_ section: SettingsSection, _ channels: Channels) {
        let name = newName(section, "person", taken: file.people.map(\.name))
        let fullName = section.string("full_name") ?? ""
        var contacts: [Person.Contact] = []
        // The order of the lines is the order in which they are tried.
        var keys: [String] = []
        for (key, _) in section.node?.mapping ?? [:] { if let key = key.scalar?.string { keys.append(key) } }
        for key in keys { contacts += readContacts(key, section, name ?? "", channels) }
        for key in Self.contactKeys where !keys.contains(key) { _ = section.value(key) }
        if contacts.isEmpty { section.report("name", "there is no way to reach \(quoted(SafeText(name ?? "").string))", remedy: "add one of \(Self.contactKeys.joined(separator: ", "))") }
        section.finish()
        if let name { file.people.append(Person(name: name, fullName: fullName, contacts: contacts)) }
    }

    private static let contactKeys = ["email", "phone", "slack", "pagerduty_key_file", "webhook", "receivers"]

    private func readContacts(_ key: String, _ section: SettingsSection, _ person: String, _ channels: Channels) -> [Person.Contact] {
        switch key {
        case "email":
            return section.requiredString(key).map { address in
                if !address.contains("@") { section.report(key, "`\(SafeText(address))` is no mail address", remedy: "write it like ana@example.org") }
                return contact(.email, address, person, channels.email.map { .email($0.addressed(to: address)) })
            } ?? []
        case "phone":
            return section.requiredString(key).map { number in
                contact(.phone, number, person, channels.phone.isEmpty ? nil : .command(Receiver.Command(arguments: channels.phone + [number])))
            } ?? []
        case "slack": return section.requiredString(key).map { user in contact(.slack, user, person, channels.slackToken.map { .slack(.direct(to: user, token: $0)) }) } ?? []
        case "pagerduty_key_file": return secretFile(section, key).map { contact(.pagerduty, "", person, .pagerDuty(.events(key: $0))) } ?? []
        case "webhook":
            return section.section(key).flatMap(ReceiverConfiguration.webhook).map { webhook in
                contact(.webhook, "", person, .webhook(webhook))
            } ?? []
        case "receivers": return (section.strings(key) ?? []).map { Person.Contact(kind: .receiver, address: $0, destination: $0) }
        default: return []
        }
    }

    private func contact(_ kind: Person.Contact.Kind, _ address: String, _ person: String, _ receiver: Receiver.Kind?) -> [Person.Contact] {
        guard let receiver else { return [Person.Contact(kind: kind, address: address, destination: nil)] }
        let name = "oncall/\(person)/\(kind.rawValue)"
        file.destinations.append(Receiver(name: name, kind: receiver))
        return [Person.Contact(kind: kind, address: address, destination: name)]
    }
}

extension Receiver.Email {
    fileprivate func addressed(to address: String) -> Receiver.Email {
        var email = self
        email.to = address
        return email
    }
}

extension Receiver.Slack {
    /// A direct message of a bot.
    fileprivate static func direct(to user: String, token: SecretSource) -> Receiver.Slack {
        var http = HTTPSettings()
        http.authorization = .credentials(type: "Bearer", token)
        return Receiver.Slack(
            address: .inline(Secret("https://slack.com/api/chat.postMessage")),
            texts: [
                "channel": user, "title": "{{ template \"slack.default.title\" . }}", "title_link": "{{ template \"slack.default.titlelink\" . }}",
                "text": "{{ template \"slack.default.text\" . }}", "fallback": "{{ template \"slack.default.fallback\" . }}",
                "color": "{{ if eq .Status \"firing\" }}danger{{ else }}good{{ end }}",
            ], fields: [], actions: [], markdownIn: ["fallback", "pretext", "text"], linksNames: false, isShortFields: false, http: http)
    }
}

extension Receiver.PagerDuty {
    /// An integration of Events API v2.
    fileprivate static func events(key: SecretSource) -> Receiver.PagerDuty {
        Receiver.PagerDuty(
            routingKey: key, url: "https://events.pagerduty.com/v2/enqueue",
            texts: [
                "client": "{{ template \"pagerduty.default.client\" . }}", "client_url": "{{ template \"pagerduty.default.clientURL\" . }}",
                "description": "{{ template \"pagerduty.default.description\" .}}", "severity": "error", "source": "{{ template \"pagerduty.default.client\" . }}",
            ], details: ["num_firing": "{{ .Alerts.Firing | len }}"], images: [], links: [], http: HTTPSettings())
    }
}
