import Foundations
import Logging

/// Sends one receiver's messages: groups beside each other, the messages of a group one after another. Each receiver has its own, so
/// that one that hangs holds up nobody else.
final class ReceiverWorker: Sendable {
    /// Counters since the start.
    struct Counters: Sendable {
        var attempts: Int64 = 0
        var failures: Int64 = 0
        var delivered: Int64 = 0
        var refused: Int64 = 0
    }

    private struct Health {
        var failuresInARow = 0
        /// Nobody is asked before; by a 429 or 503, or because the receiver is down.
        var pausedUntil = Timestamp.distantPast
        var inFlight = 0
        /// Messages that arrived without their attempt being noted, since the database couldn't be written.
        var unrecorded: Set<Int64> = []
        var random = SeededGenerator(seed: .random(in: .min ... .max))

        /// How many more requests may be made: one at a time to a receiver that fails.
        var room: Int { max(0, (failuresInARow >= Limits.failuresUntilProbing ? 1 : Limits.requestsPerReceiverMax) - inFlight) }
    }

    let receiver: Receiver
    let signal = Signal()
    private let database: AlertDatabase
    private let deliverer: any Deliverer
    private let composer: RequestComposer
    private let hooks: [any PipelineHook]
    private let isRetired = Locked(false)
    private let clock: any WallClock
    private let logger: Logger
    private let health = Locked(Health())
    private let counted = Locked(Counters())

    init(
        receiver: Receiver, database: AlertDatabase, deliverer: any Deliverer, composer: RequestComposer = RequestComposer(),
        hooks: [any PipelineHook] = [], clock: any WallClock, logger: Logger, seed: UInt64? = nil
    ) {
        self.hooks = hooks
        self.receiver = receiver
        self.composer = composer
        self.database = database
        self.deliverer = deliverer
        self.clock = clock
        self.logger = logger
        if let seed { health.withLock { $0.random = SeededGenerator(seed: seed) } }
    }

    var counters: Counters { counted.withLock { $0 } }

    /// Sends until the task is cancelled; requests under way are then given up, and their messages come again at the next start.
    func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled, !isRetired.withLock({ $0 }) {
                let messages = await claim()
                for message in messages { group.addTask { await self.attempt(message) } }
                if messages.isEmpty { await signal.wait(atMostMilliseconds: await pauseMilliseconds()) }
            }
        }
    }

    /// Another worker takes over: what is under way is ended, nothing more is begun.
    func retire() {
        isRetired.withLock { $0 = true }
        signal.raise()
    }

    /// Sends what is due now, once, and returns how many attempts were made.
    func sendDue() async -> Int {
        let messages = await claim()
        await withDiscardingTaskGroup { group in
            for message in messages { group.addTask { await self.attempt(message) } }
        }
        return messages.count
    }

    private func claim() async -> [OutboxMessage] {
        let now = clock.nowMilliseconds()
        let room = health.withLock { health in
            health.pausedUntil > now ? 0 : health.room
        }
        if room == 0 { return [] }
        do {
            var messages = try await database.claim(receiver: receiver.name, messagesMax: room, now: now)
            health.withLock { health in
                health.inFlight += messages.count
                for index in messages.indices where health.unrecorded.contains(messages[index].id) { messages[index].mayBeRepeat = true }
            }
            return messages
        } catch {
            logger.error("the attempt to send a page can't be noted", metadata: ["receiver": "\(receiver.name)", "reason": "\(error)"])
            await sendUnrecorded(messagesMax: room, now: now)
            health.withLock { $0.pausedUntil = max($0.pausedUntil, now.advanced(byMilliseconds: Limits.databaseRetryMilliseconds)) }
            return []
        }
    }

    /// Sends what is due although the attempts can't be noted: a page that may come twice is better than none. Each message until it has
    /// arrived; once the database can be written it is sent again in the ordinary way, marked as a possible repeat.
    private func sendUnrecorded(messagesMax: Int, now: Timestamp) async {
        let due: [OutboxMessage]
        do {
            due = try await database.due(receiver: receiver.name, messagesMax: Limits.unrecordedMessagesMax, now: now)
        } catch {
            logger.critical("no page can be sent", metadata: ["receiver": "\(receiver.name)", "reason": "\(error)"])
            return
        }
        let said = health.withLock { $0.unrecorded }
        for message in due.filter({ !said.contains($0.id) }).prefix(messagesMax) {
            var outcome = "sent"
            do {
                var request = try await composer.request(message, for: receiver)
                request.headers.append((UnrecordedPager.header, "1"))
                let reply = try await deliverer.send(request)
                // One that is refused for good isn't sent again before that can be noted.
                if !Self.isForLater(reply.status) { health.withLock { _ = $0.unrecorded.insert(message.id) } }
                if !(200..<300).contains(reply.status) { outcome = "status \(reply.status)" }
            } catch {
                outcome = "\(error)"
            }
            logger.critical("a page went out without being recorded", metadata: ["receiver": "\(receiver.name)", "group": "\(message.groupKey)", "outcome": "\(outcome)"])
        }
    }

    /// Whether a receiver may take later what it doesn't take now.
    private static func isForLater(_ status: Int) -> Bool {
        !(200..<300).contains(status) && (!(400..<500).contains(status) || status == 408 || status == 429)
    }

    /// Until something can be due: at most a few seconds, so that a clock that is set or a database that recovers is noticed.
    private func pauseMilliseconds() async -> Int64 {
        let longest: Int64 = 5000
        let now = clock.nowMilliseconds()
        let (paused, isFull) = health.withLock { ($0.pausedUntil, $0.room == 0) }
        if isFull { return longest }
        do {
            guard let due = try await database.nextDue(receiver: receiver.name) else { return longest }
            return min(longest, max(10, max(due, paused).milliseconds - now.milliseconds))
        } catch {
            return longest  // The next claim reports it.
        }
    }

    private func attempt(_ message: OutboxMessage) async {
        let outcome = await send(message)
        let now = clock.nowMilliseconds()
        await store(outcome, of: message, now: now)
        health.withLock { $0.inFlight -= 1 }
        signal.raise()
    }

    /// Tries until the database takes it. A message whose end isn't stored is sent again after a restart, marked as a possible repeat.
    private func store(_ outcome: AttemptOutcome, of message: OutboxMessage, now: Timestamp) async {
        while true {
            do {
                try await database.finish(message, outcome, hooks: hooks, now: now)
                health.withLock { health in
                    if case .postponed = outcome { return }
                    health.unrecorded.remove(message.id)
                }
                return
            } catch {
                logger.error("the end of an attempt wasn't stored", metadata: ["receiver": "\(receiver.name)", "reason": "\(error)"])
            }
            do {
                try await Task.sleep(nanoseconds: 1_000_000_000)
            } catch {
                return  // The program ends.
            }
        }
    }

    private func send(_ message: OutboxMessage) async -> AttemptOutcome {
        counted.withLock { $0.attempts += 1 }
        do {
            let request = try await composer.request(message, for: receiver)
            let reply = ReplyReading.corrected(try await deliverer.send(request), receiver)
            return judge(await ReplyReading.followed(reply, of: request, receiver, by: deliverer), message)
        } catch {
            // A secret that can't be read is found before anything is sent.
            let mayHaveArrived = (error as? DeliveryFailure)?.mayHaveArrived ?? !(error is AlertingError || error is DecodingError)
            return postpone(message, status: nil, answer: "", error: "\(error)", retryAfterSeconds: nil, mayHaveArrived: mayHaveArrived)
        }
    }

    private func judge(_ reply: DeliveryReply, _ message: OutboxMessage) -> AttemptOutcome {
        let answer = SafeText(bytes: reply.body.prefix(Limits.answerBytesMax)).string
        switch reply.status {
        case 200..<300:
            health.withLock { $0.failuresInARow = 0 }
            counted.withLock { $0.delivered += 1 }
            return .delivered(status: reply.status, answer: answer)
        case let status where !Self.isForLater(status):
            // The receiver is well and doesn't want this message.
            health.withLock { $0.failuresInARow = 0 }
            counted.withLock {
                $0.failures += 1
                $0.refused += 1
            }
            logger.error(
                "a page was refused",
                metadata: ["receiver": "\(receiver.name)", "group": "\(message.groupKey)", "status": "\(reply.status)", "answer": "\(answer)"])
            return .refused(status: reply.status, answer: answer)
        default:
            return postpone(
                message, status: reply.status, answer: answer, error: "status \(reply.status)", retryAfterSeconds: reply.retryAfterSeconds,
                mayHaveArrived: false)
        }
    }

    private func postpone(
        _ message: OutboxMessage, status: Int?, answer: String, error: String, retryAfterSeconds: Double?, mayHaveArrived: Bool
    ) -> AttemptOutcome {
        let now = clock.nowMilliseconds()
        let until = health.withLock { health in
            health.failuresInARow += 1
            if let retryAfterSeconds {
                let asked = Int64(min(max(0, retryAfterSeconds), Limits.retryAfterSecondsMax) * 1000)
                health.pausedUntil = max(health.pausedUntil, now.advanced(byMilliseconds: asked))
            } else if health.failuresInARow >= Limits.failuresUntilProbing {
                let pause = RetryDelay.milliseconds(
                    attempt: health.failuresInARow, retryAfterSeconds: nil, secondsMax: Limits.probeSecondsMax, using: &health.random)
                health.pausedUntil = max(health.pausedUntil, now.advanced(byMilliseconds: pause))
            }
            return now.advanced(
                byMilliseconds: RetryDelay.milliseconds(attempt: message.attempt, retryAfterSeconds: retryAfterSeconds, using: &health.random))
        }
        counted.withLock { $0.failures += 1 }
        logger.warning(
            "a page wasn't delivered and will be tried again",
            metadata: ["receiver": "\(receiver.name)", "group": "\(message.groupKey)", "attempt": "\(message.attempt)", "reason": "\(error)"])
        return .postponed(until: until, status: status, answer: answer, error: error, mayHaveArrived: mayHaveArrived)
    }
}
