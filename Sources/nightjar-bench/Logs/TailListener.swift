import Foundation
import Foundations
import Glibc

/// A live tail over a WebSocket (RFC 6455), as Grafana and logcli open it: notes when each of the texts it was told of comes.
final class TailListener: Sendable {
    private struct State {
        /// When each text that is waited for came.
        var seen: [String: ContinuousClock.Instant] = [:]
        var failure: String?
        var isClosed = false
    }

    private let socket: Int32
    private let state = Locked(State())
    private let marker: String

    /// Texts that are noted begin with `marker` and end before the next character that is no digit.
    init(port: Int, query: String, marker: String) throws {
        self.marker = marker
        socket = try LoopbackConnection.connected(to: port)
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        let head = """
            GET /loki/api/v1/tail?limit=1&query=\(query.addingPercentEncoding(withAllowedCharacters: allowed) ?? "") HTTP/1.1\r
            Host: 127.0.0.1:\(port)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bmlnaHRqYXItYmVuY2gtMQ==\r\n\r\n
            """
        let sent = head.utf8.count
        guard Array(head.utf8).withUnsafeBytes({ Glibc.send(socket, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL)) }) == sent else {
            throw BenchError("the live tail can't be asked for: \(String(cString: strerror(errno)))")
        }
        var answer: [UInt8] = []
        // One byte at a time, so that nothing of the first frame is taken with it.
        while !answer.ends(with: Array("\r\n\r\n".utf8)) { answer += try Self.read(socket, 1) }
        guard answer.starts(with: Array("HTTP/1.1 101".utf8)) else { throw BenchError("the live tail was answered with \(String(decoding: answer.prefix(40), as: UTF8.self))") }
        _ = WorkerThread(name: "tail-listener") { [self] in listen() }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        shutdown(socket, Int32(SHUT_RDWR))
    }

    /// When a text came; nil where it hasn't yet. Throws where the tail has ended.
    func moment(of text: String) throws -> ContinuousClock.Instant? {
        try state.withLock { state in
            if let failure = state.failure { throw BenchError("the live tail ended: \(failure)") }
            return state.seen[text]
        }
    }

    private func listen() {
        do {
            while true {
                let payload = try frame()
                let now = ContinuousClock.now
                let texts = Self.texts(behind: marker, in: payload)
                state.withLock { state in for text in texts where state.seen[text] == nil { state.seen[text] = now } }
            }
        } catch {
            state.withLock { if !$0.isClosed { $0.failure = "\(error)" } }
        }
        Glibc.close(socket)
    }

    /// One frame's payload; a server doesn't mask.
    private func frame() throws -> [UInt8] {
        let head = try Self.read(socket, 2)
        var count = Int(head[1] & 0x7F)
        if count >= 126 { count = try Self.read(socket, count == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) } }
        guard count <= 64 << 20 else { throw BenchError("a frame says that it has \(count) bytes") }
        return try Self.read(socket, count)
    }

    private static func texts(behind marker: String, in payload: [UInt8]) -> [String] {
        String(decoding: payload, as: UTF8.self).components(separatedBy: marker).dropFirst().map { marker + $0.prefix { $0.isNumber } }
    }

    private static func read(_ socket: Int32, _ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { recv(socket, $0.baseAddress! + filled, count - filled, 0) }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw BenchError("the server closed the connection") }
            filled += got
        }
        return bytes
    }
}

extension Array where Element == UInt8 {
    fileprivate func ends(with suffix: [UInt8]) -> Bool { count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix) }
}
