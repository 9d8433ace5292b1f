import Foundations
import Logging

/// The receivers in force and their workers: follows the configuration while messages are under way.
final class DeliveryDesk: Sendable {
    private struct Place {
        var worker: ReceiverWorker
        var deliverer: any Deliverer
        var isStarted = false
    }

    private struct State {
        var context: NotificationContext
        var composer: RequestComposer
        var places: [String: Place] = [:]
        var retired = ReceiverWorker.Counters()
        var isRunning = false
    }

    private let state: Locked<State>
    private let changed = Signal()
    private let database: AlertDatabase
    private let makeDeliverer: @Sendable (Receiver) throws -> any Deliverer
    private let clock: any WallClock
    private let logger: Logger

    init(
        context: NotificationContext, composer: RequestComposer, database: AlertDatabase, clock: any WallClock, logger: Logger,
        deliverer: @escaping @Sendable (Receiver) throws -> any Deliverer
    ) throws {
        state = Locked(State(context: context, composer: composer))
        self.database = database
        self.clock = clock
        self.logger = logger
        makeDeliverer = deliverer
        try apply(context, composer)
    }

    var context: NotificationContext { state.withLock { $0.context } }
    var composer: RequestComposer { state.withLock { $0.composer } }
    func deliverer(_ receiver: String) -> (any Deliverer)? { state.withLock { $0.places[receiver]?.deliverer } }

    /// Puts a configuration in force, whole: throws, and changes nothing, where a receiver can't be set up.
    func apply(_ context: NotificationContext, _ composer: RequestComposer) throws {
        let known = state.withLock { $0.places }
        var places: [String: Place] = [:]
        for receiver in context.receivers.values {
            // Templates may have changed: a worker is kept only while nothing that makes its words can have.
            let kept = known[receiver.name].flatMap { $0.worker.receiver.http == receiver.http ? $0.deliverer : nil }
            let deliverer = try kept ?? makeDeliverer(receiver)
            let worker = ReceiverWorker(receiver: receiver, database: database, deliverer: deliverer, composer: composer, hooks: context.hooks, clock: clock, logger: logger)
            places[receiver.name] = Place(worker: worker, deliverer: deliverer)
        }
        let gone = state.withLock { state -> [Place] in
            let gone = Array(state.places.values)
            for place in gone { state.retired.add(place.worker.counters) }
            state.context = context
            state.composer = composer
            state.places = places
            return gone
        }
        for place in gone { place.worker.retire() }
        changed.raise()
    }

    func wake(_ receivers: Set<String>) {
        let workers = state.withLock { state in receivers.compactMap { state.places[$0]?.worker } }
        for worker in workers { worker.signal.raise() }
    }

    /// Delivers until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let workers = state.withLock { state -> [ReceiverWorker] in
                    let waiting = state.places.filter { !$0.value.isStarted }
                    for name in waiting.keys { state.places[name]?.isStarted = true }
                    return waiting.values.map(\.worker)
                }
                for worker in workers { group.addTask { await worker.run() } }
                await changed.wait(atMostMilliseconds: 60_000)
            }
        }
    }

    /// Makes the attempts that are due now, once.
    func deliverDue() async {
        for worker in state.withLock({ $0.places.values.map(\.worker).sorted { $0.receiver.name < $1.receiver.name } }) { _ = await worker.sendDue() }
    }

    var counters: ReceiverWorker.Counters {
        state.withLock { state in
            var total = state.retired
            for place in state.places.values { total.add(place.worker.counters) }
            return total
        }
    }
}

extension ReceiverWorker.Counters {
    fileprivate mutating func add(_ other: Self) {
        attempts += other.attempts
        failures += other.failures
        delivered += other.delivered
        refused += other.refused
    }
}
