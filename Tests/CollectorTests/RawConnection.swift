import Foundations
import Glibc

/// A reply as it came over the wire.
struct RawReply: Sendable {
    var status: Int
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
}

struct ConnectionClosed: Error {}

/// A blocking TCP connection to the server under test, which can be slow, odd and broken as a test wants.
final class RawConnection: @unchecked Sendable {
    private let descriptor: Int32
    private var buffered: [UInt8] = []

    /// `receiveBytes`: what the system holds of what comes and isn't received yet, about; nil leaves that to it.
    init(port: Int, receiveBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBytes { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, socklen_t(MemoryLayout<Int32>.size)) }
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard status == 0 else { throw ConnectionClosed() }
    }

    deinit { close() }

    func close() { Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { throw ConnectionClosed() }
            sent += count
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Up to `max` bytes; empty at the end of the stream. Throws when nothing comes for 10 s.
    func receive(max: Int = 65_536) throws -> [UInt8] {
        if !buffered.isEmpty {
            defer { buffered = [] }
            return buffered
        }
        var bytes = [UInt8](repeating: 0, count: max)
        let count = recv(descriptor, &bytes, max, 0)
        if count < 0 { throw ConnectionClosed() }
        return Array(bytes.prefix(count))
    }

    /// The bytes until and with `mark`.
    func receive(until mark: String) throws -> [UInt8] {
        let mark = Array(mark.utf8)
        var bytes: [UInt8] = []
        while true {
            if let end = bytes.firstRange(of: mark)?.upperBound {
                buffered = Array(bytes[end...])
                return Array(bytes[..<end])
            }
            let more = try receive()
            if more.isEmpty { throw ConnectionClosed() }
            bytes += more
        }
    }

    func receive(exactly count: Int) throws -> [UInt8] {
        if count == 0 { return [] }
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try receive()
            if more.isEmpty { throw ConnectionClosed() }
            bytes += more
        }
        buffered = Array(bytes[count...])
        return Array(bytes[..<count])
    }

    /// The head of a reply, without its body.
    func receiveHead() throws -> RawReply {
        let lines = String(decoding: try receive(until: "\r\n\r\n"), as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        return RawReply(status: Int(lines[0].split(separator: " ")[1])!, headers: headers, body: [])
    }

    func receiveReply() throws -> RawReply {
        var reply = try receiveHead()
        if let length = reply.headers["content-length"].flatMap({ Int($0) }) {
            reply.body = try receive(exactly: length)
        } else if reply.headers["transfer-encoding"] == "chunked" {
            while true {
                let chunk = try receiveChunk()
                if chunk.isEmpty { break }
                reply.body += chunk
            }
        }
        return reply
    }

    func receiveChunk() throws -> [UInt8] {
        let size = String(decoding: try receive(until: "\r\n"), as: UTF8.self).dropLast(1)
        let chunk = try receive(exactly: Int(size, radix: 16)!)
        _ = try receive(until: "\r\n")
        return chunk
    }
}

/// Runs blocking work on a thread of its own: the pool's few threads are the server's.
func blocking<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        _ = WorkerThread(name: "test client") { continuation.resume(with: Swift.Result { try work() }) }
    }
}

extension [UInt8] {
    fileprivate func firstRange(of mark: [UInt8]) -> Range<Int>? {
        guard count >= mark.count else { return nil }
        for start in 0...(count - mark.count) where self[start..<start + mark.count].elementsEqual(mark) { return start..<start + mark.count }
        return nil
    }
}
