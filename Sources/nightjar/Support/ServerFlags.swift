import ArgumentParser
import ConfigurationFile
import Foundation
import Foundations
import Logging
import OwnLog
import Settings

/// The file that a command reads its settings from.
struct ConfigurationFlag: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The configuration file; by default nightjar.yml here, else /etc/nightjar/nightjar.yml where there is one.", valueName: "file"), completion: .file(extensions: ["yml", "yaml"]))
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
    @Option(name: .long, help: ArgumentHelp("The least level of the own log: debug, info, warning or error.", valueName: "level"))
    var logLevel: Logger.Level = .info
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// Flags of `up` and `collector`. They go before the configuration file.
struct ServerFlags: ParsableArguments {
    @OptionGroup var file: ConfigurationFlag

    @Option(help: ArgumentHelp("The folder for everything that is kept; by default ./data.", valueName: "directory"), completion: .directory)
    var data: String?

    @Option(help: ArgumentHelp("The address to listen on; by default 127.0.0.1:9845. Any but loopback needs --token-file.", valueName: "host:port"))
    var listen: String?

    @Option(name: .long, parsing: .singleValue, help: ArgumentHelp("Prometheus rule files; may be given several times. By default AlertRules/*.yml and /etc/nightjar/rules/*.yml.", valueName: "glob"), completion: .file())
    var rules: [String] = []

    @Option(help: ArgumentHelp("This machine's name in the label `instance`; by default its host name.", valueName: "name"))
    var instance: String?

    @Option(help: ArgumentHelp("The tokens of those who may use the collector (see `nightjar token`).", valueName: "file"), completion: .file())
    var tokenFile: String?

    @Option(help: ArgumentHelp("The server's certificate chain, PEM.", valueName: "file"), completion: .file())
    var tlsCert: String?

    @Option(help: ArgumentHelp("The private key of the certificate, PEM.", valueName: "file"), completion: .file())
    var tlsKey: String?

    @Flag(help: "Serves tokens without TLS, behind a proxy that ends TLS.")
    var allowPlainTokens = false

    @Option(help: ArgumentHelp("Free disk space below which nothing more is stored, such as 1GiB.", valueName: "size"))
    var diskReserve: String?

    @OptionGroup var log: LogFlags

    func validate() throws {
        if (tlsCert == nil) != (tlsKey == nil) { throw ValidationError("--tls-cert and --tls-key go together") }
        if let listen, ListenAddress(listen) == nil { throw ValidationError("--listen must be an address such as 127.0.0.1:9845, not `\(listen)`") }
        if let diskReserve, ByteSizeText.bytes(diskReserve) == nil { throw ValidationError("--disk-reserve must be a size such as 256MiB, not `\(diskReserve)`") }
    }

    /// The file's settings with the flags over them.
    func configuration() throws -> (configuration: Configuration, path: String?) {
        var (configuration, path) = try file.load()
        if let data { configuration.dataDirectory = data }
        if let address = listen.flatMap(ListenAddress.init) { configuration.listen = address }
        if !rules.isEmpty { configuration.ruleGlobs = rules }
        if let instance { configuration.instance = instance }
        if let tokenFile { configuration.tokenFile = tokenFile }
        if let tlsCert, let tlsKey { configuration.tls = Configuration.TLS(certificateFile: tlsCert, keyFile: tlsKey) }
        if allowPlainTokens { configuration.allowsPlainTokens = true }
        if let size = diskReserve.flatMap(ByteSizeText.bytes) { configuration.diskReserveBytes = size }
        return (configuration, path)
    }
}
