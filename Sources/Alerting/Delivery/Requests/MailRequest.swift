import Foundation
import Foundations

// RFC 5322 (messages), RFC 2045 to 2047 (MIME)

extension RequestDraft {
    /// A message in plain text and HTML. Its Message-ID follows from the message's key, so that a repeat is told as one; all messages of a
    /// group refer to one root, so that they stand in one thread.
    func email(_ settings: Receiver.Email) async throws -> DeliveryRequest {
        let to = await text(settings.to)
        let from = await text(settings.from)
        let recipients = Self.addresses(in: to)
        guard let sender = Self.addresses(in: from).first, !recipients.isEmpty else {
            throw DeliveryFailure(reason: "the mail has no sender or no recipient: from \(quotedForHeader(from)), to \(quotedForHeader(to))", mayHaveArrived: false)
        }
        let domain = sender.split(separator: "@").last.map(String.init) ?? "nightjar"
        var headers: [(String, String)] = []
        for (name, template) in settings.headers.sorted(by: { $0.key < $1.key }) { headers.append((name, await text(template))) }
        func isSet(_ name: String) -> Bool { headers.contains { $0.0.lowercased() == name.lowercased() } }
        if !isSet("To") { headers.append(("To", to)) }
        if !isSet("From") { headers.append(("From", from)) }
        headers += [
            ("Date", GoTime.format(message.queuedAt, .utc, layout: "Mon, 02 Jan 2006 15:04:05 -0700")), ("Message-ID", "<\(message.key)@\(domain)>"),
            ("References", "<\(alias.prefix(32))@\(domain)>"), ("In-Reply-To", "<\(alias.prefix(32))@\(domain)>"), ("MIME-Version", "1.0"),
            ("Auto-Submitted", "auto-generated"), ("X-Nightjar-Attempt", String(message.attempt)),
        ]
        if message.mayBeRepeat { headers.append(("X-Nightjar-Possible-Repeat", "1")) }
        var body = headers.map { "\(Self.headerName($0.0)): \(Self.headerText($0.1))\r\n" }.joined()
        let parts = [("text/plain", await text(settings.text)), ("text/html", await text(settings.html, escapesHTML: true))].filter { !$0.1.isEmpty }
        let boundary = "nightjar-\(message.key)"
        body += "Content-Type: multipart/alternative; boundary=\"\(boundary)\"\r\n\r\n"
        for (type, text) in parts {
            body += "--\(boundary)\r\nContent-Type: \(type); charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            body += Data(text.utf8).base64EncodedString(options: [.lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed]) + "\r\n"
        }
        body += "--\(boundary)--\r\n"
        let envelope = MailEnvelope(
            from: sender, recipients: recipients, hello: settings.hello, user: settings.user, password: settings.user.isEmpty ? nil : settings.password,
            requiresTLS: settings.requiresTLS, authorityFile: settings.authorityFile)
        return DeliveryRequest(
            transport: .mail(envelope), url: "\(settings.host):\(settings.port)", headers: [], body: Array(body.utf8), timeoutSeconds: settings.timeoutSeconds)
    }

    private func quotedForHeader(_ text: String) -> String { SafeText(text.prefix(200)).string }

    /// `a@b.c`, `Name <a@b.c>`, several with commas.
    static func addresses(in text: String) -> [String] {
        text.split(separator: ",").compactMap { part in
            let inner = part.lastIndex(of: "<").map { part[part.index(after: $0)...].prefix { $0 != ">" } } ?? part
            let address = inner.filter { $0 != " " && $0 != "\t" }
            return address.contains("@") && address.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") } ? String(address) : nil
        }
    }

    private static func headerName(_ name: String) -> String { String(decoding: name.utf8.filter { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }, as: UTF8.self) }

    /// One line; what isn't ASCII as encoded words (RFC 2047).
    static func headerText(_ text: String) -> String {
        let line = String(decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
        if line.utf8.allSatisfy({ $0 < 0x80 }), line.utf8.count <= 900 { return line }
        var words: [String] = []
        var piece: [UInt8] = []
        for character in line {
            let bytes = Array(String(character).utf8)
            if piece.count + bytes.count > 42 {
                words.append("=?utf-8?B?\(Data(piece).base64EncodedString())?=")
                piece = []
            }
            piece += bytes
        }
        if !piece.isEmpty { words.append("=?utf-8?B?\(Data(piece).base64EncodedString())?=") }
        return words.joined(separator: "\r\n ")
    }
}
