import ArgumentParser
import ConfigurationFile
import Foundation
import Foundations
import Logging
import OwnLog
import Settings

/// The file that a command reads its settings from.
struct ConfigurationFlag: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("The configuration file. (default: ./nightjar.yml, else /etc/nightjar/nightjar.yml, where there is one)", valueName: "file"),
        completion: .file(extensions: ["yml", "yaml"]))
    var config: String?

    static let defaultPaths = ["nightjar.yml", "/etc/nightjar/nightjar.yml"]

    /// The settings, and which file they come from.
    func load() throws -> (configuration: Configuration, path: String?) {
        let path = try config ?? Self.defaultPaths.first { try RealFileSystem().exists($0) }
        guard let path else { return (Configuration(), nil) }
        do {
            return (try Configuration.load(path), path)
        } catch {
            throw Failure("\(error)\nNothing was started; `nightjar check \(path)` says the same.", code: 2)
        }
    }
}

/// How much a long-running command says in its own log.
struct LogFlags: ParsableArguments {
    enum Level: String, CaseIterable, ExpressibleByArgument { case debug, info, warning, error }

    @Option(name: .long, help: ArgumentHelp("What the own log says at least.", valueName: "level"))
    var logLevel: Level = .info

    var level: Logger.Level {
        switch logLevel {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}

/// Flags of `up`, `collector` and `evaluator`. They go before the configuration file.
struct ServerFlags: ParsableArguments {
    @OptionGroup var file: ConfigurationFlag

    @Option(help: ArgumentHelp("The folder for everything that is kept. (default: ./data)", valueName: "directory"), completion: .directory)
    var data: String?

    @Option(help: ArgumentHelp("The address to listen on; any but loopback needs --token-file. (default: 127.0.0.1:9845)", valueName: "host:port"))
    var listen: String?

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("Prometheus rule files, in quotes; may be given several times. (default: \(Configuration.defaultRuleGlobs.joined(separator: ", ")))", valueName: "glob"),
        completion: .file())
    var rules: [String] = []

    @Option(help: ArgumentHelp("Routes and receivers in Alertmanager's format. (default: those of the configuration file)", valueName: "file"), completion: .file(extensions: ["yml", "yaml"]))
    var routes: String?

    @Option(name: .customLong("oncall"), help: ArgumentHelp("People, schedules and escalation policies. (default: none)", valueName: "file"), completion: .file(extensions: ["yml", "yaml"]))
    var onCall: String?

    @Option(help: ArgumentHelp("This machine's name in the label `instance`. (default: its host name)", valueName: "name"))
    var instance: String?

    @Option(
        help: ArgumentHelp("The tokens of those who may use the collector, made by `nightjar token create`. (default: none is asked for)", valueName: "file"),
        completion: .file())
    var tokenFile: String?

    @Option(help: ArgumentHelp("The server's certificate chain, PEM; together with --tls-key. (default: no TLS)", valueName: "file"), completion: .file())
    var tlsCert: String?

    @Option(help: ArgumentHelp("The private key of the certificate, PEM.", valueName: "file"), completion: .file())
    var tlsKey: String?

    @Flag(help: "Takes tokens without TLS, for use behind a proxy that ends TLS.")
    var allowPlainTokens = false

    @Option(help: ArgumentHelp("Free disk space below which nothing more is stored, such as 1GiB. (default: by the size of the disk)", valueName: "size"))
    var diskReserve: String?

    @OptionGroup var inputs: InputFlags

    @OptionGroup var log: LogFlags

    func validate() throws {
        if (tlsCert == nil) != (tlsKey == nil) { throw ValidationError("--tls-cert and --tls-key go together") }
        if let listen, ListenAddress(listen) == nil { throw ValidationError("--listen must be an address such as 127.0.0.1:9845, not `\(SafeText(listen))`") }
        if let diskReserve, ByteSizeText.bytes(diskReserve) == nil { throw ValidationError("--disk-reserve must be a size such as 256MiB, not `\(SafeText(diskReserve))`") }
    }

    /// The file's settings with the flags over them.
    func configuration() throws -> (configuration: Configuration, path: String?) {
        var (configuration, path) = try file.load()
        if let data { configuration.dataDirectory = data }
        if let address = listen.flatMap(ListenAddress.init) { configuration.listen = address }
        if !rules.isEmpty { configuration.ruleGlobs = rules }
        if let routes {
            configuration.routingFile = routes
            configuration.paging.route = nil
            configuration.paging.receivers = []
        }
        if let onCall { configuration.onCallFile = onCall }
        if let instance { configuration.instance = instance }
        if let tokenFile { configuration.tokenFile = tokenFile }
        if let tlsCert, let tlsKey { configuration.tls = Configuration.TLS(certificateFile: tlsCert, keyFile: tlsKey) }
        if allowPlainTokens { configuration.allowsPlainTokens = true }
        if let size = diskReserve.flatMap(ByteSizeText.bytes) { configuration.diskReserveBytes = size }
        inputs.apply(to: &configuration.inputs)
        return (configuration, path)
    }
}
