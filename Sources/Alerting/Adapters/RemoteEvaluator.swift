import Foundation
import Foundations
import Logging
import Model
import Outbound

/// A server whose query API rules are evaluated by: a Prometheus, a cluster that is compatible with it, another Nightjar, or for log rules a Loki.
public struct RemoteSource: Sendable {
    /// Up to `/api/v1` or `/loki`: `https://metrics.example.net/prometheus`.
    public var url: String
    /// A file with the token to send, which is read anew for each request.
    public var tokenFile: String?
    /// Certificates to trust in place of the system's, PEM.
    public var authorityFile: String?
    /// Sent as `X-Scope-OrgID`.
    public var tenant: TenantName?

    public init(url: String, tokenFile: String? = nil, authorityFile: String? = nil, tenant: TenantName? = nil) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.tokenFile = tokenFile
        self.authorityFile = authorityFile
        self.tenant = tenant
    }

    /// What every request to it carries. Throws where the token can't be read.
    public func headers() throws -> [(String, String)] {
        var headers: [(String, String)] = []
        if let tenant { headers.append((TenantName.header, tenant.description)) }
        if let tokenFile { headers.append(("Authorization", "Bearer " + (try SecretFile.read(tokenFile, readers: .ownerAndGroup)).reveal())) }
        return headers
    }

    /// A client that trusts what the source's is to be trusted by. Who named the address has decided that it may be a private one.
    public func client() -> HTTPClient { HTTPClient(policy: .unrestricted, tls: OutboundTLS(caFile: authorityFile), connectionsMax: Limits.groupsAtOnceMax) }
}

/// Evaluates rules by asking a server for instant queries. Native histograms as results count as NaN.
struct RemoteEvaluator: ExpressionEvaluator {
    enum Language { case metrics, logs }

    private let source: RemoteSource
    private let language: Language
    private let client: HTTPClient

    init(_ source: RemoteSource, _ language: Language) {
        self.source = source
        self.language = language
        client = source.client()
    }

    func syntaxProblem(in expression: String) -> String? {
        language == .metrics ? PromQLCheck.syntaxProblem(in: expression) : LogQLEvaluator.problem(in: expression)
    }

    func dataExpression(of expression: String) -> String? { language == .metrics ? DataExpression.text(of: expression) : nil }

    func evaluate(_ expression: String, at moment: Timestamp) async throws -> [ResultElement] {
        let (path, time) =
            switch language {
            case .metrics: ("/api/v1/query", Self.seconds(moment))
            case .logs: ("/loki/api/v1/query", String(moment.nanos.nanoseconds))
            }
        let form = "query=\(Self.encoded(expression))&time=\(time)"
        let headers = try source.headers() + [("Content-Type", "application/x-www-form-urlencoded")]
        let request = HTTPRequest(
            method: "POST", url: source.url + path, headers: headers, body: Array(form.utf8), timeoutSeconds: Limits.remoteQuerySecondsMax,
            replyBytesMax: Limits.remoteReplyBytesMax)
        let reply: HTTPReply
        do {
            reply = try await client.send(request)
        } catch {
            throw RuleFailure("the source can't be asked: \(error.description)")
        }
        return try Self.elements(reply.status, reply.body)
    }

    // The answers of Prometheus and of Loki have the same form.
    private struct Answer: Decodable {
        struct Payload: Decodable {
            let resultType: String
            let result: Result
        }
        enum Result: Decodable {
            case elements([Element])
            case point(Point)

            init(from decoder: any Decoder) throws {
                do { self = .elements(try [Element](from: decoder)) } catch { self = .point(try Point(from: decoder)) }
            }
        }
        struct Element: Decodable {
            let metric: [String: String]
            let value: Point?
        }
        let status: String
        let data: Payload?
        let error: String?
    }

    /// `[1700000000.5, "1"]`
    private struct Point: Decodable {
        let value: Double

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            _ = try container.decode(Double.self)
            let text = try container.decode(String.self)
            switch text {
            case "+Inf", "Inf": value = .infinity
            case "-Inf": value = -.infinity
            default: value = Double(text) ?? .nan
            }
        }
    }

    static func elements(_ status: Int, _ body: [UInt8]) throws(RuleFailure) -> [ResultElement] {
        let answer: Answer
        do {
            answer = try JSONDecoder().decode(Answer.self, from: Data(body))
        } catch {
            let words = SafeText(bytes: body.prefix(200)).string
            throw RuleFailure("the source answered \(status)\(words.isEmpty ? "" : ": \(words)")")
        }
        guard status == 200, answer.status == "success", let data = answer.data else {
            throw RuleFailure("the source answered \(status): \(SafeText((answer.error ?? answer.status).prefix(500)).string)")
        }
        switch data.result {
        case .point(let point) where data.resultType == "scalar": return [ResultElement(labels: Labels(), value: point.value)]
        case .elements(let elements) where data.resultType == "vector":
            return elements.map { ResultElement(labels: Labels($0.metric.map { (name: $0.key, value: $0.value) }), value: $0.value?.value ?? .nan) }
        default: throw RuleFailure("the expression gives neither a vector nor a scalar")
        }
    }

    private static func seconds(_ moment: Timestamp) -> String { "\(moment.milliseconds / 1000).\(String(1000 + moment.milliseconds % 1000).dropFirst())" }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): String(UnicodeScalar(byte))
            default: "%" + HexadecimalText.of([byte])
            }
        }.joined()
    }
}

extension AlertingService {
    /// Alerting over a server's data: `source` evaluates metric rules, `logs` log rules, `write` stores recorded series and `ALERTS`.
    /// Throws `AlertingError` where the database can't be opened or another process has it.
    public convenience init(
        options: AlertingOptions, source: RemoteSource, logs: RemoteSource?, write: @escaping @Sendable (MetricBatch) async throws -> Void,
        clock: any WallClock = SystemClock(), logger: Logger
    ) throws {
        try self.init(
            options: options, evaluator: RemoteEvaluator(source, .metrics), logEvaluator: logs.map { RemoteEvaluator($0, .logs) } ?? NoLogs(), write: write,
            clock: clock, logger: logger
        ) { receiver in OutboundDeliverer(receiver, clock: clock) }
    }
}
