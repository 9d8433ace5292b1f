import Hummingbird
import NIOCore

/// A request's way through the collector.
struct CollectorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// The client's address, without the port.
    let remoteAddress: String
    /// Set by the routes before a handler runs.
    private var chosenTenant: Tenant?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        remoteAddress = Self.address(of: source.channel)
    }

    /// The tenant that the request speaks of: what a handler reads and writes is in its stores.
    var tenant: Tenant {
        get {
            guard let chosenTenant else { preconditionFailure("a handler runs only once a tenant was chosen") }
            return chosenTenant
        }
        set { chosenTenant = newValue }
    }

    static func address(of channel: any Channel) -> String { channel.remoteAddress?.ipAddress ?? "unknown" }

    /// The refusal with `Connection: close`, so that no further request is sent here, and the connection closed in a second: long
    /// enough for the answer to get through to a client that is still sending, and the end of what would otherwise be read and
    /// thrown away for as long as it sends.
    func closing(_ refusal: Refusal) -> Refusal {
        let channel = channel
        channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        var refusal = refusal
        refusal.headers[.connection] = "close"
        return refusal
    }
}
