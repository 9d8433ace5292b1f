import Alerting
import Foundations
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import LogStore
import Logging
import MetricStore
import Model
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// The collector: one HTTP server through which metrics and logs come in and queries are answered, over the stores and the alerting it is given.
///
/// Prometheus's API is under `/api/v1`, Loki's under `/loki/api/v1`, OTLP under `/v1`, and the collector's own under
/// `/api/v1/nightjar`. A request to store something is answered with 2xx only once it is durable.
public final class CollectorService: Service {
    let edge: Edge
    private let tls: TLSConfiguration?
    private let bound = BoundPort()
    /// Of the listener for this process alone, where there is one.
    private let boundLocally = BoundPort()
    private let inputs: SocketInputs?
    private let ownership: Ownership

    /// Who closes the stores and runs alerting.
    enum Ownership: Sendable {
        case caller
        /// `close` comes last, when nothing uses the stores any more.
        case service(close: @Sendable () async -> Void)
    }

    /// Checks the options: throws where the collector would be open to others without tokens or TLS, or a file can't be read.
    public convenience init(
        options: CollectorOptions, metrics: MetricStore, logs: LogStore, alerting: AlertingService,
        fileSystem: any FileSystem = RealFileSystem(), clock: any WallClock = SystemClock(), logger: Logger
    ) throws(CollectorError) {
        let standard = Tenant(name: .standard, directory: options.dataDirectory, metrics: metrics, logs: logs)
        try self.init(
            options: options, tenants: Tenants(standard: standard), alerting: alerting, fileSystem: fileSystem, clock: clock, logger: logger,
            ownership: .caller)
    }

    init(
        options: CollectorOptions, tenants: Tenants, alerting: AlertingService, fileSystem: any FileSystem, clock: any WallClock,
        logger: Logger, ownership: Ownership
    ) throws(CollectorError) {
        edge = try Edge(options: options, tenants: tenants, alerting: alerting, fileSystem: fileSystem, clock: clock, logger: logger)
        tls = try options.tls.map { tls throws(CollectorError) in try ServerTLS.configuration(tls) }
        inputs = try SocketInputs(edge, tls: tls)
        self.ownership = ownership
    }

    /// The port that is listened on, once it is; throws where listening failed.
    public func listeningPort() async throws -> Int { try await bound.port() }

    /// The port of a socket input, once it is listened on; nil where it is off. Throws where listening failed.
    public func inputPort(_ kind: InputKind) async throws -> Int? { try await inputs?.port(of: kind) }

    /// Reads the tokens and the rule files again, as `POST /-/reload` does. Gives what is wrong in them, nil where nothing is; what was
    /// in force before stays so.
    public func reload() async -> String? {
        do throws(Refusal) {
            try await edge.reload()
            return nil
        } catch {
            return error.message
        }
    }

    /// How another part of this process reaches the collector.
    public struct LocalEndpoint: Sendable {
        public let url: String
        /// Valid until the process ends; nil where none is asked for.
        public let token: Secret?
    }

    /// An address for other parts of this process, once it is listened on, with a token of its own where tokens are needed.
    ///
    /// Where the server listens on loopback without TLS it is the server's own. Elsewhere it is a listener on a loopback port that
    /// nobody outside the machine reaches, so that neither names in certificates nor firewalls stand between; ask for it with
    /// `CollectorOptions.servesOwnProcess`.
    public func localEndpoint() async throws -> LocalEndpoint {
        let port = try await bound.port()
        let token = edge.options.tokenFile.map { _ in makeEphemeralToken(name: "own-process", scopes: [.ingest, .read, .operate]) }
        guard needsLocalListener else { return LocalEndpoint(url: "http://\(ServerAddress(host: edge.options.listen.host, port: port))", token: token) }
        return LocalEndpoint(url: "http://127.0.0.1:\(try await boundLocally.port())", token: token)
    }

    private var needsLocalListener: Bool { edge.options.servesOwnProcess && (tls != nil || !edge.options.listen.isLoopback) }

    /// A token for another part of this process, such as its own agent, valid until the process ends.
    public func makeEphemeralToken(name: String, scopes: Set<AccessScope>) -> Secret {
        edge.access.makeEphemeralToken(name: name, scopes: scopes)
    }

    /// Serves until the task is cancelled or asked to shut down: accepts no more, gives what is under way the time of
    /// `limits.shutdownSeconds`, closes live tails, and returns.
    ///
    /// Where the caller made the alerting service, its `run` belongs beside this one; what `open` made is run and closed here.
    /// Throws where the address can't be listened on.
    public func run() async throws {
        let group = ServiceGroup(configuration: groupConfiguration())
        let edge = edge
        let stop: @Sendable () -> Void = {
            edge.stopping.set()
            Task { await group.triggerGracefulShutdown() }
        }
        // Detached, so that cancelling the caller stops the server in good order instead of tearing it down.
        let server = Task.detached { try await group.run() }
        let result = await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await server.result
            } onGracefulShutdown: {
                stop()
            }
        } onCancel: {
            stop()
        }
        await finish()
        try report(result)
    }

    private func groupConfiguration() -> ServiceGroupConfiguration {
        let monitor = SelfMonitor(edge: edge)
        // Stopped from the last to the first: the server before what it uses.
        let edge = edge
        var services: [any Service] = [RepeatedWork { await monitor.run() }, RepeatedWork { await edge.runDeletions() }]
        if case .service = ownership {
            let alerting = edge.alerting
            services.append(RepeatedWork { await alerting.run() })
        }
        if let inputs { services.append(inputs) }
        services.append(application(edge.options.listen, tls, bound))
        if needsLocalListener { services.append(application(ServerAddress(host: "127.0.0.1", port: 0), nil, boundLocally)) }
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) },
            logger: Logger(label: "nightjar.server") { _ in SwiftLogNoOpLogHandler() })
        configuration.maximumGracefulShutdownDuration = .seconds(edge.limits.shutdownSeconds)
        return configuration
    }

    private func application(_ address: ServerAddress, _ tls: TLSConfiguration?, _ bound: BoundPort) -> some ApplicationProtocol {
        let tail = LokiTail(edge: edge)
        let limits = edge.limits
        let builder = HTTPServerBuilder { responder in
            let channel = UpgradableChannel(responder: responder, webSocket: tail.endpoint, limits: limits)
            return try tls.map { try TLSChannel(channel, tlsConfiguration: $0) as any ServerChildChannel } ?? channel
        }
        return Application(
            responder: CollectorRoutes.responder(edge, tail), server: builder,
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: "nightjar", backlog: 1024,
                availableConnectionsDelegate: .maximum(limits.connectionsMax, logger: Self.silent)),
            onServerRunning: { channel in bound.listening(on: channel.localAddress?.port) },
            logger: Self.silent)
    }

    /// Hummingbird's own remarks go nowhere: what matters of them is logged here, in our words.
    private static let silent = Logger(label: "nightjar.http") { _ in SwiftLogNoOpLogHandler() }

    private func finish() async {
        edge.stopping.set()
        do {
            try edge.agents.save()
        } catch {
            edge.logger.warning("the list of agents couldn't be saved", metadata: ["error": "\(error)"])
        }
        if case .service(let close) = ownership { await close() }
    }

    private func report(_ result: Result<Void, any Error>) throws {
        guard case .failure(let error) = result else {
            for port in [bound, boundLocally] { port.failed(CollectorError.server("it was stopped before it listened")) }
            return
        }
        // The server may listen already when an input finds that it can't.
        if let error = error as? CollectorError, case .input = error { throw error }
        let isStopping = edge.stopping.isSet && bound.isListening
        let reported = ServerTLS.listenError(error, edge.options.listen.description)
        for port in [bound, boundLocally] { port.failed(reported) }
        // Requests that outlived their time were cut off: that is what stopping means, and no failure.
        if isStopping { return }
        throw reported
    }
}

/// A service that works until the server stops.
private struct RepeatedWork: Service {
    let work: @Sendable () async -> Void

    func run() async throws { await cancelWhenGracefulShutdown { await work() } }
}
