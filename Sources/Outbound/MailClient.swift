import CCurl
import Foundations
import Glibc

/// A message to a mail server.
public struct MailRequest: Sendable {
    /// `smtp://host:587` or, for TLS from the first byte on, `smtps://host:465`.
    public var server: String
    /// The name this side greets with.
    public var hello: String
    public var sender: String
    public var recipients: [String]
    /// Headers and body, lines ending in CR LF.
    public var message: [UInt8]
    /// Empty: without authentication.
    public var user: String
    public var password: Secret?
    /// Refuses a server that offers no STARTTLS; otherwise it is used where it is offered.
    public var requiresTLS: Bool
    public var tls: OutboundTLS
    public var timeoutSeconds: Double

    public init(
        server: String, hello: String, sender: String, recipients: [String], message: [UInt8], user: String = "", password: Secret? = nil,
        requiresTLS: Bool = true, tls: OutboundTLS = .system, timeoutSeconds: Double = 30
    ) {
        self.server = server
        self.hello = hello
        self.sender = sender
        self.recipients = recipients
        self.message = message
        self.user = user
        self.password = password
        self.requiresTLS = requiresTLS
        self.tls = tls
        self.timeoutSeconds = timeoutSeconds
    }
}

/// Hands messages to mail servers (RFC 5321), each over a connection and a thread of its own: mail is rare, and a server that hangs holds up nobody.
public enum MailClient {
    /// The server's last answer: its code, 250 where it took the message. Any code is an answer, not an error.
    public static func send(_ request: MailRequest) async throws(OutboundError) -> (code: Int, answer: String) {
        let result: Result<(code: Int, answer: String), OutboundError> = await withCheckedContinuation { continuation in
            let thread = WorkerThread(name: "mail") { continuation.resume(returning: MailTransfer(request).run()) }
            withExtendedLifetime(thread) {}
        }
        return try result.get()
    }
}

/// One message on its way.
private final class MailTransfer {
    private let request: MailRequest
    private let place: String
    private var sent = 0
    private var answer: [UInt8] = []

    init(_ request: MailRequest) {
        self.request = request
        place = SafeText(request.server).string
    }

    func run() -> Result<(code: Int, answer: String), OutboundError> {
        guard request.server.hasPrefix("smtp://") || request.server.hasPrefix("smtps://") else {
            return .failure(.badRequest(place: place, reason: "a mail server's address begins with smtp:// or smtps://"))
        }
        func isClean(_ text: String) -> Bool { text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") } }
        guard ([request.sender, request.hello] + request.recipients).allSatisfy(isClean), !request.recipients.isEmpty else {
            return .failure(.badRequest(place: place, reason: "an address holds blanks, brackets or control characters"))
        }
        guard MailTransfer.initialized, let easy = curl_easy_init() else { return .failure(.badRequest(place: place, reason: "libcurl has no memory")) }
        defer { curl_easy_cleanup(easy) }
        var recipients: UnsafeMutablePointer<curl_slist>?
        for recipient in request.recipients { recipients = curl_slist_append(recipients, "<\(recipient)>") }
        defer { curl_slist_free_all(recipients) }
        let text = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        text.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        defer { text.deallocate() }
        guard configure(easy, recipients, text) else { return .failure(.badRequest(place: place, reason: "libcurl refused its options")) }
        let code = curl_easy_perform(easy)
        var status = 0
        _ = nj_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        // Before the connection stands there is no code; after it every refusal has one.
        if code == CURLE_OK || status >= 400 { return .success((code == CURLE_OK ? 250 : status, lastAnswer)) }
        return .failure(failure(code, String(cString: text)))
    }

    private static let initialized: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private func configure(_ easy: UnsafeMutableRawPointer, _ recipients: UnsafeMutablePointer<curl_slist>?, _ text: UnsafeMutablePointer<CChar>) -> Bool {
        var isAccepted = true
        func set(_ code: CURLcode) { isAccepted = isAccepted && code == CURLE_OK }
        // What stands after the host is what curl says in EHLO.
        set(nj_curl_set_string(easy, CURLOPT_URL, request.server + "/" + request.hello))
        set(nj_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps"))
        set(nj_curl_set_string(easy, CURLOPT_PROXY, ""))
        set(nj_curl_set_long(easy, CURLOPT_NOSIGNAL, 1))
        set(nj_curl_set_long(easy, CURLOPT_TIMEOUT_MS, max(1, Int(request.timeoutSeconds * 1000))))
        set(nj_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, 10_000))
        set(nj_curl_set_long(easy, CURLOPT_USE_SSL, request.requiresTLS ? Int(CURLUSESSL_ALL.rawValue) : Int(CURLUSESSL_TRY.rawValue)))
        set(nj_curl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)))
        if let file = request.tls.caFile { set(nj_curl_set_string(easy, CURLOPT_CAINFO, file)) }
        set(nj_curl_set_string(easy, CURLOPT_MAIL_FROM, "<\(request.sender)>"))
        set(nj_curl_set_list(easy, CURLOPT_MAIL_RCPT, recipients))
        if !request.user.isEmpty {
            set(nj_curl_set_string(easy, CURLOPT_USERNAME, request.user))
            set(nj_curl_set_string(easy, CURLOPT_PASSWORD, request.password?.reveal() ?? ""))
            set(nj_curl_set_long(easy, CURLOPT_SASL_IR, 1))
        }
        set(nj_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, text))
        let context = Unmanaged.passUnretained(self).toOpaque()
        set(nj_curl_set_long(easy, CURLOPT_UPLOAD, 1))
        set(nj_curl_set_pointer(easy, CURLOPT_READDATA, context))
        set(nj_curl_set_callback(easy, CURLOPT_READFUNCTION) { buffer, size, count, context in
            Unmanaged<MailTransfer>.fromOpaque(context!).takeUnretainedValue().fill(UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
        })
        set(nj_curl_set_pointer(easy, CURLOPT_HEADERDATA, context))
        set(nj_curl_set_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            Unmanaged<MailTransfer>.fromOpaque(context!).takeUnretainedValue().receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        })
        return isAccepted
    }

    private func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, request.message.count - sent)
        buffer.copyBytes(from: request.message[sent..<(sent + count)])
        sent += count
        return count
    }

    /// A line of the server; the last ones are kept.
    private func receive(_ bytes: UnsafeRawBufferPointer) {
        answer = Array((answer + bytes).suffix(2048))
    }

    private var lastAnswer: String {
        // The goodbye comes after what was said about the message.
        let lines = answer.split(separator: 0x0A).filter { !$0.starts(with: "221".utf8) }
        let refusal = lines.last { $0.first == UInt8(ascii: "4") || $0.first == UInt8(ascii: "5") }
        return SafeText(bytes: (refusal ?? lines.last ?? []).filter { $0 != 0x0D }).string
    }

    private func failure(_ code: CURLcode, _ text: String) -> OutboundError {
        let reason = SafeText(text.isEmpty ? String(cString: curl_easy_strerror(code)) : text).string
        switch code {
        case CURLE_COULDNT_CONNECT: return .connect(place: place, reason: reason)
        case CURLE_COULDNT_RESOLVE_HOST: return .resolve(place: place)
        case CURLE_OPERATION_TIMEDOUT: return .timeout(place: place, seconds: request.timeoutSeconds)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_USE_SSL_FAILED, CURLE_SSL_CACERT_BADFILE: return .tls(place: place, reason: reason)
        default: return .broken(place: place, reason: reason)
        }
    }
}
