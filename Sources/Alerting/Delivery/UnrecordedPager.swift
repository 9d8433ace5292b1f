import Foundations
import Logging
import Model

/// Pages without the outbox while the alert database can't be written: a page that may come twice is better than none.
///
/// Each alert is said once to each receiver, marked as unrecorded. Once the database takes the alert, its page goes out again in the
/// ordinary way, and its resolve follows that one.
actor UnrecordedPager {
    /// Sent with such pages, beside the mark in the alert's annotations.
    static let header = "X-Nightjar-Unrecorded"
    static let annotation = NamedText(
        name: "nightjar_unrecorded", text: "The alert database can't be written. This page isn't recorded and comes again once it can.")

    private let desk: DeliveryDesk
    private let clock: any WallClock
    private let logger: Logger
    /// What was said, by receiver; of alerts that are no longer waiting to be recorded nothing is kept.
    private var said: [String: Set<Fingerprint>] = [:]

    init(desk: DeliveryDesk, clock: any WallClock, logger: Logger) {
        self.desk = desk
        self.clock = clock
        self.logger = logger
    }

    /// Says what fires to those who haven't heard it. Failures are tried again at the next call.
    func page(_ alerts: [AlertInstance], generatorURL: String) async {
        var waiting: [String: [AlertInstance]] = [:]
        let context = desk.context
        for alert in alerts {
            let destinations = context.router.routes(for: alert.labels).flatMap { node in
                (context.destinations[node.receiver] ?? []) + context.hooks.flatMap { $0.furtherReceivers(of: node.receiver, now: clock.nowMilliseconds(), context) }
            }
            for receiver in destinations where receiver.kind != .escalation && said[receiver.name]?.contains(alert.fingerprint) != true {
                waiting[receiver.name, default: []].append(alert)
            }
        }
        await withTaskGroup { group in
            for (name, alerts) in waiting {
                guard let receiver = context.receivers[name], let deliverer = desk.deliverer(name) else { continue }
                let (url, composer) = (context.externalURL, desk.composer)
                group.addTask {
                    do {
                        let reply = try await deliverer.send(Self.request(alerts, to: receiver, composer, externalURL: url, generatorURL: generatorURL))
                        return (name, alerts, (200..<300).contains(reply.status) ? "" : "status \(reply.status)")
                    } catch {
                        return (name, alerts, "\(error)")
                    }
                }
            }
            for await (name, alerts, failure) in group { note(name, alerts, failure) }
        }
    }

    /// The database took them.
    func recorded(_ alerts: [AlertInstance]) {
        for name in said.keys {
            for alert in alerts { said[name]?.remove(alert.fingerprint) }
            if said[name]?.isEmpty == true { said[name] = nil }
        }
    }

    private func note(_ receiver: String, _ alerts: [AlertInstance], _ failure: String) {
        if failure.isEmpty { said[receiver, default: []].formUnion(alerts.map(\.fingerprint)) }
        logger.critical(
            "a page went out without being recorded",
            metadata: ["receiver": "\(receiver)", "alerts": "\(alerts.count)", "failure": "\(failure)"])
    }

    private static func request(
        _ alerts: [AlertInstance], to receiver: Receiver, _ composer: RequestComposer, externalURL: String, generatorURL: String
    ) async throws -> DeliveryRequest {
        let messages = alerts.map { alert in
            MessageAlert(
                fingerprint: alert.fingerprint.text, labels: alert.labels, annotations: alert.annotations + [annotation], generatorURL: generatorURL,
                startsAt: alert.firedAt ?? alert.activeAt)
        }
        let groupLabels: Labels = [AlertLabel.name: alerts[0].labels[AlertLabel.name] ?? ""]
        let body = WebhookBody(
            receiver: receiver.configuredName, groupKey: "{}:\(groupLabels)", groupLabels: groupLabels, externalURL: externalURL, alerts: messages,
            alertsMax: receiver.alertsPerMessageMax)
        let message = OutboxMessage(
            id: 0, key: OutboxMessage.newKey(), receiver: receiver.name, groupKey: body.groupKey, operation: .trigger, payload: body.encoded(),
            attempt: 1, mayBeRepeat: true)
        var request = try await composer.request(message, for: receiver)
        request.headers.append((header, "1"))
        return request
    }
}
