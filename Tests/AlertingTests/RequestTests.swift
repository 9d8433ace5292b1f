import Foundation
import Foundations
import Model
import TestSupport
import Testing

@testable import Alerting

private func receiver(_ yaml: String) throws -> Receiver {
    let file = "global: {smtp_smarthost: 'mail:587', smtp_from: 'Nightjar <n@example.org>'}\nroute: {receiver: r}\nreceivers:\n  - name: r\n" + yaml
    return try #require(try RoutingFile.parse(file, path: "am.yml").receivers.first)
}

private func message(_ operation: OutboxOperation = .trigger, isResolved: Bool = false, summary: String = "disk <full>") -> OutboxMessage {
    let start = Timestamp(milliseconds: 1_700_000_000_000)
    let alert = MessageAlert(
        fingerprint: "00000000000000aa", labels: ["alertname": "DiskFull", "instance": "db-1", "severity": "critical"],
        annotations: [NamedText(name: "summary", text: summary)], generatorURL: "http://g", startsAt: start, endsAt: isResolved ? start : nil)
    let body = WebhookBody(
        receiver: "r", groupKey: "{}:{alertname=\"DiskFull\"}", groupLabels: ["alertname": "DiskFull"], externalURL: "http://n", alerts: [alert], alertsMax: 10)
    return OutboxMessage(
        id: 1, key: "k1", receiver: "r/x[0]", groupKey: body.groupKey, operation: operation, payload: body.encoded(), queuedAt: start, attempt: 1, mayBeRepeat: false)
}

private func json(_ request: DeliveryRequest) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
}

private func header(_ name: String, _ request: DeliveryRequest) -> String? { request.headers.first { $0.name == name }?.value }

@Test func pagerDutyGetsEventsThatKnowTheirIncident() async throws {
    let receiver = try receiver("    pagerduty_configs: [{routing_key: rk, severity: '{{ .CommonLabels.severity }}', details: {where: '{{ .CommonLabels.instance }}'}}]")
    let trigger = try await RequestComposer().request(message(), for: receiver)
    let event = try json(trigger)
    let payload = try #require(event["payload"] as? [String: Any])
    #expect(trigger.url == "https://events.pagerduty.com/v2/enqueue" && event["event_action"] as? String == "trigger" && event["routing_key"] as? String == "rk")
    #expect(payload["severity"] as? String == "critical" && payload["summary"] as? String == "[FIRING:1] DiskFull disk <full>")
    #expect((payload["custom_details"] as? [String: String]) == ["where": "db-1"])
    let resolve = try json(try await RequestComposer().request(message(.resolve, isResolved: true), for: receiver))
    #expect(resolve["event_action"] as? String == "resolve" && resolve["payload"] == nil && resolve["dedup_key"] as? String == event["dedup_key"] as? String)
    let acknowledge = try json(try await RequestComposer().request(message(.acknowledge), for: receiver))
    #expect(acknowledge["event_action"] as? String == "acknowledge" && (acknowledge["dedup_key"] as? String)?.count == 64)
}

@Test func opsgenieAlertsAreMadeAcknowledgedAndClosedByTheirAlias() async throws {
    let receiver = try receiver("    opsgenie_configs: [{api_key: ok, priority: P1, tags: 'a, b', api_url: 'https://og.example/'}]")
    let create = try await RequestComposer().request(message(), for: receiver)
    let body = try json(create)
    let alias = try #require(body["alias"] as? String)
    #expect(create.url == "https://og.example/v2/alerts" && header("Authorization", create) == "GenieKey ok")
    #expect(body["tags"] as? [String] == ["a", "b"] && body["priority"] as? String == "P1" && (body["details"] as? [String: String])?["instance"] == "db-1")
    #expect(try await RequestComposer().request(message(.resolve, isResolved: true), for: receiver).url == "https://og.example/v2/alerts/\(alias)/close?identifierType=alias")
    #expect(try await RequestComposer().request(message(.acknowledge), for: receiver).url == "https://og.example/v2/alerts/\(alias)/acknowledge?identifierType=alias")
}

@Test func chatsGetTheirForms() async throws {
    let slack = try json(try await RequestComposer().request(message(), for: receiver("    slack_configs: [{api_url: 'https://s', channel: '#ops', title: '{{ .GroupLabels.alertname }}', fields: [{title: T, value: '{{ .Status }}'}]}]")))
    let attachment = try #require((slack["attachments"] as? [[String: Any]])?.first)
    #expect(slack["channel"] as? String == "#ops" && attachment["title"] as? String == "DiskFull" && attachment["color"] as? String == "danger")
    #expect((attachment["fields"] as? [[String: Any]])?.first?["value"] as? String == "firing")
    let card = try json(try await RequestComposer().request(message(), for: receiver("    msteamsv2_configs: [{webhook_url: 'https://t'}]")))
    let content = (card["attachments"] as? [[String: Any]])?.first?["content"] as? [String: Any]
    #expect(content?["type"] as? String == "AdaptiveCard" && (content?["body"] as? [[String: Any]])?.count == 2)
    let old = try json(try await RequestComposer().request(message(), for: receiver("    msteams_configs: [{webhook_url: 'https://t'}]")))
    #expect(old["@type"] as? String == "MessageCard" && old["title"] as? String == "[FIRING:1] DiskFull disk <full>")
    let telegram = try await RequestComposer().request(message(), for: receiver("    telegram_configs: [{bot_token: b, chat_id: -100, message: '{{ .CommonAnnotations.summary }}'}]"))
    let words = try json(telegram)
    #expect(telegram.url == "https://api.telegram.org/botb/sendMessage" && words["chat_id"] as? Int == -100 && words["text"] as? String == "disk &lt;full&gt;")
}

@Test func aMailHasBothFormsAndAStableIdentity() async throws {
    let receiver = try receiver("    email_configs: [{to: 'Ops <ops@example.org>, on@example.org', headers: {Subject: 'Störung: {{ .GroupLabels.alertname }}'}}]")
    let first = try await RequestComposer().request(message(), for: receiver)
    guard case .mail(let envelope) = first.transport else { Issue.record("no mail"); return }
    #expect(envelope.from == "n@example.org" && envelope.recipients == ["ops@example.org", "on@example.org"] && envelope.requiresTLS && first.url == "smtp://mail:587")
    let text = String(decoding: first.body, as: UTF8.self)
    #expect(text.contains("Message-ID: <k1@example.org>\r\n") && text.contains("Subject: =?utf-8?B?") && text.contains("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"))
    #expect(text.contains("Content-Type: text/plain") && text.contains("Content-Type: text/html") && text.hasSuffix("--\r\n"))
    let html = text.components(separatedBy: "base64\r\n\r\n").last!.components(separatedBy: "\r\n--").first!.replacingOccurrences(of: "\r\n", with: "")
    #expect(String(decoding: Data(base64Encoded: html) ?? Data(), as: UTF8.self).contains("disk &lt;full&gt;"))
    #expect(try await RequestComposer().request(message(), for: receiver).body == first.body)
    #expect(RequestDraft.headerText("a\r\nBcc: x@y") == "a  Bcc: x@y")
}

@Test func aWebhookIsSignedWithItsSecret() async throws {
    let request = try await RequestComposer().request(message(), for: receiver("    webhook_configs: [{url: 'https://h', hmac_secret: s3}]"))
    #expect(header("X-Nightjar-Signature", request)?.count == 71 && request.body == message().payload && header("Idempotency-Key", request) == "k1")
}

@Test func aCommandGetsTheBodyAndItsExitCodeCounts() async throws {
    func reply(_ script: String, seconds: Double = 5) async -> DeliveryReply {
        await CommandRun(arguments: ["/bin/sh", "-c", script], environment: ["NIGHTJAR_GROUP": "g"], input: Array("body".utf8), timeoutSeconds: seconds).reply()
    }
    let well = await reply("cat; echo \" $NIGHTJAR_GROUP $HOME\"")
    #expect(well.status == 200 && String(decoding: well.body, as: UTF8.self) == "body g \n")
    #expect(await reply("exit 75").status == 503)
    #expect(await reply("exit 3").status == 400)
    #expect(await reply("exec sleep 30", seconds: 0.2).status == 503)
    #expect(await CommandRun(arguments: ["/no/such/program"], environment: [:], input: [], timeoutSeconds: 1).reply().status == 503)
    // One that doesn't read what it is given is judged by its exit code too.
    let large = CommandRun(arguments: ["/bin/sh", "-c", "exec <&-; echo done"], environment: [:], input: [UInt8](repeating: 0x61, count: 1 << 20), timeoutSeconds: 5)
    #expect(await large.reply().body == Array("done\n".utf8))
}

@Test func whatACommandStartedDoesntOutliveItsTime() async throws {
    let folder = TemporaryDirectory("command")
    let script = "(echo $$ > \(folder.path("group")); sleep 30; echo late > \(folder.path("late"))) & exit 0"
    let reply = await CommandRun(arguments: ["/bin/sh", "-c", script], environment: [:], input: [], timeoutSeconds: 0.5).reply()
    #expect(reply.status == 200, "it ended itself, what it left behind was killed")
    let group = try #require(pid_t(String(decoding: RealFileSystem().readAll(folder.path("group"), bytesMax: 100), as: UTF8.self).split(separator: "\n").first ?? ""))
    // Killed ones are gone once init has taken note of them.
    #expect(try await waitUntil { kill(-group, 0) != 0 && errno == ESRCH || isZombie(group) })
}

/// Whether all that is left of a group waits for its parent: in a container nobody may ask for it.
private func isZombie(_ group: pid_t) -> Bool {
    guard let names = try? RealFileSystem().list("/proc") else { return false }
    for name in names where Int32(name) != nil {
        guard let bytes = try? RealFileSystem().readAll("/proc/\(name)/stat", bytesMax: 4096) else { continue }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last.map { $0.split(separator: " ") } ?? []
        if fields.count > 2, fields[2] == "\(group)", fields[0] != "Z" { return false }
    }
    return true
}

@Test(arguments: [
    (#"{"data":{"success":true,"isSuccess":true,"status":"Created alert"}}"#, "v2/alerts", 200, "Created alert"),
    (#"{"data":{"success":false,"isSuccess":false,"status":"Invalid priority"}}"#, "v2/alerts", 422, "Invalid priority"),
    (#"{"data":{"success":false,"isSuccess":false,"status":"Alert does not exist"}}"#, "v2/alerts/a/close?identifierType=alias", 200, "Alert does not exist"),
])
func opsgenieIsAskedWhatBecameOfARequest(status: String, path: String, expected: Int, words: String) async throws {
    let opsgenie = try receiver("    opsgenie_configs: [{api_key: k, api_url: 'https://o/'}]")
    let asked = Locked<[String]>([])
    let deliverer = FakeDeliverer { request in
        let count = asked.withLock { list in
            list.append("\(request.method) \(request.url) \(header("Authorization", request) ?? "")")
            return list.count
        }
        return count == 1 ? DeliveryReply(status: 404) : DeliveryReply(status: 200, body: Array(status.utf8))
    }
    let request = DeliveryRequest(url: "https://o/" + path, headers: [("Authorization", "GenieKey k")], body: [], timeoutSeconds: 1)
    let queued = DeliveryReply(status: 202, body: Array(#"{"result":"Request will be processed","requestId":"43a29c5c-3dbf-4fa4-9c26-f4f71023e120"}"#.utf8))
    let reply = await ReplyReading.followed(queued, of: request, opsgenie, by: deliverer)
    #expect(reply.status == expected && String(decoding: reply.body, as: UTF8.self) == words)
    #expect(asked.withLock { $0 } == Array(repeating: "GET https://o/v2/alerts/requests/43a29c5c-3dbf-4fa4-9c26-f4f71023e120 GenieKey k", count: 2))
    #expect(await ReplyReading.followed(DeliveryReply(status: 202, body: Array("{}".utf8)), of: request, opsgenie, by: deliverer).status == 202)
}

// Templates

private func expand(_ template: String, _ definitions: String = "") async throws -> String {
    var library = TemplateLibrary.standard
    if !definitions.isEmpty { try library.add(definitions) }
    return await library.text(template, try WebhookBody(payload: message().payload).templateData)
}

@Test(arguments: [
    ("{{ .Alerts | len }} {{ .Alerts.Firing | len }} {{ .Alerts.Resolved | len }}", "1 1 0"),
    ("{{ range .Alerts }}{{ .Labels.instance }} {{ .StartsAt.Format \"15:04 Jan 2, 2006\" }}{{ end }}", "db-1 22:13 Nov 14, 2023"),
    ("{{ .CommonLabels.SortedPairs.Values | join \",\" }}", "DiskFull,db-1,critical"), ("{{ (.CommonLabels.Remove .GroupLabels.Names).Names | join \",\" }}", "instance,severity"),
    ("{{ with index .Alerts 0 }}{{ .Labels.alertname | toUpper }}{{ end }}", "DISKFULL"), ("{{ .CommonLabels.Remove (stringSlice \"instance\" \"severity\") | len }}", "1"),
    ("{{ range .GroupLabels.SortedPairs }}{{ .Name }}={{ .Value }}{{ end }}", "alertname=DiskFull"), ("{{ range $k, $v := .GroupLabels }}{{ $k }}:{{ $v }}{{ end }}", "alertname:DiskFull"),
    ("{{ (index .Alerts 0).StartsAt | tz \"Europe/Berlin\" | date \"15:04 -0700\" }}", "23:13 +0100"), ("{{ .Nope }}", "<error expanding template: can't evaluate field Nope>"),
    ("{{ .Status | title }} {{ reReplaceAll \"D(.*)F\" \"$1\" .GroupLabels.alertname }}", "Firing iskull"), ("{{ template \"__subject\" . }}", "[FIRING:1] DiskFull disk <full>"),
    ("{{ toJson .GroupLabels }}", "{\"alertname\":\"DiskFull\"}"),
])
func notificationTemplatesAreExpanded(template: String, expected: String) async throws { #expect(try await expand(template) == expected) }

@Test func templatesCallOneAnotherAndAnEndlessCallEnds() async throws {
    #expect(try await expand("{{ template \"a\" .Alerts }}", "{{ define \"a\" }}<{{ range . }}{{ template \"b\" .Labels }}{{ end }}>{{ end }}{{ define \"b\" }}{{ .instance }}{{ end }}") == "<db-1>")
    #expect(try await expand("{{ template \"a\" . }}", "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}").contains("deeper than"))
    #expect(throws: TemplateError.self) { try Template("{{ define \"x\" }}y", scope: .notification) }
    #expect(throws: TemplateError.self) { try Template("{{ define \"x\" }}y{{ end }}") }
}

@Test func anAnswerThatSaysNoWithStatus200IsARefusal() throws {
    let slack = try receiver("    slack_configs: [{api_url: 'https://s'}]")
    #expect(ReplyReading.corrected(DeliveryReply(status: 200, body: Array(#"{"ok":false,"error":"channel_not_found"}"#.utf8)), slack).status == 400)
    #expect(ReplyReading.corrected(DeliveryReply(status: 200, body: Array(#"{"ok":false,"error":"ratelimited"}"#.utf8)), slack).status == 429)
    #expect(ReplyReading.corrected(DeliveryReply(status: 200, body: Array("ok".utf8)), slack).status == 200)
}
