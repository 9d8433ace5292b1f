import Foundation
import Glibc

/// An HTTP/1.1 connection to a port of this machine that is kept open.
final class LoopbackConnection {
    private let socket: Int32
    private var input: [UInt8] = []

    init(port: Int) throws { socket = try Self.connected(to: port) }

    /// A socket that is connected to a port of this machine; the caller closes it.
    static func connected(to port: Int) throws -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard status == 0 else {
            let reason = String(cString: strerror(errno))
            close(socket)
            throw BenchError("port \(port) of this machine can't be reached: \(reason)")
        }
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        return socket
    }

    deinit { close(socket) }

    /// Sends a request and reads its reply; `text` is the reply's body, cut short.
    func exchange(head: String, _ body: UnsafeRawBufferPointer) throws -> (status: Int, text: String) {
        var head = head
        try head.withUTF8 { try send(UnsafeRawBufferPointer($0), hasMore: true) }
        try send(body, hasMore: false)
        return try reply()
    }

    private func send(_ bytes: UnsafeRawBufferPointer, hasMore: Bool) throws {
        var sent = 0
        while sent < bytes.count {
            let flags = Int32(MSG_NOSIGNAL) | (hasMore ? Int32(MSG_MORE) : 0)
            let count = Glibc.send(socket, bytes.baseAddress! + sent, bytes.count - sent, flags)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw BenchError("the server closed the connection: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    private func reply() throws -> (status: Int, text: String) {
        input.removeAll(keepingCapacity: true)
        var headEnd: Int?
        while headEnd == nil {
            try receive()
            headEnd = end(of: "\r\n\r\n")
        }
        let head = String(decoding: input[..<headEnd!], as: UTF8.self)
        guard let status = head.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { throw BenchError("the server's reply is no HTTP") }
        let lines = head.lowercased().split(separator: "\r\n")
        if let length = lines.first(where: { $0.hasPrefix("content-length:") }).flatMap({ Int($0.dropFirst(15).drop { $0 == " " }) }) {
            while input.count < headEnd! + length { try receive() }
        } else if lines.contains(where: { $0.hasPrefix("transfer-encoding:") }) {
            while end(of: "0\r\n\r\n") == nil { try receive() }
        }
        return (status, String(decoding: input[headEnd!...].prefix(300), as: UTF8.self))
    }

    private func end(of mark: String) -> Int? {
        let mark = Array(mark.utf8)
        guard input.count >= mark.count else { return nil }
        return (mark.count...input.count).first { input[($0 - mark.count)..<$0].elementsEqual(mark) }
    }

    private func receive() throws {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket, &buffer, buffer.count, 0)
        if count < 0, errno == EINTR { return }
        guard count > 0 else { throw BenchError("the server closed the connection without a reply") }
        input.append(contentsOf: buffer[..<count])
    }
}
