import Foundations
import GRDB
import Logging
import Model

/// Lets alerts of the past go the way that pages go, on a clock of its own and into a database of its own: grouping, waits, storms, flapping,
/// inhibition and mute times are those of the real thing, and nothing leaves the process.
final class ReplayPages: Sendable {
    /// Answers every message as a receiver that works.
    private struct Acceptor: Deliverer {
        func send(_ request: DeliveryRequest) async throws -> DeliveryReply { DeliveryReply(status: 200) }
    }

    /// Nobody asks it: templates were expanded before.
    private struct NoEvaluator: ExpressionEvaluator {
        func syntaxProblem(in expression: String) -> String? { nil }
        func dataExpression(of expression: String) -> String? { nil }
        func evaluate(_ expression: String, at moment: Timestamp) async throws -> [ResultElement] { [] }
    }

    private let service: AlertingService
    private let clock: ManualClock
    private let names = Locked<[String: String]>([:])

    init(_ routing: ReplayOptions.Routing, from start: Timestamp, directory: String) throws {
        clock = ManualClock(milliseconds: start.milliseconds)
        let silent = Logger(label: "nightjar.replay") { _ in SwiftLogNoOpLogHandler() }
        service = try AlertingService(
            options: AlertingOptions(ruleGlobs: [], databasePath: Paths.join(directory, "replay.db"), externalURL: ""), evaluator: NoEvaluator(),
            write: { _ in }, clock: clock, logger: silent, deliverer: { _ in Acceptor() })
        let (router, receivers): (Router, [Receiver]) =
            switch routing {
            case .file(let file): (file.router, file.receivers)
            case .route(let route, let receivers, let inhibitions): (Router(route, inhibitions: inhibitions), receivers)
            }
        // Without the receivers' own addresses and secrets, which a replay has no use for.
        let plain = receivers.map { receiver in
            Receiver(
                name: receiver.name, configuredName: receiver.configuredName, kind: .webhook(Receiver.Webhook(address: .url("http://replay.invalid/"))),
                sendsResolved: receiver.sendsResolved)
        }
        let context = NotificationContext(router: router, receivers: plain, externalURL: "", silences: service.environment.context.silences)
        try service.desk.apply(context, RequestComposer(templates: .standard))
    }

    /// Takes in steps of alerts, in order of time.
    func take(_ transitions: [ReplayTransition]) async throws {
        for item in transitions {
            await advance(to: item.at)
            let alert = item.transition.alert
            names.withLock { $0[alert.fingerprint.text] = "\(alert.labels[AlertLabel.name] ?? "") \(alert.labels.dropping([AlertLabel.name]))" }
            _ = try await service.database.record([item.transition], rule: item.rule, at: item.at, now: item.at, notifying: service.environment.context)
            await service.deliverDue()
        }
    }

    /// Lets time pass: what is due before a moment goes out.
    func advance(to moment: Timestamp) async {
        for _ in 0..<Limits.replayFlushesMax {
            guard let next = await service.flushDue(), next <= moment else { break }
            set(next)
            await service.deliverDue()
        }
        set(moment)
        await service.deliverDue()
    }

    private func set(_ moment: Timestamp) {
        let ahead = moment.milliseconds - clock.nowMilliseconds().milliseconds
        if ahead > 0 { clock.advance(milliseconds: ahead) }
    }

    /// All messages so far that weren't taken back.
    func pages() async throws -> [ReplayPage] {
        let names = names.withLock { $0 }
        let configured = service.environment.context.receivers.mapValues(\.configuredName)
        return try await service.database.read("read the messages of") { db in
            try Row.fetchAll(db, sql: "SELECT queued_at, receiver, group_key, operation, change FROM outbox WHERE state <> 'cancelled' ORDER BY id LIMIT ?", arguments: [Limits.replayPagesMax])
                .map { row in
                    let change = try StoredText.decode(NotificationChange.self, row["change"])
                    let told = change.fired.isEmpty ? change.resolved : change.fired
                    let receiver: String = row["receiver"]
                    return ReplayPage(
                        at: Timestamp(milliseconds: row["queued_at"]), receiver: configured[receiver] ?? receiver, operation: row["operation"],
                        groupKey: row["group_key"], alerts: told.keys.map { names[$0] ?? $0 }.sorted())
                }
        }
    }

    func close() throws { try service.database.close() }
}
