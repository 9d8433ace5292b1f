import Foundations
import Glibc

/// A small HTTP/1.1 server on a port of 127.0.0.1, over plain sockets, that answers as a test wants: for what sends.
///
/// Each connection has a thread of its own. Stopped by `stop`, or with the object.
public final class LoopbackServer: @unchecked Sendable {
    public struct Request: Sendable {
        public var method: String
        public var path: String
        /// Names in lower case.
        public var headers: [String: String]
        public var body: [UInt8]
        /// Which connection it came on, counted from 1.
        public var connection: Int
    }

    public enum Answer: Sendable {
        /// A whole answer with its length.
        case reply(status: Int, headers: [String: String] = [:], body: [UInt8] = [])
        /// Bytes as they are, each after a pause, then the connection is closed.
        case raw([(pauseMilliseconds: Int, bytes: [UInt8])])
        /// The connection is closed without a byte.
        case hangUp
        /// The connection is reset.
        case reset
    }

    public let port: UInt16
    private let listener: Int32
    private let answer: @Sendable (Request) -> Answer
    private let open = Locked<(connections: Set<Int32>, count: Int, most: Int, isStopped: Bool)>(([], 0, 0, false))

    public init(port: UInt16 = 0, _ answer: @escaping @Sendable (Request) -> Answer) {
        self.answer = answer
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) + getsockname(listener, $0, &length) }
        }
        precondition(status == 0 && listen(listener, 64) == 0, "no loopback port: \(String(cString: strerror(errno)))")
        self.port = UInt16(bigEndian: address.sin_port)
        _ = WorkerThread(name: "test server") { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0, let self else { return }
                self.serve(connection)
            }
        }
    }

    deinit { stop() }

    public var url: String { "http://127.0.0.1:\(port)" }
    /// Connections accepted so far.
    public var connectionCount: Int { open.withLock { $0.count } }

    /// The most connections that were open at one time.
    public var connectionsAtATime: Int { open.withLock { $0.most } }

    /// Closes the port and all connections.
    public func stop() {
        let connections = open.withLock { state in
            defer { state.isStopped = true }
            return state.isStopped ? nil : state.connections
        }
        guard let connections else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        for connection in connections { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    private func serve(_ connection: Int32) {
        let number = open.withLock { state in
            state.count += 1
            state.connections.insert(connection)
            state.most = max(state.most, state.connections.count)
            return state.count
        }
        let answer = answer
        let open = open
        _ = WorkerThread(name: "test connection") {
            Conversation(connection, number).run(answer)
            open.withLock { _ = $0.connections.remove(connection) }
            close(connection)
        }
    }
}

/// What happens on one connection.
private final class Conversation {
    private let socket: Int32
    private let number: Int
    private var received: [UInt8] = []

    init(_ socket: Int32, _ number: Int) {
        self.socket = socket
        self.number = number
    }

    func run(_ answer: (LoopbackServer.Request) -> LoopbackServer.Answer) {
        while let request = readRequest() {
            switch answer(request) {
            case .reply(let status, let headers, let body):
                var head = "HTTP/1.1 \(status) Answer\r\nContent-Length: \(body.count)\r\n"
                for (name, value) in headers { head += "\(name): \(value)\r\n" }
                guard write(Array((head + "\r\n").utf8) + (request.method == "HEAD" ? [] : body)) else { return }
            case .raw(let pieces):
                for (pause, bytes) in pieces {
                    usleep(useconds_t(pause * 1000))
                    guard write(bytes) else { return }
                }
                return
            case .hangUp: return
            case .reset:
                var option = linger(l_onoff: 1, l_linger: 0)
                setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
                return
            }
        }
    }

    private func readRequest() -> LoopbackServer.Request? {
        let end: [UInt8] = [13, 10, 13, 10]
        var headEnd: Int?
        while headEnd == nil {
            headEnd = received.indices.dropLast(3).first { received[$0] == 13 && received[$0..<$0 + 4].elementsEqual(end) }
            if headEnd == nil, !receive() { return nil }
        }
        let lines = String(decoding: received[..<headEnd!], as: UTF8.self).split(separator: "\r\n")
        let words = lines[0].split(separator: " ")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        let bodyStart = headEnd! + 4
        let bodyEnd = bodyStart + (headers["content-length"].flatMap { Int($0) } ?? 0)
        while received.count < bodyEnd { if !receive() { return nil } }
        let body = Array(received[bodyStart..<bodyEnd])
        received.removeFirst(bodyEnd)
        return LoopbackServer.Request(method: String(words[0]), path: String(words[1]), headers: headers, body: body, connection: number)
    }

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &buffer, buffer.count, 0)
        if count > 0 { received.append(contentsOf: buffer[..<count]) }
        return count > 0
    }

    private func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
