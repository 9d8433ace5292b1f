import Foundations
import Outbound
import TestSupport
import Testing

@Suite struct PolicyTests {
    @Test(arguments: [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    ])
    func innerAddressesAreRefused(text: String) throws {
        let address = try #require(NetworkAddress(text))
        #expect(OutboundPolicy().refusal(of: address) != nil)
        #expect(OutboundPolicy.unrestricted.refusal(of: address) == nil)
    }

    @Test(arguments: ["1.1.1.1", "172.15.0.1", "172.32.0.1", "192.167.1.1", "11.0.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
    func publicAddressesAreAllowed(text: String) throws {
        #expect(OutboundPolicy().refusal(of: try #require(NetworkAddress(text))) == nil)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3/32", "10.1.2.4", false),
        ("0.0.0.0/0", "9.9.9.9", true), ("0.0.0.0/0", "::1", false), ("fd00::/9", "fd7f::1", true), ("fd00::/9", "fd80::1", false),
    ])
    func rangesHoldTheirAddresses(range: String, address: String, holds: Bool) throws {
        #expect(try #require(CIDR(range)).contains(try #require(NetworkAddress(address))) == holds)
    }

    @Test(arguments: ["", "10.0.0.0/33", "10.0.0/8", "a/8", "10.0.0.0/", "10.0.0.0/-1", "::/129", "10.0.0.0/8/8"])
    func textsThatAreNoRangeAreRefused(text: String) { #expect(CIDR(text) == nil) }

    @Test func theAddressReallyConnectedToIsChecked() async throws {
        let server = LoopbackServer { _ in .reply(status: 200) }
        let strict = HTTPClient(policy: OutboundPolicy(allowsPlainHTTP: true))
        for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"] {
            let request = HTTPRequest(method: "GET", url: "http://\(host):\(server.port)/secret")
            let error = await #expect(throws: OutboundError.self) { try await strict.send(request) }
            #expect(error?.reasonLabel == "denied", "\(host): \(String(describing: error))")
        }
        #expect(server.connectionCount == 0)
        let listed = HTTPClient(policy: OutboundPolicy(allowsPlainHTTP: true, allowedNetworks: [try #require(CIDR("127.0.0.0/8"))]))
        #expect(try await listed.send(HTTPRequest(method: "GET", url: server.url)).status == 200)
    }

    @Test func plainHTTPNeedsToBeAllowed() async {
        let client = HTTPClient(policy: OutboundPolicy(allowsPrivateAddresses: true))
        let error = await #expect(throws: OutboundError.self) { try await client.send(HTTPRequest(method: "GET", url: "http://user:pass@h.example/secret")) }
        #expect(error == .denied(place: "http://h.example", reason: "it isn't encrypted; use https://"))
    }

    @Test func aServerThatSpeaksNoTLSIsATLSError() async {
        let server = LoopbackServer { _ in .hangUp }
        let client = HTTPClient(policy: .unrestricted)
        let error = await #expect(throws: OutboundError.self) {
            try await client.send(HTTPRequest(method: "GET", url: "https://127.0.0.1:\(server.port)", timeoutSeconds: 2))
        }
        #expect(["tls", "timeout", "broken"].contains(error?.reasonLabel ?? ""), "\(String(describing: error))")
    }
}

@Suite struct RetryTests {
    private func reply(_ value: String) -> HTTPReply { HTTPReply(status: 503, headers: [("retry-after", value)]) }
    private let now = Timestamp(seconds: 784_111_777).nanos

    @Test(arguments: [
        ("120", 120.0 as Double?), ("0", 0), ("99999999", 3600), ("Sun, 06 Nov 1994 08:50:37 GMT", 60), ("Sunday, 06-Nov-94 08:49:47 GMT", 10),
        ("Sun Nov  6 08:49:38 1994", 1), ("Sun, 06 Nov 1994 08:00:00 GMT", 0), ("soon", nil), ("-5", nil), ("1e3", nil), ("", nil),
    ])
    func retryAfterIsReadInBothForms(value: String, seconds: Double?) { #expect(reply(value).retryAfterSeconds(now: now) == seconds) }

    @Test func withoutTheHeaderThereIsNoWait() { #expect(HTTPReply(status: 503).retryAfterSeconds(now: now) == nil) }

    @Test func waitsGrowToTheirBoundAndAreSpread() {
        var generator = SeededGenerator(seed: 1)
        var largest: [Double] = []
        for _ in 0..<500 {
            var backoff = Backoff(baseSeconds: 1, maxSeconds: 30)
            for attempt in 0..<8 {
                let wait = backoff.next(using: &generator)
                #expect(wait >= 0 && wait <= min(30, Double(1 << attempt)))
                if largest.count <= attempt { largest.append(0) }
                largest[attempt] = max(largest[attempt], wait)
            }
        }
        for (attempt, wait) in largest.enumerated() { #expect(wait > 0.9 * min(30, Double(1 << attempt))) }
    }

    @Test func aWaitThatWasAskedForIsKept() {
        var generator = SeededGenerator(seed: 1)
        var backoff = Backoff(baseSeconds: 1, maxSeconds: 30)
        for _ in 0..<100 { #expect((120...121).contains(backoff.next(using: &generator, retryAfterSeconds: 120))) }
        backoff.reset()
        #expect(backoff.next(using: &generator) <= 1)
    }
}
