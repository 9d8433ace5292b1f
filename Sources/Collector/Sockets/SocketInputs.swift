import Foundations
import Glibc
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle

/// All socket inputs that are on, from their start to their end.
struct SocketInputs: Service {
    private let edge: Edge
    private let tls: NIOSSLContext?
    private let sharedKey: Secret?
    private let ports: [InputKind: BoundPort]

    /// Throws where an input lacks what it needs. Nil where none is on.
    init?(_ edge: Edge, tls: TLSConfiguration?) throws(CollectorError) {
        let inputs = edge.options.inputs
        if inputs.addresses.isEmpty { return nil }
        for (kind, _) in inputs.addresses where edge.tenants.named(inputs.tenant(of: kind)) == nil {
            throw .input(flag: kind.tenantFlag, reason: "there is no tenant \(inputs.tenant(of: kind)); name it under `tenants:` in nightjar.yml first")
        }
        self.edge = edge
        self.tls = inputs.syslogTLS == nil ? nil : try Self.context(tls)
        sharedKey = try inputs.fluentSharedKeyFile.map { path throws(CollectorError) in
            do throws(SecretFileError) { return try SecretFile.read(path) } catch { throw .secret(error) }
        }
        ports = Dictionary(uniqueKeysWithValues: inputs.addresses.map { ($0.kind, BoundPort()) })
    }

    /// The port of an input, once it is listened on; nil where it is off.
    func port(of kind: InputKind) async throws -> Int? { try await ports[kind]?.port() }

    private static func context(_ tls: TLSConfiguration?) throws(CollectorError) -> NIOSSLContext {
        guard var tls else { throw .input(flag: InputKind.syslogTLS.flag, reason: "it needs a certificate and a key; give --tls-cert and --tls-key") }
        tls.applicationProtocols = []
        do {
            return try NIOSSLContext(configuration: tls)
        } catch {
            throw .input(flag: InputKind.syslogTLS.flag, reason: "\(error)")
        }
    }

    /// Listens until the server stops; what was read by then is stored.
    func run() async throws {
        let running: [@Sendable () async -> Void]
        do throws(CollectorError) {
            running = try await bindAll()
        } catch {
            for port in ports.values { port.failed(error) }
            throw error
        }
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for run in running { group.addTask { await run() } }
            }
        }
    }

    private func bindAll() async throws(CollectorError) -> [@Sendable () async -> Void] {
        var running: [@Sendable () async -> Void] = []
        var opened: [any Channel] = []
        for (kind, address) in edge.options.inputs.addresses {
            do {
                let (channel, run) = try await bind(kind, address)
                opened.append(channel)
                running.append(run)
                let port = channel.localAddress?.port
                edge.inputs.change(kind) { $0.port = port }
                ports[kind]?.listening(on: port)
                edge.logger.info("listening for logs", metadata: ["input": "\(kind.rawValue)", "address": "\(ServerAddress(host: address.host, port: port ?? 0))"])
                if !address.isLoopback, kind != .fluent || sharedKey == nil {
                    edge.logger.warning("whoever reaches this address may write logs", metadata: ["input": "\(kind.rawValue)"])
                }
            } catch {
                for channel in opened { channel.close(promise: nil) }
                throw .input(flag: kind.flag, reason: Self.reason(error, address))
            }
        }
        return running
    }

    private static func reason(_ error: any Error, _ address: ServerAddress) -> String {
        guard let system = error as? IOError else { return "can't listen on \(address): \(error)" }
        return "can't listen on \(address): \(String(cString: strerror(system.errnoCode))); choose another address"
    }

    private func bind(_ kind: InputKind, _ address: ServerAddress) async throws -> (any Channel, @Sendable () async -> Void) {
        let (edge, zone) = (edge, Self.zoneOffsetSeconds)
        if kind.isDatagram {
            let input = DatagramInput(kind: kind, edge: edge, zoneOffsetSeconds: zone)
            let (channel, queue) = try await input.bind(address)
            return (channel, { await input.run(channel, queue) })
        }
        let serve: @Sendable (StreamInput.Connection) async throws -> Void
        switch kind {
        case .gelfTCP:
            let stream = GELFStream(edge: edge)
            serve = { try await stream.serve($0) }
        case .fluent:
            let stream = FluentStream(edge: edge, sharedKey: sharedKey)
            serve = { try await stream.serve($0) }
        default:
            let stream = SyslogStream(kind: kind, edge: edge, zoneOffsetSeconds: zone)
            serve = { try await stream.serve($0) }
        }
        let input = StreamInput(kind: kind, edge: edge, tls: kind == .syslogTLS ? tls : nil, serve: serve)
        let tasks = ConnectionTasks()
        let listener = try await input.bind(address, tasks)
        return (listener, { await input.run(listener, tasks) })
    }

    /// This machine's zone, now: that of messages whose time names none.
    private static var zoneOffsetSeconds: Int {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        return parts.tm_gmtoff
    }
}
