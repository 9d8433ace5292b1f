import Foundations
import Model
import Settings

/// The keys `receivers`, `route`, `dependencies` and `storm_groups_per_minute` of nightjar.yml.
public struct ReceiverConfiguration: Sendable, Hashable {
    public var receivers: [Receiver] = []
    /// Nil where nobody is to be paged.
    public var route: Route?
    /// What mutes what hangs on it while it is down.
    public var dependencies: [InhibitRule] = []
    /// Groups of a receiver whose first page may go out within a minute; nil is the default.
    public var stormGroupsPerMinuteMax: Int?

    public init(receivers: [Receiver] = [], route: Route? = nil) {
        self.receivers = receivers
        self.route = route
    }

    /// Reads the two keys of the file's top section; what is wrong is reported to its document.
    ///
    ///     receivers:
    ///       - name: on-call
    ///         webhook:
    ///           url: https://hooks.example.org/nightjar    # or url_file
    ///           bearer_token_file: /etc/nightjar/hook.token
    ///           headers: {X-Team: platform}
    ///           timeout: 10s
    ///           allow_insecure: false    # http://
    ///           allow_private: false     # loopback and private addresses
    ///           max_alerts: 2000
    ///         send_resolved: true
    ///       - name: script
    ///         command: [/usr/local/bin/page, --urgent]    # gets the webhook body on its standard input
    ///     dependencies:                   # while the first fires, the second isn't paged
    ///       - name: zone
    ///         when: [alertname="ZoneDown"]
    ///         mutes: [alertname!="ZoneDown"]
    ///         same: [zone]
    ///     storm_groups_per_minute: 10
    ///     route:
    ///       receiver: on-call
    ///       group_by: [alertname, instance]
    ///       group_wait: 0s
    ///       repeat_interval: 4h
    ///       watchdog_receiver: outside-switch    # gets alerts of severity none, nobody else does
    ///       watchdog_interval: 5m
    public static func parse(_ root: SettingsSection) -> ReceiverConfiguration {
        var configuration = ReceiverConfiguration()
        for section in root.sections("receivers") ?? [] {
            guard let receiver = receiver(section) else { continue }
            if configuration.receivers.contains(where: { $0.name == receiver.name }) {
                section.report("name", "the receiver \(quoted(receiver.name)) stands twice", remedy: "rename one of them")
            }
            configuration.receivers.append(receiver)
        }
        if let section = root.section("route") {
            configuration.route = route(section, receivers: configuration.receivers)
        } else if !configuration.receivers.isEmpty {
            root.report("receivers", "there are receivers and no route to them", remedy: "add `route:` with `receiver:` and the name of one")
        }
        configuration.dependencies = dependencies(root)
        configuration.stormGroupsPerMinuteMax = root.integer("storm_groups_per_minute", in: 1...1_000_000)
        return configuration
    }

    /// The key `dependencies`.
    static func dependencies(_ root: SettingsSection) -> [InhibitRule] { (root.sections("dependencies") ?? []).map(dependency) }

    private static func dependency(_ section: SettingsSection) -> InhibitRule {
        func matchers(_ key: String) -> [Matcher] {
            var all: [Matcher] = []
            for text in section.strings(key) ?? [] {
                do {
                    all += try MatcherText.parse(text)
                } catch {
                    section.report(key, SafeText(error.description).string, remedy: "write it like alertname=\"ZoneDown\"")
                }
            }
            if all.isEmpty { section.report(key, "`\(key)` needs at least one matcher", remedy: "write it like [alertname=\"ZoneDown\"]") }
            return all
        }
        let rule = InhibitRule(
            kind: .dependency, name: section.requiredString("name") ?? "", source: matchers("when"), target: matchers("mutes"), equal: section.strings("same") ?? [])
        section.finish()
        return rule
    }

    private static func receiver(_ section: SettingsSection) -> Receiver? {
        let name = section.requiredString("name")
        let sendsResolved = section.bool("send_resolved") ?? true
        let webhook = section.section("webhook").flatMap(webhook)
        let command = section.strings("command")
        if section.value("webhook") == nil, section.value("command") == nil {
            section.report(
                "webhook", "the receiver \(quoted(name ?? "")) has no destination",
                remedy: "add `webhook:` with a `url:` below it, or `command:`; other kinds stand in a file of `routes:`")
        }
        if let command, command.first?.hasPrefix("/") != true { section.report("command", "`command` must begin with the whole path of a program") }
        section.finish()
        guard let name else { return nil }
        if let command, command.first?.hasPrefix("/") == true {
            return Receiver(name: name, kind: .command(Receiver.Command(arguments: command)), sendsResolved: sendsResolved)
        }
        return webhook.map { Receiver(name: name, kind: .webhook($0), sendsResolved: sendsResolved) }
    }

    static func webhook(_ section: SettingsSection) -> Receiver.Webhook? {
        let allowsPlainHTTP = section.bool("allow_insecure") ?? false
        let address = address(section, allowsPlainHTTP: allowsPlainHTTP)
        let timeout = section.durationMilliseconds("timeout", in: 100...Int64(Limits.timeoutSecondsMax * 1000))
        let tokenFile = section.string("bearer_token_file")
        if let tokenFile { checkSecret(tokenFile, "bearer_token_file", section) }
        let headers = section.stringMap("headers") ?? [:]
        checkHeaders(headers, section)
        let allowsPrivate = section.bool("allow_private") ?? false
        let alertsMax = section.integer("max_alerts", in: 1...Limits.alertsPerMessageMax)
        let signature = section.string("hmac_secret_file")
        if let signature { checkSecret(signature, "hmac_secret_file", section) }
        section.finish()
        return address.map {
            Receiver.Webhook(
                address: $0, bearerTokenFile: tokenFile, headers: headers, timeoutSeconds: timeout.map { Double($0) / 1000 },
                allowsPlainHTTP: allowsPlainHTTP, allowsPrivateAddresses: allowsPrivate, alertsMax: alertsMax,
                signature: signature.map { .file($0) })
        }
    }

    private static func address(_ section: SettingsSection, allowsPlainHTTP: Bool) -> Receiver.Address? {
        let url = section.string("url")
        let file = section.string("url_file")
        switch (url, file) {
        case (let url?, nil):
            if let problem = WebhookURL.problem(url, allowsPlainHTTP: allowsPlainHTTP) {
                section.report("url", problem.reason, remedy: problem.remedy)
                return nil
            }
            return .url(url)
        case (nil, let file?):
            checkSecret(file, "url_file", section)
            return .file(file)
        case (nil, nil):
            section.report("url", "the webhook has no `url`", remedy: "add `url:` or, where the address is a secret, `url_file:`")
        case (_?, _?):
            section.report("url_file", "the webhook has both `url` and `url_file`", remedy: "keep one of them")
        }
        return nil
    }

    private static func checkSecret(_ file: String, _ key: String, _ section: SettingsSection) {
        do {
            _ = try SecretFile.read(file, readers: .ownerAndGroup)
        } catch {
            section.report(key, "\(error)")
        }
    }

    private static func checkHeaders(_ headers: [String: String], _ section: SettingsSection) {
        if headers.count > Limits.headersPerReceiverMax {
            section.report("headers", "there are more than \(Limits.headersPerReceiverMax) headers", remedy: "remove some")
        }
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            let isName = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"()<>@,;:\\\"/[]?={}".utf8.contains($0) }
            if !isName || value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                section.report(
                    "headers", "\(quoted(SafeText(name).string)) is no header",
                    remedy: "use a name of letters, digits and dashes, and a text of one line")
            } else if ["authorization", "content-type", "content-length", "host", "idempotency-key"].contains(name.lowercased()) {
                let remedy = name.lowercased() == "authorization" ? "use `bearer_token_file`" : "remove it; it is set for you"
                section.report("headers", "the header \(quoted(name)) can't be set here", remedy: remedy)
            }
        }
    }

    private static func route(_ section: SettingsSection, receivers: [Receiver]) -> Route? {
        if section.value("receiver") == nil { _ = section.requiredString("receiver") }
        let name = knownReceiver("receiver", section, receivers)
        let watchdog = knownReceiver("watchdog_receiver", section, receivers)
        let watchdogInterval = section.durationMilliseconds("watchdog_interval", in: 10_000...86_400_000)
        let groupBy = section.strings("group_by") ?? []
        let repeatInterval = section.durationMilliseconds("repeat_interval", in: 60_000...(365 * 86_400_000))
        let groupWait = section.durationMilliseconds("group_wait", in: 0...3_600_000)
        section.finish()
        return name.map { name in
            Route(
                receiver: name, groupBy: groupBy, repeatIntervalMilliseconds: repeatInterval ?? Route.repeatIntervalMillisecondsDefault,
                groupWaitMilliseconds: groupWait ?? 0,
                watchdog: watchdog.map {
                    Route.Watchdog(receiver: $0, intervalMilliseconds: watchdogInterval ?? Route.Watchdog.intervalMillisecondsDefault)
                })
        }
    }

    private static func knownReceiver(_ key: String, _ section: SettingsSection, _ receivers: [Receiver]) -> String? {
        guard let name = section.string(key) else { return nil }
        if receivers.contains(where: { $0.name == name }) { return name }
        let known = receivers.map { quoted($0.name) }.joined(separator: ", ")
        section.report(
            key, "there is no receiver \(quoted(SafeText(name).string))", remedy: known.isEmpty ? "add it under `receivers:`" : "known are \(known)")
        return nil
    }
}

/// What a webhook's address must be.
enum WebhookURL {
    static func problem(_ url: String, allowsPlainHTTP: Bool) -> (reason: String, remedy: String)? {
        let hasControls = url.utf8.contains { $0 <= 0x20 || $0 == 0x7F }
        if !hasControls, url.hasPrefix("https://"), url.utf8.count > 8 { return nil }
        guard !hasControls, url.hasPrefix("http://"), url.utf8.count > 7 else {
            return ("the webhook's address is no URL of the form https://host/path", "write the whole address")
        }
        if allowsPlainHTTP { return nil }
        return ("the webhook's address begins with http://, so that anybody on the way reads and changes pages", "use https://, or set `allow_insecure: true`")
    }
}
