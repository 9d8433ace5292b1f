import CCurl
import Foundations
import Glibc

/// What all transfers of a client share.
struct TransferSettings: Sendable {
    let policy: OutboundPolicy
    let tls: OutboundTLS
    let userAgent: String
}

/// One request on its way, with its curl handle. Made by the caller, then used by the loop's thread alone.
final class Transfer: @unchecked Sendable {
    enum Sink {
        case whole
        case pieces(
            onReply: @Sendable (Int, [(name: String, value: String)]) -> Void, receive: @Sendable (UnsafeRawBufferPointer) -> Bool)
    }

    let request: HTTPRequest
    let settings: TransferSettings
    let place: String
    private let sink: Sink
    /// Called once, with the outcome. Set before the transfer is submitted.
    var completion: ((Result<HTTPReply, OutboundError>) -> Void)?

    /// Set from any thread; looked at when the transfer starts.
    let isCancelled = Locked(false)

    /// The curl handle while the transfer runs.
    private(set) var easy: UnsafeMutableRawPointer?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var errorText: UnsafeMutablePointer<CChar>?
    private var bodyCopy: UnsafeMutableRawBufferPointer?

    private var reply = HTTPReply(status: 0)
    private var headerBytes = 0
    /// Why we ended it ourselves.
    private var ownFailure: OutboundError?
    private var isEnough = false
    private var deniedReason: String?

    init(_ request: HTTPRequest, _ settings: TransferSettings, sink: Sink) {
        self.request = request
        self.settings = settings
        self.sink = sink
        place = SafeText(request.place).string
    }

    deinit { release() }

    /// Refuses what must not or can't be sent, before anything is.
    func check() throws(OutboundError) {
        let scheme = request.url.prefix { $0 != ":" }.lowercased()
        guard scheme == "https" || scheme == "http" else { throw .badRequest(place: place, reason: "an address begins with https:// or http://") }
        if scheme == "http" && !settings.policy.allowsPlainHTTP { throw .denied(place: place, reason: "it isn't encrypted; use https://") }
        func isClean(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 } }
        let isPlainMethod = !request.method.isEmpty && request.method.utf8.allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
        guard isPlainMethod else { throw .badRequest(place: place, reason: "the method is no word") }
        for (name, value) in request.headers where !isClean(name) || !isClean(value) || name.isEmpty || name.utf8.contains(0x3A) {
            throw .badRequest(place: place, reason: "the header \(SafeText(name)) holds control characters")
        }
        guard isClean(request.url) else { throw .badRequest(place: place, reason: "the address holds control characters") }
    }

    /// Makes the curl handle; nil where curl refuses.
    func prepare() -> UnsafeMutableRawPointer? {
        guard completion != nil, let easy = curl_easy_init() else { return nil }
        self.easy = easy
        var isAccepted = true
        func set(_ code: CURLcode) { isAccepted = isAccepted && code == CURLE_OK }
        func set(_ option: CURLoption, _ value: Int) { set(nj_curl_set_long(easy, option, value)) }
        func set(_ option: CURLoption, _ value: String?) { if let value { set(nj_curl_set_string(easy, option, value)) } }

        set(CURLOPT_URL, request.url)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROXY, "")
        set(CURLOPT_USERAGENT, settings.userAgent)
        let schemes = settings.policy.allowsPlainHTTP ? "http,https" : "https"
        set(CURLOPT_PROTOCOLS_STR, schemes)
        set(CURLOPT_REDIR_PROTOCOLS_STR, schemes)
        set(CURLOPT_FOLLOWLOCATION, request.followsRedirects ? 1 : 0)
        set(CURLOPT_MAXREDIRS, Limits.redirectsMax)
        set(CURLOPT_TIMEOUT_MS, Self.milliseconds(request.timeoutSeconds))
        set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.connectTimeoutSeconds))
        if let silence = request.silenceSecondsMax {
            set(CURLOPT_LOW_SPEED_LIMIT, 1)
            set(CURLOPT_LOW_SPEED_TIME, silence)
        }
        set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        set(CURLOPT_CAINFO, settings.tls.caFile)
        set(CURLOPT_SSLCERT, settings.tls.clientCertificateFile)
        set(CURLOPT_SSLKEY, settings.tls.clientKeyFile)
        setMethod(easy, set)
        setCallbacks(easy, set)
        return isAccepted ? easy : nil
    }

    private static func milliseconds(_ seconds: Double) -> Int { seconds <= 0 ? 0 : max(1, Int(min(seconds, 1e9) * 1000)) }

    private func setMethod(_ easy: UnsafeMutableRawPointer, _ set: (CURLcode) -> Void) {
        let hasBody = !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method)
        if request.method == "HEAD" {
            set(nj_curl_set_long(easy, CURLOPT_NOBODY, 1))
        } else if request.bodySource != nil {
            set(nj_curl_set_long(easy, CURLOPT_POST, 1))
            set(nj_curl_set_pointer(easy, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque()))
            set(nj_curl_set_callback(easy, CURLOPT_READFUNCTION) { bytes, size, count, context in
                Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue().sendBody(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
            })
        } else if hasBody {
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, request.body.count), alignment: 1)
            copy.copyBytes(from: request.body)
            bodyCopy = copy
            set(nj_curl_set_long(easy, CURLOPT_POST, 1))
            set(nj_curl_set_pointer(easy, CURLOPT_POSTFIELDS, copy.baseAddress))
            set(nj_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
        }
        if request.method != "HEAD" { set(nj_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method)) }
        // An empty value after the colon takes a header away that curl would add; with a semicolon it is sent empty.
        var lines = request.headers.map { $1.isEmpty ? "\($0);" : "\($0): \($1)" } + ["Expect:"]
        if request.bodySource != nil { lines.append("Transfer-Encoding: chunked") }
        if !request.headers.contains(where: { $0.0.lowercased() == "content-type" }) { lines.append("Content-Type:") }
        for line in lines { headerList = curl_slist_append(headerList, line) }
        set(nj_curl_set_list(easy, CURLOPT_HTTPHEADER, headerList))
    }

    private func setCallbacks(_ easy: UnsafeMutableRawPointer, _ set: (CURLcode) -> Void) {
        let text = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        text.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        errorText = text
        set(nj_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, text))
        let context = Unmanaged.passUnretained(self).toOpaque()
        set(nj_curl_set_pointer(easy, CURLOPT_WRITEDATA, context))
        set(nj_curl_set_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, _, count, context in
            Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue().receiveBody(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
        })
        set(nj_curl_set_pointer(easy, CURLOPT_HEADERDATA, context))
        set(nj_curl_set_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, _, count, context in
            Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue().receiveHeader(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
        })
        set(nj_curl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, context))
        set(nj_curl_set_socket_filter(easy) { context, _, address in
            Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue().openSocket(address!)
        })
    }

    // MARK: Called by curl

    private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let known = withUnsafePointer(to: &address.pointee.addr) { NetworkAddress($0) }
        if let reason = known.map(settings.policy.refusal) ?? "it is no internet address" {
            deniedReason = reason
            return CURL_SOCKET_BAD
        }
        return socket(address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
    }

    private func sendBody(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = request.bodySource?(buffer) ?? 0
        return count < 0 ? Int(CURL_READFUNC_ABORT) : count
    }

    private func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        headerBytes += bytes.count
        if headerBytes > Limits.replyHeaderBytesMax {
            ownFailure = .replyTooLarge(place: place, bytesMax: Limits.replyHeaderBytesMax)
            return false
        }
        let line = String(decoding: bytes, as: UTF8.self).filter { !$0.isNewline }
        if line.hasPrefix("HTTP/") {
            reply = HTTPReply(status: line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
        } else if let colon = line.firstIndex(of: ":") {
            reply.headers.append((String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })))
        } else if line.isEmpty, reply.status >= 200, case .pieces(let onReply, _) = sink {
            let isFollowed = request.followsRedirects && (300...399).contains(reply.status) && reply.header("Location") != nil
            if !isFollowed { onReply(reply.status, reply.headers) }
        }
        return true
    }

    private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        switch sink {
        case .pieces(_, let receive) where reply.isSuccess:
            isEnough = !receive(bytes)
            return !isEnough
        case .pieces:
            reply.body.append(contentsOf: bytes.prefix(max(0, request.replyBytesMax - reply.body.count)))
            return true
        case .whole:
            if reply.body.count + bytes.count > request.replyBytesMax {
                ownFailure = .replyTooLarge(place: place, bytesMax: request.replyBytesMax)
                return false
            }
            reply.body.append(contentsOf: bytes)
            return true
        }
    }

    // MARK: Its end

    /// What curl's verdict means.
    func outcome(_ code: CURLcode) -> Result<HTTPReply, OutboundError> {
        if let ownFailure { return .failure(ownFailure) }
        if code == CURLE_OK || isEnough { return .success(reply) }
        return .failure(failure(code))
    }

    private func failure(_ code: CURLcode) -> OutboundError {
        var reason = errorText.map { String(cString: $0) } ?? ""
        if reason.isEmpty { reason = String(cString: curl_easy_strerror(code)) }
        reason = SafeText(reason).string
        switch code {
        case CURLE_COULDNT_CONNECT: return deniedReason.map { .denied(place: place, reason: $0) } ?? .connect(place: place, reason: reason)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .resolve(place: place)
        case CURLE_OPERATION_TIMEDOUT: return .timeout(place: place, seconds: secondsPassed)
        case CURLE_UNSUPPORTED_PROTOCOL where !settings.policy.allowsPlainHTTP: return .denied(place: place, reason: "it isn't encrypted; use https://")
        case CURLE_URL_MALFORMAT: return .badRequest(place: place, reason: "the address is malformed")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_NOTFOUND:
            return .tls(place: place, reason: reason)
        default: return .broken(place: place, reason: reason)
        }
    }

    /// Tenths of seconds that the transfer took.
    private var secondsPassed: Double {
        var seconds = 0.0
        if let easy { _ = nj_curl_get_double(easy, CURLINFO_TOTAL_TIME, &seconds) }
        return (seconds * 10).rounded() / 10
    }

    /// Tells the caller, once, and frees the handle.
    func finish(_ result: Result<HTTPReply, OutboundError>) {
        let tell = completion
        completion = nil
        release()
        tell?(result)
    }

    private func release() {
        if let easy { curl_easy_cleanup(easy) }
        easy = nil
        curl_slist_free_all(headerList)
        headerList = nil
        errorText?.deallocate()
        errorText = nil
        bodyCopy?.deallocate()
        bodyCopy = nil
    }
}
