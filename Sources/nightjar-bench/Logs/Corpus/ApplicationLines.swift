/// JSON as services write it: some requests are under way at a time, and each writes several lines with its trace's identifier.
struct ApplicationLines {
    private struct Trace {
        var identifier: String
        var user: Int
        var order: Int
    }

    private struct Service {
        var name: String
        var version: String
        var pods: [String]
    }

    private static let tracesOpen = 48
    /// One line in so many is its trace's last.
    private static let linesOfTrace = 3

    private var traces: [Trace] = []
    private var services: [Service] = []

    init(_ choices: inout LogChoices) {
        traces = (0..<Self.tracesOpen).map { _ in Self.trace(&choices) }
        services = ["catalog", "cart", "search", "checkout", "users", "payment", "shipping", "mail"].map { name in
            let replica = choices.hex(10)
            let pods = (0..<3).map { _ in "\(name)-\(replica)-\(choices.hex(5))" }
            return Service(name: name, version: "\(1 + choices.number(4)).\(choices.number(30)).\(choices.number(9))", pods: pods)
        }
    }

    private static func trace(_ choices: inout LogChoices) -> Trace {
        Trace(identifier: choices.hex(32), user: choices.rank(60_000), order: 4_000_000 + choices.number(900_000))
    }

    mutating func next(_ moment: LogMoment, _ choices: inout LogChoices) -> String {
        let place = choices.number(traces.count)
        let trace = traces[place]
        if choices.number(Self.linesOfTrace) == 0 { traces[place] = Self.trace(&choices) }
        let service = choices.ranked(services)
        let (level, content) = content(service.name, trace, &choices)
        return #"{"time":"\#(moment.date)T\#(moment.clock).\#(moment.milliseconds)Z","level":"\#(level)","service":"\#(service.name)","version":"\#(service.version)","pod":"\#(choices.pick(service.pods))",\#(content),"trace_id":"\#(trace.identifier)","span_id":"\#(choices.hex(16))"}"#
    }

    private func content(_ service: String, _ trace: Trace, _ choices: inout LogChoices) -> (level: String, content: String) {
        switch choices.number(100) {
        case 0..<42: request(service, trace, &choices)
        case 42..<58: query(&choices)
        case 58..<72: call(trace, &choices)
        case 72..<84:
            ("debug", #""logger":"cache","msg":"cache lookup","key":"\#(service):item:\#(choices.rank(20_000))","hit":\#(choices.chance(percent: 80)),"ttl_s":\#(60 * (1 + choices.rank(60)))"#)
        case 84..<90:
            ("info", #""logger":"orders","msg":"order placed","order_id":\#(trace.order),"user_id":"u-\#(trace.user)","amount":\#(choices.rank(400)).\#(choices.pick(["00", "50", "90", "95", "99"])),"currency":"\#(choices.ranked(["EUR", "USD", "SEK", "CHF"]))","items":\#(1 + choices.rank(12))"#)
        case 90..<95:
            ("warn", #""logger":"db","msg":"slow query","table":"\#(choices.ranked(Self.tables))","rows":\#(choices.rank(100_000)),"duration_ms":\#(1000 + choices.milliseconds(usual: 900)),"threshold_ms":1000"#)
        default: failure(trace, &choices)
        }
    }

    private static let tables = ["orders", "order_items", "users", "stock", "sessions", "prices", "payments"]
    private static let routes = ["/api/v1/items", "/api/v1/cart", "/api/v1/search", "/api/v1/orders", "/api/v1/users", "/healthz", "/api/v1/prices", "/api/v1/payments"]

    private func request(_ service: String, _ trace: Trace, _ choices: inout LogChoices) -> (String, String) {
        let route = choices.ranked(Self.routes)
        let path = route == "/healthz" ? route : "\(route)/\(choices.rank(30_000))"
        let status = [200, 200, 200, 200, 200, 200, 200, 201, 204, 304, 404, 401, 503][choices.number(13)]
        return (
            status >= 500 ? "error" : "info",
            #""logger":"http.server","msg":"request completed","method":"\#(choices.ranked(["GET", "POST", "PUT", "DELETE"]))","path":"\#(path)","status":\#(status),"duration_ms":\#(choices.milliseconds(usual: 12)).\#(100 + choices.number(900)),"bytes":\#(200 + choices.rank(40_000)),"remote":"\#(choices.host())","request_id":"\#(choices.hex(16))","user_id":"u-\#(trace.user)""#
        )
    }

    private func query(_ choices: inout LogChoices) -> (String, String) {
        ("debug", #""logger":"db","msg":"query executed","statement":"SELECT * FROM \#(choices.ranked(Self.tables)) WHERE id = $1","rows":\#(choices.rank(50)),"duration_ms":\#(choices.milliseconds(usual: 3)),"pool":{"size":20,"idle":\#(choices.number(20))}"#)
    }

    private func call(_ trace: Trace, _ choices: inout LogChoices) -> (String, String) {
        ("info", #""logger":"http.client","msg":"upstream answered","upstream":"http://\#(choices.ranked(services).name).shop.svc:8080","status":200,"attempt":1,"duration_ms":\#(choices.milliseconds(usual: 9)),"user_id":"u-\#(trace.user)""#)
    }

    private func failure(_ trace: Trace, _ choices: inout LogChoices) -> (String, String) {
        let reason = choices.ranked(["timeout", "connection refused", "connection reset by peer", "no such host"])
        return (
            "error",
            #""logger":"http.client","msg":"upstream failed: \#(reason)","upstream":"http://\#(choices.ranked(services).name).shop.svc:8080","address":"\#(choices.host()):\#(choices.pick([8080, 8443, 5432]))","attempt":\#(1 + choices.rank(5)),"order_id":\#(trace.order)"#
        )
    }
}
