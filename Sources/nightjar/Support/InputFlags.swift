import ArgumentParser
import ConfigurationFile
import Foundations
import Model

/// An address with a port, for a socket.
struct SocketAddressArgument: ExpressibleByArgument {
    let address: ListenAddress

    init?(argument: String) {
        guard let address = Configuration.Inputs.address(argument) else { return nil }
        self.address = address
    }
}

/// Flags of `up` and `collector` that turn on sockets for log shippers.
struct InputFlags: ParsableArguments {
    @Option(name: .customLong("syslog-udp"), help: ArgumentHelp("Takes syslog over UDP, such as 0.0.0.0:514. (default: off)", valueName: "host:port"))
    var syslogUDP: SocketAddressArgument?

    @Option(name: .customLong("syslog-tcp"), help: ArgumentHelp("Takes syslog over TCP. (default: off)", valueName: "host:port"))
    var syslogTCP: SocketAddressArgument?

    @Option(
        name: .customLong("syslog-tls"),
        help: ArgumentHelp("Takes syslog over TLS, such as 0.0.0.0:6514, with the server's certificate. (default: off)", valueName: "host:port"))
    var syslogTLS: SocketAddressArgument?

    @Option(name: .customLong("gelf-udp"), help: ArgumentHelp("Takes GELF over UDP, such as 0.0.0.0:12201. (default: off)", valueName: "host:port"))
    var gelfUDP: SocketAddressArgument?

    @Option(name: .customLong("gelf-tcp"), help: ArgumentHelp("Takes GELF over TCP. (default: off)", valueName: "host:port"))
    var gelfTCP: SocketAddressArgument?

    @Option(name: .customLong("fluent"), help: ArgumentHelp("Takes Fluent forward, such as 0.0.0.0:24224. (default: off)", valueName: "host:port"))
    var fluent: SocketAddressArgument?

    @Option(
        name: .customLong("fluent-shared-key-file"),
        help: ArgumentHelp("A file with the key that senders of Fluent forward must know. (default: none is asked for)", valueName: "file"), completion: .file())
    var fluentSharedKeyFile: String?

    @Option(help: ArgumentHelp("The tenant whose logs syslog writes. (default: \(TenantName.standard))", valueName: "name"), transform: TenantFlag.name)
    var syslogTenant: TenantName?

    @Option(help: ArgumentHelp("The tenant whose logs GELF writes. (default: \(TenantName.standard))", valueName: "name"), transform: TenantFlag.name)
    var gelfTenant: TenantName?

    @Option(help: ArgumentHelp("The tenant whose logs Fluent forward writes. (default: \(TenantName.standard))", valueName: "name"), transform: TenantFlag.name)
    var fluentTenant: TenantName?

    func apply(to inputs: inout Configuration.Inputs) {
        if let syslogUDP { inputs.syslogUDP = syslogUDP.address }
        if let syslogTCP { inputs.syslogTCP = syslogTCP.address }
        if let syslogTLS { inputs.syslogTLS = syslogTLS.address }
        if let gelfUDP { inputs.gelfUDP = gelfUDP.address }
        if let gelfTCP { inputs.gelfTCP = gelfTCP.address }
        if let fluent { inputs.fluent = fluent.address }
        if let fluentSharedKeyFile { inputs.fluentSharedKeyFile = fluentSharedKeyFile }
        if let syslogTenant { inputs.syslogTenant = syslogTenant }
        if let gelfTenant { inputs.gelfTenant = gelfTenant }
        if let fluentTenant { inputs.fluentTenant = fluentTenant }
    }
}
