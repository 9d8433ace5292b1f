import Foundations

// PagerDuty: https://developer.pagerduty.com/docs/events-api-v2/overview/
// Opsgenie: https://docs.opsgenie.com/docs/alert-api

extension RequestDraft {
    /// An event of a group: its incident is known by the group's alias.
    func pagerDuty(_ settings: Receiver.PagerDuty) async throws -> DeliveryRequest {
        let action = message.operation == .acknowledge ? "acknowledge" : body.status == "firing" ? "trigger" : "resolve"
        let key = try settings.routingKey.read().reveal()
        var members: [(String, JSONValue)] = [("routing_key", .string(key)), ("event_action", .string(action)), ("dedup_key", .string(alias))]
        if action == "trigger" {
            let texts = await texts(settings.texts)
            let severity = texts["severity"].flatMap { ["critical", "error", "warning", "info"].contains($0) ? $0 : nil } ?? "error"
            members.append((
                "payload",
                .compact([
                    ("summary", .string(Self.cut(texts["description"] ?? "", 1024))), ("source", .string(texts["source"].flatMap { $0.isEmpty ? nil : $0 } ?? "Nightjar")),
                    ("severity", .string(severity)), ("timestamp", .string(body.alerts.first?.startsAt ?? "")), ("class", .string(texts["class"] ?? "")),
                    ("component", .string(texts["component"] ?? "")), ("group", .string(texts["group"] ?? "")),
                    ("custom_details", details(await self.texts(settings.details))),
                ])))
            members += [
                ("client", .string(texts["client"] ?? "")), ("client_url", .string(texts["client_url"] ?? "")),
                ("images", .array(await self.texts(settings.images).map(JSONValue.texts))), ("links", .array(await self.texts(settings.links).map(JSONValue.texts))),
            ]
        }
        return json(settings.url, .compact(members))
    }

    /// PagerDuty takes 512 KB in all: long details are cut.
    private func details(_ texts: [String: String]) -> JSONValue { .texts(texts.mapValues { Self.cut($0, 50_000) }) }

    /// An alert of a group, known by the group's alias.
    func opsgenie(_ settings: Receiver.Opsgenie) async throws -> DeliveryRequest {
        let base = settings.url.hasSuffix("/") ? settings.url : settings.url + "/"
        let texts = await texts(settings.texts)
        let source = texts["source"] ?? ""
        var request: DeliveryRequest
        if message.operation == .acknowledge {
            request = json(base + "v2/alerts/\(alias)/acknowledge?identifierType=alias", .compact([("source", .string(source)), ("note", .string(texts["note"] ?? ""))]))
        } else if body.status != "firing" {
            request = json(base + "v2/alerts/\(alias)/close?identifierType=alias", .compact([("source", .string(source)), ("note", .string(texts["note"] ?? ""))]))
        } else {
            let tags = (texts["tags"] ?? "").split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
            let responders = await self.texts(settings.responders)
            let details = body.commonLabels.merging(await self.texts(settings.details)) { $1 }
            request = json(
                base + "v2/alerts",
                .compact([
                    ("alias", .string(alias)), ("message", .string(Self.cut(texts["message"] ?? "", 130))),
                    ("description", .string(Self.cut(texts["description"] ?? "", 15_000))), ("source", .string(source)),
                    ("responders", .array(responders.map(JSONValue.texts))), ("tags", .array(tags.map(JSONValue.string))), ("details", .texts(details)),
                    ("note", .string(texts["note"] ?? "")), ("priority", .string(texts["priority"] ?? "")), ("entity", .string(texts["entity"] ?? "")),
                    ("actions", .array((texts["actions"] ?? "").split(separator: ",").map { .string($0.trimmed) })),
                ]))
        }
        request.headers.append(("Authorization", "GenieKey " + (try settings.key.read()).reveal()))
        return request
    }
}

extension Substring {
    /// Without blanks around it.
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
