import Foundations

/// Log lines of several kinds from a seed: by bytes 35 % JSON of applications, 30 % nginx, 20 % syslog, 10 % Java, 5 % stack traces, spread over 24 hours.
///
/// What varies varies as much as in real logs: identifiers are random, users and paths come from skewed sets.
struct LogCorpus {
    struct Line {
        var stream: Int
        var nanoseconds: Int64
        var text: String
    }

    private enum Kind: Int, CaseIterable {
        case json, nginx, syslog, java, trace

        /// Percent of the bytes.
        var share: Int { [35, 30, 20, 10, 5][rawValue] }
    }

    /// Label pairs of each stream.
    static let streams: [[(String, String)]] = (0..<24).map { number in
        let kind = [Kind.json, .json, .json, .json, .nginx, .nginx, .syslog, .java][number % 8]
        return [("job", ["app", "nginx", "syslog", "java", "java"][kind.rawValue]), ("instance", "host-\(number / 8)"), ("source", "\(kind)-\(number)")]
    }

    private static let streamsOfKind: [[Int]] = Kind.allCases.map { kind in
        let job = ["app", "nginx", "syslog", "java", "java"][kind.rawValue]
        return streams.indices.filter { streams[$0].first!.1 == job }
    }

    let bytesMax: Int
    let start: Int64
    private var random: SeededGenerator
    private var bytesOfKind = [Int](repeating: 0, count: Kind.allCases.count)
    private(set) var bytes = 0
    private(set) var lines = 0

    private static let spanNanoseconds: Int64 = 86_000_000_000_000

    /// `start`: the corpus's first moment, nanoseconds since 1970.
    init(bytes: Int, start: Int64, seed: UInt64 = 20) {
        bytesMax = bytes
        self.start = start
        random = SeededGenerator(seed: seed)
    }

    /// The next line; nil once there are as many bytes as wanted. The bytes of a line count with its line feed.
    mutating func next() -> Line? {
        guard bytes < bytesMax else { return nil }
        // The kind that lacks most of its share.
        let kind = Kind.allCases.max { $0.share * bytes - bytesOfKind[$0.rawValue] * 100 < $1.share * bytes - bytesOfKind[$1.rawValue] * 100 }!
        let nanoseconds = start + Int64(Double(bytes) / Double(bytesMax) * Double(Self.spanNanoseconds)) / 1_000_000 * 1_000_000
        let text = line(kind, Moment(nanoseconds))
        bytesOfKind[kind.rawValue] += text.utf8.count + 1
        bytes += text.utf8.count + 1
        lines += 1
        return Line(stream: pick(Self.streamsOfKind[kind.rawValue]), nanoseconds: nanoseconds, text: text)
    }

    /// A moment's parts as lines write them.
    private struct Moment {
        let rfc3339: String
        let clock: String
        let milliseconds: String
        let date: String

        init(_ nanoseconds: Int64) {
            rfc3339 = TimestampText.rfc3339(NanoTimestamp(nanoseconds: nanoseconds))
            date = String(rfc3339.prefix(10))
            clock = String(rfc3339.dropFirst(11).prefix(8))
            let fraction = String(nanoseconds / 1_000_000 % 1000)
            milliseconds = String(repeating: "0", count: 3 - fraction.count) + fraction
        }
    }

    private mutating func pick<Element>(_ list: [Element]) -> Element { list[Int(random.next() % UInt64(list.count))] }
    private mutating func number(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    /// Small numbers are much more frequent than large ones.
    private mutating func skewed(_ bound: Int) -> Int { number(number(number(bound) + 1) + 1) }
    private mutating func hex(_ digits: Int) -> String {
        let text = String(random.next(), radix: 16) + String(random.next(), radix: 16)
        return String((text + String(repeating: "7", count: 32)).prefix(digits))
    }
    private mutating func address() -> String { "10.\(number(4)).\(number(256)).\(number(256))" }

    private mutating func line(_ kind: Kind, _ moment: Moment) -> String {
        switch kind {
        case .json: json(moment)
        case .nginx: nginx(moment)
        case .syslog: syslog(moment)
        case .java: java(moment)
        case .trace: trace(moment)
        }
    }

    private mutating func json(_ moment: Moment) -> String {
        let time = "\(moment.date)T\(moment.clock).\(moment.milliseconds)Z"
        let head = #"{"time":"\#(time)","level":""#
        let tail = #","trace_id":"\#(hex(32))","span_id":"\#(hex(16))"}"#
        let service = pick(["cart", "checkout", "catalog", "payment", "search", "users"])
        switch number(100) {
        case 0..<45:
            let status = pick([200, 200, 200, 200, 200, 201, 204, 404, 503])
            return head + #"info","service":"\#(service)","msg":"request handled","method":"\#(pick(["GET", "GET", "POST", "PUT"]))","path":"/api/v1/\#(service)/\#(number(100_000))","status":\#(status),"duration_ms":\#(skewed(2000)),"user_id":"u-\#(skewed(50_000))""# + tail
        case 45..<70:
            return head + #"info","service":"\#(service)","msg":"order placed","order_id":\#(number(10_000_000)),"amount":\#(number(500)).\#(10 + number(90)),"currency":"\#(pick(["EUR", "USD", "SEK"]))","items":\#(1 + skewed(12))"# + tail
        case 70..<85:
            return head + #"debug","service":"\#(service)","msg":"cache lookup","key":"\#(service):\#(hex(12))","hit":\#(number(4) > 0 ? "true" : "false"),"ttl_s":\#(60 * number(60))"# + tail
        case 85..<95:
            return head + #"warn","service":"\#(service)","msg":"slow query","table":"\#(pick(["orders", "items", "users"]))","rows":\#(skewed(100_000)),"duration_ms":\#(1000 + skewed(20_000))"# + tail
        default:
            return head + #"error","service":"\#(service)","msg":"upstream \#(pick(["timeout", "connection refused", "reset by peer"]))","upstream":"\#(address()):\#(pick([8080, 8443, 5432]))","attempt":\#(1 + number(5))"# + tail
        }
    }

    private mutating func nginx(_ moment: Moment) -> String {
        let parts = moment.date.split(separator: "-")
        let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][(Int(parts[1]) ?? 1) - 1]
        let path = pick(["/", "/products/\(skewed(20_000))", "/api/v1/items?page=\(skewed(50))", "/static/app.\(pick(["9f3c2a71", "17be02d4"])).js", "/login", "/search?q=term\(skewed(3000))"])
        let agent = pick([
            "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/\(110 + number(20)).0", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/\(110 + number(20)).0.0.0 Safari/537.36",
            "curl/8.\(number(10)).0", "probe/1.0",
        ])
        let status = pick([200, 200, 200, 200, 200, 200, 304, 301, 404, 499, 500, 503])
        return #"\#(address()) - - [\#(parts[2])/\#(month)/\#(parts[0]):\#(moment.clock) +0000] "\#(pick(["GET", "GET", "GET", "POST", "HEAD"])) \#(path) HTTP/1.1" \#(status) \#(skewed(90_000)) "-" "\#(agent)" \#(number(3)).\#(100 + number(900))"#
    }

    private mutating func syslog(_ moment: Moment) -> String {
        let parts = moment.date.split(separator: "-")
        let head = "Nov \(parts[2]) \(moment.clock) host-\(number(3)) "
        switch number(6) {
        case 0: return head + "sshd[\(1000 + number(60_000))]: Accepted publickey for deploy from \(address()) port \(1024 + number(60_000)) ssh2: ED25519 SHA256:\(hex(32))"
        case 1: return head + "sshd[\(1000 + number(60_000))]: Failed password for invalid user \(pick(["admin", "test", "oracle", "git"])) from \(address()) port \(1024 + number(60_000)) ssh2"
        case 2: return head + "systemd[1]: Started Session \(number(100_000)) of User deploy."
        case 3: return head + "kernel: [\(number(9_000_000)).\(100_000 + number(900_000))] TCP: request_sock_TCP: Possible SYN flooding on port \(pick([80, 443])). Sending cookies."
        case 4: return head + "CRON[\(1000 + number(60_000))]: (root) CMD (/usr/lib/sysstat/sa1 1 1)"
        default: return head + "dhcpd[\(900 + number(100))]: DHCPACK on \(address()) to \(hex(2)):\(hex(2)):\(hex(2)):\(hex(2)) via eth\(number(2))"
        }
    }

    private mutating func java(_ moment: Moment) -> String {
        let head = "\(moment.date) \(moment.clock),\(moment.milliseconds) "
        switch number(5) {
        case 0: return head + "INFO  [http-nio-8080-exec-\(number(50))] org.example.shop.OrderController - Order \(hex(8))-\(hex(4))-\(hex(4))-\(hex(4))-\(hex(12)) accepted in \(skewed(900)) ms"
        case 1: return head + "DEBUG [scheduler-\(number(8))] org.example.shop.StockJob - Refreshed \(skewed(4000)) articles of warehouse \(number(12))"
        case 2: return head + "WARN  [pool-\(number(4))-thread-\(number(16))] org.example.pool.ConnectionPool - Connection \(number(200)) is idle for \(skewed(90_000)) ms, closing it"
        case 3: return head + "INFO  compute.manager [req-\(hex(8))-\(hex(4))-\(hex(4))-\(hex(4))-\(hex(12)) - - -] [instance: \(hex(8))-\(hex(4))-\(hex(4))-\(hex(4))-\(hex(12))] VM started (Lifecycle Event)"
        default: return head + "ERROR [http-nio-8080-exec-\(number(50))] org.example.shop.PaymentClient - Payment \(number(10_000_000)) failed: timeout after \(1000 + number(9000)) ms"
        }
    }

    private mutating func trace(_ moment: Moment) -> String {
        var text = "\(moment.date) \(moment.clock),\(moment.milliseconds) ERROR [worker-\(number(32))] org.example.shop.Worker - Job \(number(1_000_000)) failed\n"
        text += "java.lang.\(pick(["IllegalStateException", "NullPointerException"])): item \(number(100_000)) is \(pick(["gone", "locked"]))"
        for depth in 0..<6 + number(12) {
            text += "\n\tat org.example.\(pick(["shop", "pool", "http", "json"])).\(pick(["Worker", "Filter", "Handler", "Chain"])).\(pick(["run", "handle", "apply", "next"]))(\(pick(["Worker", "Filter", "Handler", "Chain"])).java:\(20 + depth * 7 + number(5)))"
        }
        return text
    }
}

/// Batches of the corpus as bodies of Loki's push API in JSON.
struct LogPushBody {
    private var values: [Int: [String]] = [:]
    private(set) var bytes = 0

    mutating func add(_ line: LogCorpus.Line) {
        values[line.stream, default: []].append("[\"\(line.nanoseconds)\",\(Self.quoted(line.text))]")
        bytes += line.text.utf8.count + 1
    }

    func encoded() -> [UInt8] {
        let streams = values.sorted { $0.key < $1.key }.map { stream, values in
            let labels = LogCorpus.streams[stream].map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",")
            return "{\"stream\":{\(labels)},\"values\":[\(values.joined(separator: ","))]}"
        }
        return Array("{\"streams\":[\(streams.joined(separator: ","))]}".utf8)
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): result += "\\\""
            case UInt8(ascii: "\\"): result += "\\\\"
            case UInt8(ascii: "\n"): result += "\\n"
            case UInt8(ascii: "\t"): result += "\\t"
            default: result.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return result + "\""
    }
}
