import Foundations

// Slack: https://api.slack.com/messaging/webhooks, Teams: https://learn.microsoft.com/adaptive-cards/,
// Telegram: https://core.telegram.org/bots/api#sendmessage

extension RequestDraft {
    func slack(_ settings: Receiver.Slack) async throws -> DeliveryRequest {
        let texts = await texts(settings.texts)
        func text(_ name: String) -> JSONValue { .string(texts[name] ?? "") }
        var fields: [JSONValue] = []
        for (field, words) in zip(settings.fields, await self.texts(settings.fields)) {
            let isShort = field["short"].map { $0 == "true" } ?? settings.isShortFields
            fields.append(.object([("title", .string(words["title"] ?? "")), ("value", .string(words["value"] ?? "")), ("short", .bool(isShort))]))
        }
        let attachment = JSONValue.compact([
            ("title", .string(Self.cut(texts["title"] ?? "", 1024))), ("title_link", text("title_link")), ("pretext", text("pretext")),
            ("text", .string(Self.cut(texts["text"] ?? "", 30_000))), ("fallback", text("fallback")), ("callback_id", text("callback_id")),
            ("image_url", text("image_url")), ("thumb_url", text("thumb_url")), ("footer", text("footer")), ("color", text("color")),
            ("mrkdwn_in", .array(settings.markdownIn.map(JSONValue.string))), ("fields", .array(fields)),
            ("actions", .array(await self.texts(settings.actions).map(JSONValue.texts))),
        ])
        let body = JSONValue.compact([
            ("channel", text("channel")), ("username", text("username")), ("icon_emoji", text("icon_emoji")), ("icon_url", text("icon_url")),
            ("link_names", settings.linksNames ? .bool(true) : .null), ("text", text("message_text")), ("attachments", .array([attachment])),
        ])
        return json(try settings.address.read().reveal(), body)
    }

    func teams(_ settings: Receiver.Teams) async throws -> DeliveryRequest {
        let texts = await texts(settings.texts)
        // Teams takes 28 KB in all.
        let (title, text) = (Self.cut(texts["title"] ?? "", 1024), Self.cut(texts["text"] ?? "", 20_000))
        let isFiring = body.status == "firing"
        let url = try settings.address.read().reveal()
        switch settings.form {
        case .card:
            return json(
                url,
                .object([
                    ("@context", .string("http://schema.org/extensions")), ("@type", .string("MessageCard")), ("title", .string(title)),
                    ("summary", .string(texts["summary"] ?? "")), ("text", .string(text)), ("themeColor", .string(isFiring ? "8C1A1A" : "2DC72D")),
                ]))
        case .adaptiveCard:
            let blocks: [JSONValue] = [
                .object([
                    ("type", .string("TextBlock")), ("text", .string(title)), ("weight", .string("Bolder")), ("size", .string("Medium")), ("wrap", .bool(true)),
                    ("style", .string("heading")), ("color", .string(isFiring ? "Attention" : "Good")),
                ]),
                .object([("type", .string("TextBlock")), ("text", .string(text)), ("wrap", .bool(true))]),
            ]
            let card = JSONValue.object([
                ("$schema", .string("http://adaptivecards.io/schemas/adaptive-card.json")), ("type", .string("AdaptiveCard")), ("version", .string("1.4")),
                ("body", .array(blocks)), ("msteams", .object([("width", .string("full"))])),
            ])
            return json(
                url,
                .object([
                    ("type", .string("message")),
                    ("attachments", .array([.object([("contentType", .string("application/vnd.microsoft.card.adaptive")), ("content", card)])])),
                ]))
        }
    }

    func telegram(_ settings: Receiver.Telegram) async throws -> DeliveryRequest {
        let text = await text(settings.message, escapesHTML: settings.parseMode == "HTML")
        var base = settings.url
        while base.hasSuffix("/") { base.removeLast() }
        let chat: JSONValue = Int64(settings.chat).map(JSONValue.integer) ?? .string(settings.chat)
        return json(
            "\(base)/bot\(try settings.token.read().reveal())/sendMessage",
            .compact([
                ("chat_id", chat), ("message_thread_id", settings.threadID.map { .integer(Int64($0)) } ?? .null), ("text", .string(Self.cut(text, 4096))),
                ("parse_mode", .string(settings.parseMode)), ("disable_web_page_preview", .bool(true)),
                ("disable_notification", settings.isQuiet ? .bool(true) : .null),
            ]))
    }
}
