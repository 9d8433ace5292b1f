import Foundations
import Logging
import Model
import Outbound

/// Sends the records of one kind to one destination, strictly in order, each until it is answered for good.
///
/// 2xx moves the cursor. Credentials and addresses that are refused (401, 403, 404) are tried again slowly, since a person must act; overload
/// and network trouble with growing waits or as `Retry-After` says. A body that is refused for good (400, 413 and other 4xx) goes to
/// the quarantine and sending goes on.
final class Sender: Sendable {
    private enum Verdict {
        case accepted(isDuplicate: Bool)
        case refused(status: Int, reason: String)
        /// `needsPerson`: trying sooner won't help.
        case again(reason: String, label: String, retryAfterSeconds: Double?, needsPerson: Bool)
    }

    private let kind: SpoolKind
    private let state: DestinationState
    private let spool: Spool
    private let client: HTTPClient
    private let worker: FileWorker
    private let counters: Locked<AgentCounters>
    private let clock: any WallClock
    private let logger: Logger
    private let instance: String
    private let version: String
    private let pace: Pace

    /// How long it waits after failures.
    struct Pace: Sendable {
        var baseSeconds = Limits.retryBaseSeconds
        var maxSeconds = Limits.retryMaxSeconds
        var refusedSeconds = Limits.refusedRetrySeconds
    }

    init(
        kind: SpoolKind, state: DestinationState, spool: Spool, client: HTTPClient, worker: FileWorker, counters: Locked<AgentCounters>, clock: any WallClock,
        logger: Logger, instance: String, version: String, pace: Pace = Pace()
    ) {
        self.pace = pace
        self.kind = kind
        self.state = state
        self.spool = spool
        self.client = client
        self.worker = worker
        self.counters = counters
        self.clock = clock
        var logger = logger
        logger[metadataKey: "destination"] = "\(SafeText(state.destination.name))"
        logger[metadataKey: "kind"] = "\(kind.name)"
        self.logger = logger
        self.instance = instance
        self.version = version
    }

    private var name: String { state.destination.name }

    /// Sends until the task is cancelled.
    func run() async {
        for await _ in spool.arrivals(kind) {
            while !Task.isCancelled, let record = await nextRecord() {
                if await deliver(record) == false { return }
            }
        }
    }

    private func nextRecord() async -> SpoolRecord? {
        let (spool, kind, name) = (spool, kind, name)
        do throws(FileError) {
            return try await worker.run { () throws(FileError) in try spool.next(kind, for: name) }
        } catch {
            logger.error("the spool can't be read", metadata: ["error": "\(error)"])
            _ = await pause(seconds: pace.maxSeconds)
            return nil
        }
    }

    /// True once the record is settled, false where the task was cancelled first.
    private func deliver(_ record: SpoolRecord) async -> Bool {
        var backoff = Backoff(baseSeconds: pace.baseSeconds, maxSeconds: pace.maxSeconds)
        while !record.payload.isEmpty {
            switch await attempt(record) {
            case .accepted(let isDuplicate):
                succeed(record, isDuplicate: isDuplicate)
                await acknowledge(record)
                return true
            case .refused(let status, let reason):
                await quarantine(record, status, reason)
                await acknowledge(record)
                return true
            case .again(let reason, let label, let retryAfterSeconds, let needsPerson):
                if Task.isCancelled { return false }
                fail(reason, label)
                var generator = SystemRandomNumberGenerator()
                let seconds = needsPerson
                    ? Double.random(in: pace.refusedSeconds) : backoff.next(using: &generator, retryAfterSeconds: retryAfterSeconds)
                if await pause(seconds: seconds) == false { return false }
            }
        }
        // Positions alone: nothing to send.
        await acknowledge(record)
        return true
    }

    private func pause(seconds: Double) async -> Bool {
        do {
            try await Task.sleep(for: .seconds(seconds))
            return true
        } catch {
            return false
        }
    }

    // MARK: One request

    private func attempt(_ record: SpoolRecord) async -> Verdict {
        var headers: [(String, String)] = [
            (BatchOrigin.agentHeader, spool.agentId), (BatchOrigin.sequenceHeader, String(record.sequence)), ("X-Nightjar-Instance", instance),
            ("X-Nightjar-Version", version),
        ]
        if let tenant = state.destination.tenant { headers.append((TenantName.header, tenant.description)) }
        let path: String
        switch kind {
        case .metrics:
            path = "/api/v1/write"
            headers += [
                ("Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request"), ("Content-Encoding", "snappy"),
                ("X-Prometheus-Remote-Write-Version", "2.0.0"),
            ]
        case .logs:
            path = "/v1/logs"
            headers += [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "zstd")]
        }
        do {
            if let token = state.destination.token {
                headers.append(("Authorization", "Bearer " + token.reveal()))
            } else if let tokenFile = state.destination.tokenFile {
                let token = try await worker.run { () throws(SecretFileError) in try SecretFile.read(tokenFile) }
                headers.append(("Authorization", "Bearer " + token.reveal()))
            }
            let request = HTTPRequest(
                method: "POST", url: state.destination.url + path, headers: headers, body: record.payload, timeoutSeconds: Limits.requestTimeoutSeconds,
                replyBytesMax: Limits.replyBytesMax)
            return verdict(try await client.send(request))
        } catch let error as OutboundError {
            return .again(reason: error.description, label: error.reasonLabel, retryAfterSeconds: nil, needsPerson: false)
        } catch {
            return .again(reason: "\(error)", label: "token", retryAfterSeconds: nil, needsPerson: true)
        }
    }

    private func verdict(_ reply: HTTPReply) -> Verdict {
        let url = state.destination.url
        let words = reply.excerpt()
        func again(_ reason: String, needsPerson: Bool = false) -> Verdict {
            .again(
                reason: words.isEmpty ? reason : "\(reason): \(words)", label: "http_\(reply.status)", retryAfterSeconds: reply.retryAfterSeconds(now: clock.now()),
                needsPerson: needsPerson)
        }
        switch reply.status {
        case 200...299: return .accepted(isDuplicate: reply.header("X-Nightjar-Duplicate") != nil)
        case 401: return again("\(url) asks for a token, or doesn't know this one; set the destination's token file", needsPerson: true)
        case 403: return again("\(url) knows the token, but it may not ingest; give it the scope `ingest`", needsPerson: true)
        case 404, 405: return again("\(url) is no collector (it answered \(reply.status)); check the address", needsPerson: true)
        case 300...399: return again("\(url) points elsewhere (it answered \(reply.status)); set the address itself", needsPerson: true)
        case 408, 425, 429: return again("\(url) asks to send later (it answered \(reply.status))")
        case 400...499: return .refused(status: reply.status, reason: words)
        default: return again("\(url) answered \(reply.status)")
        }
    }

    // MARK: What follows

    private func acknowledge(_ record: SpoolRecord) async {
        let (spool, kind, name) = (spool, kind, name)
        do throws(FileError) {
            try await worker.run { () throws(FileError) in try spool.acknowledge(kind, through: record.sequence, for: name) }
        } catch {
            // The cursor has moved in memory; on disk it follows with the next one, or the collector tells the duplicates after a restart.
            logger.warning("a cursor can't be written", metadata: ["error": "\(error)"])
        }
    }

    private func succeed(_ record: SpoolRecord, isDuplicate: Bool) {
        if isDuplicate { counters.withLock { $0.duplicatesReported += 1 } }
        let before = state.value.withLock { value in
            value.lastSuccess = clock.now()
            if kind == .logs {
                value.linesAcknowledged += record.itemCount
                value.bytesAcknowledged += record.itemBytes
            }
            return value.problems.removeValue(forKey: kind)
        }
        if before != nil { logger.info("the collector takes what is sent again") }
    }

    private func fail(_ reason: String, _ label: String) {
        let isNew = state.value.withLock { value in
            value.failures[label, default: 0] += 1
            defer { value.problems[kind] = reason }
            return value.problems[kind] != reason
        }
        if isNew { logger.warning("sending failed, it is tried again", metadata: ["reason": "\(reason)"]) }
    }

    private func quarantine(_ record: SpoolRecord, _ status: Int, _ reason: String) async {
        let (spool, kind) = (spool, kind)
        var isKept = false
        do throws(FileError) {
            isKept = try await worker.run { () throws(FileError) in try spool.quarantine.keep(record, kind: kind, status: status) }
        } catch {
            logger.warning("a refused batch can't be kept", metadata: ["error": "\(error)"])
        }
        counters.withLock { counters in
            counters.recordsQuarantined += 1
            if kind == .logs {
                counters.logLinesDropped += record.itemCount
                counters.logBytesDropped += record.itemBytes
            } else {
                counters.samplesDropped += record.itemCount
            }
        }
        state.value.withLock { $0.failures["http_\(status)", default: 0] += 1 }
        logger.error(
            "the collector refuses a batch for good; it was put aside",
            metadata: ["status": "\(status)", "reason": "\(reason)", "sequence": "\(record.sequence)", "kept": "\(isKept)"])
    }
}
