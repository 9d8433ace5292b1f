/// Java services and OpenStack, and stack traces: each program fails at some places, again and again.
struct JavaLines {
    private static let instancesCount = 300
    private static let tracesCount = 30

    private let instances: [String]
    private let users: [String]
    private let traces: [String]
    private var request: String

    init(_ choices: inout LogChoices) {
        instances = (0..<Self.instancesCount).map { _ in choices.uuid() }
        users = (0..<6).map { _ in "\(choices.hex(32)) \(choices.hex(32))" }
        traces = (0..<Self.tracesCount).map { _ in Self.frames(&choices) }
        request = choices.uuid()
    }

    mutating func next(_ moment: LogMoment, _ choices: inout LogChoices) -> String {
        switch choices.number(10) {
        case 0...3: return openStack(moment, &choices)
        case 4...5: return Self.head(moment, "INFO ", "http-nio-8080-exec-\(1 + choices.number(50))") + "org.example.shop.OrderController - Order \(choices.uuid()) accepted in \(choices.milliseconds(usual: 40)) ms"
        case 6: return Self.head(moment, "DEBUG", "scheduler-\(1 + choices.number(8))") + "org.example.shop.StockJob - Refreshed \(choices.rank(4000)) articles of warehouse \(choices.rank(12))"
        case 7: return Self.head(moment, "WARN ", "pool-\(1 + choices.number(4))-thread-\(1 + choices.number(16))") + "org.example.pool.ConnectionPool - Connection \(choices.number(200)) is idle for \(choices.milliseconds(usual: 30_000)) ms, closing it"
        case 8: return Self.head(moment, "INFO ", "DataXceiver-\(1 + choices.number(64))") + "org.example.dfs.DataNode - Receiving block blk_\(1_073_741_825 + choices.number(900_000)) src: /\(choices.host()):\(40_000 + choices.number(20_000)) dest: /\(choices.host()):50010"
        default: return Self.head(moment, "ERROR", "http-nio-8080-exec-\(1 + choices.number(50))") + "org.example.shop.PaymentClient - Payment \(4_000_000 + choices.number(900_000)) failed: timeout after \(1000 + choices.milliseconds(usual: 2000)) ms"
        }
    }

    /// A record of several lines.
    func trace(_ moment: LogMoment, _ choices: inout LogChoices) -> String {
        Self.head(moment, "ERROR", "worker-\(1 + choices.number(32))") + "org.example.shop.Worker - Job \(7_000_000 + choices.number(900_000)) failed\n" + choices.ranked(traces)
    }

    private static func head(_ moment: LogMoment, _ level: String, _ thread: String) -> String {
        "\(moment.date) \(moment.clock),\(moment.milliseconds) \(level) [\(thread)] "
    }

    private mutating func openStack(_ moment: LogMoment, _ choices: inout LogChoices) -> String {
        // Some lines belong to one request.
        if choices.chance(percent: 40) { request = choices.uuid() }
        let head = "\(moment.date) \(moment.clock).\(moment.milliseconds) 25746 INFO "
        let user = choices.ranked(users)
        switch choices.number(4) {
        case 0, 1:
            return head + "nova.osapi_compute.wsgi.server [req-\(request) \(user) - - -] \(choices.host()) \"GET /v2/\(user.suffix(32))/servers/\(choices.ranked(["detail", choices.ranked(instances)])) HTTP/1.1\" status: 200 len: \(1890 + choices.rank(60)) time: 0.\(200_000 + choices.rank(90_000))"
        case 2: return head + "nova.compute.manager [req-\(request) \(user) - - -] [instance: \(choices.ranked(instances))] VM \(choices.ranked(["Started", "Resumed", "Paused", "Stopped"])) (Lifecycle Event)"
        default: return head + "nova.virt.libvirt.imagecache [req-\(request) - - - - -] image \(choices.ranked(instances)) at (/var/lib/nova/instances/_base/\(choices.ranked(users).prefix(32))): checking"
        }
    }

    private static func frames(_ choices: inout LogChoices) -> String {
        let reason = choices.ranked(["lock wait is over", "item is gone", "connection refused", "value is null", "stream closed"])
        var text = "java.lang.\(choices.ranked(["IllegalStateException", "NullPointerException", "RuntimeException"])): \(reason)"
        for _ in 0..<8 + choices.number(24) {
            let name = choices.pick(["Worker", "Filter", "Handler", "Chain", "Dispatcher", "Proxy", "Codec"])
            text += "\n\tat org.example.\(choices.pick(["shop", "pool", "http", "json", "web.filter"])).\(name).\(choices.pick(["run", "handle", "apply", "doFilter", "invoke"]))(\(name).java:\(20 + choices.number(400)))"
        }
        return text
    }
}
