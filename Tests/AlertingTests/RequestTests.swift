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
