import Foundation
import Foundations

/// A receiver of webhooks on the loopback: keeps every body, answers what it is told to.
final class WebhookSink: @unchecked Sendable {
    let port: Int
    private let listener: Int32
    private let state = Locked<(bodies: [String], status: Int)>(([], 200))
    private let isStopped = Locked(false)

    var url: String { "http://127.0.0.1:\(port)/hook" }
    var bodies: [String] { state.withLock { $0.bodies } }

    /// What is answered from now on. Bodies are kept only where it is 200.
    func answer(_ status: Int) { state.withLock { $0.status = status } }

    init() {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        listener = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        precondition(isBound, "can't listen on the loopback: \(String(cString: strerror(errno)))")
        port = Int(UInt16(bigEndian: address.sin_port))
        let (state, isStopped) = (state, isStopped)
        _ = WorkerThread(name: "webhook-sink") {
            while true {
                let connection = accept(descriptor, nil, nil)
                if isStopped.withLock({ $0 }) || connection < 0 { return }
                _ = WorkerThread(name: "webhook-conn") { Self.serve(connection, state) }
            }
        }
    }

    deinit {
        isStopped.withLock { $0 = true }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// Answers requests on one connection until the other side closes it.
    private static func serve(_ connection: Int32, _ state: Locked<(bodies: [String], status: Int)>) {
        defer { close(connection) }
        var buffer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            while let (body, end) = request(in: buffer) {
                let status = state.withLock { state in
                    if state.status == 200 { state.bodies.append(body) }
                    return state.status
                }
                buffer.removeFirst(end)
                let reply = Array("HTTP/1.1 \(status) Answer\r\nContent-Length: 0\r\n\r\n".utf8)
                if send(connection, reply, reply.count, Int32(MSG_NOSIGNAL)) != reply.count { return }
            }
            let count = recv(connection, &chunk, chunk.count, 0)
            if count <= 0 { return }
            buffer += chunk[..<count]
        }
    }

    /// The first whole request in the buffer: its body and where it ends.
    private static func request(in buffer: [UInt8]) -> (body: String, end: Int)? {
        let text = String(decoding: buffer, as: UTF8.self)
        guard let head = text.range(of: "\r\n\r\n") else { return nil }
        let headers = text[..<head.lowerBound]
        let start = headers.utf8.count + 4
        let length = headers.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).drop(while: { $0 == " " })) } ?? 0
        guard buffer.count >= start + length else { return nil }
        return (String(decoding: buffer[start..<start + length], as: UTF8.self), start + length)
    }
}
