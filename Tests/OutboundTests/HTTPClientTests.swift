import Foundations
import Outbound
import TestSupport
import Testing

private func ok(_ text: String = "", headers: [String: String] = [:]) -> LoopbackServer.Answer {
    .reply(status: 200, headers: headers, body: Array(text.utf8))
}

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    let client = HTTPClient(policy: .unrestricted, userAgent: "nightjar-test")

    @Test func methodHeadersAndBodyArriveAsTheyWereGiven() async throws {
        let server = LoopbackServer { request in
            ok("\(request.method) \(request.path) \(request.headers["x-a"] ?? "-") \(request.headers["user-agent"] ?? "-") \(request.headers["content-type"] ?? "none") \(request.headers["expect"] ?? "none") \(request.body.count)")
        }
        let body = [UInt8](repeating: 7, count: 3_000_000)
        let reply = try await client.send(HTTPRequest(method: "POST", url: server.url + "/p?q=1", headers: [("X-A", "b")], body: body))
        #expect(String(decoding: reply.body, as: UTF8.self) == "POST /p?q=1 b nightjar-test none none 3000000")
        let typed = try await client.send(HTTPRequest(method: "PUT", url: server.url, headers: [("Content-Type", "text/x")], body: [1]))
        #expect(String(decoding: typed.body, as: UTF8.self) == "PUT / - nightjar-test text/x none 1")
        let got = try await client.send(HTTPRequest(method: "GET", url: server.url))
        #expect(String(decoding: got.body, as: UTF8.self) == "GET / - nightjar-test none none 0")
        let head = try await client.send(HTTPRequest(method: "HEAD", url: server.url))
        #expect(head.status == 200 && head.body.isEmpty)
    }

    @Test func anyStatusIsAReply() async throws {
        let server = LoopbackServer { request in .reply(status: Int(request.path.dropFirst())!, headers: ["X-Seen": "1"], body: [65]) }
        for status in [204, 301, 400, 404, 429, 503] {
            let reply = try await client.send(HTTPRequest(method: "GET", url: server.url + "/\(status)"))
            #expect(reply.status == status)
            #expect(reply.header("x-seen") == "1")
        }
    }

    @Test func oneConnectionCarriesManyRequests() async throws {
        let server = LoopbackServer { ok("\($0.connection)") }
        for _ in 0..<20 { _ = try await client.send(HTTPRequest(method: "POST", url: server.url, body: [1])) }
        #expect(server.connectionCount == 1)
    }

    @Test func manyRequestsRunAtATimeWithinTheConnectionsAllowed() async throws {
        let server = LoopbackServer { request in
            .raw([(100, Array("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx".utf8))])
        }
        let narrow = HTTPClient(policy: .unrestricted, connectionsMax: 4)
        let clock = SystemClock()
        let start = clock.monotonicNanoseconds()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<12 { group.addTask { try await narrow.send(HTTPRequest(method: "GET", url: server.url)).status } }
            for try await status in group { #expect(status == 200) }
        }
        let milliseconds = (clock.monotonicNanoseconds() - start) / 1_000_000
        #expect(milliseconds >= 290 && milliseconds < 1100 && server.connectionsAtATime > 1, "\(milliseconds) ms, \(server.connectionsAtATime) connections at a time")
    }

    @Test func aSlowAnswerEndsAtTheTimeout() async {
        let server = LoopbackServer { _ in .raw([(100_000, [])]) }
        await expectError(HTTPRequest(method: "GET", url: server.url, timeoutSeconds: 0.2)) { error in
            if case .timeout(let place, let seconds) = error { place == server.url && seconds >= 0.2 && seconds < 1 } else { false }
        }
    }

    @Test func aDrippingAnswerEndsAtTheTimeoutToo() async {
        let server = LoopbackServer { _ in
            .raw([(0, Array("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".utf8))] + (0..<40).map { _ in (50, [65]) })
        }
        await expectError(HTTPRequest(method: "GET", url: server.url, timeoutSeconds: 0.3)) { $0.reasonLabel == "timeout" }
    }

    @Test func brokenAnswersAreTypedErrors() async {
        let answers: [LoopbackServer.Answer] = [
            .hangUp, .reset, .raw([(0, Array("SSH-2.0-x\r\n".utf8))]), .raw([(0, Array("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort".utf8))]),
        ]
        for answer in answers {
            let server = LoopbackServer { _ in answer }
            await expectError(HTTPRequest(method: "GET", url: server.url)) { if case .broken(server.url, _) = $0 { true } else { false } }
        }
    }

    @Test func aHugeReplyIsRefusedWithoutBeingHeld() async {
        let server = LoopbackServer { _ in .reply(status: 200, body: [UInt8](repeating: 65, count: 1 << 20)) }
        await expectError(HTTPRequest(method: "GET", url: server.url, replyBytesMax: 1000)) { $0 == .replyTooLarge(place: server.url, bytesMax: 1000) }
        let exact = LoopbackServer { _ in .reply(status: 200, body: [UInt8](repeating: 65, count: 1000)) }
        await #expect(throws: Never.self) { try await client.send(HTTPRequest(method: "GET", url: exact.url, replyBytesMax: 1000)) }
    }

    @Test func endlessHeadersAreRefused() async {
        let line = Array("X-Pad: \(String(repeating: "a", count: 1000))\r\n".utf8)
        let server = LoopbackServer { _ in .raw([(0, Array("HTTP/1.1 200 OK\r\n".utf8))] + (0..<100).map { _ in (0, line) }) }
        await expectError(HTTPRequest(method: "GET", url: server.url)) { $0.reasonLabel == "reply_too_large" }
    }

    @Test func aClosedPortIsSaidAsSuch() async {
        let server = LoopbackServer { _ in .hangUp }
        let url = server.url
        server.stop()
        await expectError(HTTPRequest(method: "GET", url: url)) { if case .connect(url, _) = $0 { true } else { false } }
    }

    @Test func aNameWithoutAnAddressIsSaidAsSuch() async {
        await expectError(HTTPRequest(method: "GET", url: "http://nothing.invalid/secret")) { $0 == .resolve(place: "http://nothing.invalid") }
    }

    @Test func cancellingTheTaskEndsTheTransfer() async throws {
        let server = LoopbackServer { _ in .raw([(100_000, [])]) }
        let client = client
        let clock = SystemClock()
        let start = clock.monotonicNanoseconds()
        let task = Task { () -> OutboundError? in
            do throws(OutboundError) {
                _ = try await client.send(HTTPRequest(method: "GET", url: server.url))
                return nil
            } catch {
                return error
            }
        }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(clock.monotonicNanoseconds() - start < 2_000_000_000)
        let early = Task { () -> OutboundError? in
            withUnsafeCurrentTask { $0?.cancel() }
            do throws(OutboundError) {
                _ = try await client.send(HTTPRequest(method: "GET", url: server.url))
                return nil
            } catch {
                return error
            }
        }
        #expect(await early.value == .cancelled)
    }

    @Test func closingTheClientEndsItsTransfersAndRefusesMore() async throws {
        let server = LoopbackServer { _ in .raw([(5000, [])]) }
        let client = HTTPClient(policy: .unrestricted)
        let task = Task { _ = await #expect(throws: OutboundError.closed) { try await client.send(HTTPRequest(method: "GET", url: server.url)) } }
        try await Task.sleep(for: .milliseconds(50))
        client.close()
        await task.value
        await #expect(throws: OutboundError.closed) { try await client.send(HTTPRequest(method: "GET", url: server.url)) }
    }

    @Test func headersThatWouldBreakTheRequestAreRefused() async {
        for headers in [[("X-A", "a\r\nX-B: b")], [("X\n", "a")], [("", "a")]] {
            await expectError(HTTPRequest(method: "GET", url: "http://127.0.0.1:1", headers: headers)) { $0.reasonLabel == "bad_request" }
        }
        for url in ["ftp://a", "127.0.0.1", "", "http://a\n"] {
            await expectError(HTTPRequest(method: "GET", url: url)) { $0.reasonLabel == "bad_request" }
        }
    }

    @Test func redirectsAreFollowedOnlyWhereAsked() async throws {
        let server = LoopbackServer { request in
            request.path == "/new" ? ok("there") : .reply(status: 302, headers: ["Location": "/new"], body: Array("moved".utf8))
        }
        #expect(try await client.send(HTTPRequest(method: "GET", url: server.url)).status == 302)
        let reply = try await client.send(HTTPRequest(method: "GET", url: server.url, followsRedirects: true))
        #expect(reply.status == 200 && reply.body == Array("there".utf8))
    }

    private func expectError(_ request: HTTPRequest, _ isExpected: (OutboundError) -> Bool) async {
        do throws(OutboundError) {
            let reply = try await client.send(request)
            Issue.record("an answer came: \(reply.status)")
        } catch {
            #expect(isExpected(error), "\(error)")
            #expect(!error.description.contains("secret"))
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct HTTPStreamTests {
    let client = HTTPClient(policy: .unrestricted)

    @Test func piecesAreHandedOverAsTheyCome() async throws {
        let server = LoopbackServer { _ in
            .raw([(0, Array("HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n".utf8)), (0, Array("one\n".utf8)), (300, Array("two\n".utf8))])
        }
        let clock = SystemClock()
        let seen = Locked<[(String, Int64)]>([])
        let head = Locked<[Int]>([])
        let reply = try await client.stream(
            HTTPRequest(method: "GET", url: server.url, timeoutSeconds: 0),
            onReply: { status, headers in head.withLock { $0 += [status, headers.count, seen.withLock { $0.count }] } }
        ) { bytes in
            seen.withLock { $0.append((String(decoding: bytes, as: UTF8.self), clock.monotonicNanoseconds())) }
            return true
        }
        #expect(head.withLock { $0 } == [200, 1, 0])
        let pieces = seen.withLock { $0 }
        #expect(pieces.map(\.0) == ["one\n", "two\n"])
        #expect(pieces[1].1 - pieces[0].1 > 200_000_000)
        #expect(reply.status == 200 && reply.body.isEmpty)
    }

    @Test func theReceiverEndsAnEndlessStream() async throws {
        let server = LoopbackServer { _ in
            .raw([(0, Array("HTTP/1.1 200 OK\r\n\r\n".utf8))] + (0..<1000).map { _ in (5, [65]) })
        }
        let count = Locked(0)
        let reply = try await client.stream(HTTPRequest(method: "GET", url: server.url, timeoutSeconds: 0)) { _ in
            count.withLock { $0 += 1; return $0 < 3 }
        }
        #expect(reply.status == 200)
        #expect(count.withLock { $0 } == 3)
    }

    @Test func theBodyOfAnErrorIsKeptAndBounded() async throws {
        let server = LoopbackServer { _ in .reply(status: 500, body: [UInt8](repeating: 65, count: 5000)) }
        let reply = try await client.stream(HTTPRequest(method: "GET", url: server.url, replyBytesMax: 100)) { _ in
            Issue.record("an error's body was handed over")
            return true
        }
        #expect(reply.status == 500 && reply.body.count == 100)
    }

    @Test func silenceEndsAStream() async {
        let server = LoopbackServer { _ in .raw([(0, Array("HTTP/1.1 200 OK\r\n\r\nx".utf8)), (8000, [])]) }
        let request = HTTPRequest(method: "GET", url: server.url, timeoutSeconds: 0, silenceSecondsMax: 1)
        let error = await #expect(throws: OutboundError.self) { try await client.stream(request) { _ in true } }
        #expect(error?.reasonLabel == "timeout")
    }
}
