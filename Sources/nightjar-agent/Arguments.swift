import Agent
import Foundations

/// What the command line asks for.
enum Command {
    case run(AgentOptions, ownLogPath: String?)
    case show(String)
}

/// A command line that can't be understood, in one sentence.
struct UsageError: Error, CustomStringConvertible {
    let description: String
}

enum Arguments {
    static let version = "0.1.0"

    static let help = """
        USAGE: nightjar-agent --collector URL [--collector URL …] [options]

        Reads this host's metrics and log files into a spool on disk, and sends them to every collector, each exactly once.

        OPTIONS:
          --collector URL      where to send, as https://nightjar.example.net:9845; may be given several times, each gets everything
          --spool DIR          the folder of the spool (default: /var/lib/nightjar-agent)
          --spool-max SIZE     how large it may grow, as 512MiB (default: 1GiB)
          --logs GLOB          log files to follow, with *, ?, [a-z] and **; may be given several times
                               (default: /var/log/**/*.log, /var/log/syslog, /var/log/messages)
          --exclude DIR        a folder of which nothing is read; may be given several times
          --instance NAME      the label `instance` (default: the host's name)
          --label NAME=VALUE   a label for everything; may be given several times
          --interval DURATION  how often the metrics are read, as 10s (default: 10s)
          --textfiles DIR      a folder of *.prom files whose metrics are sent too
          --token-file FILE    a file with the collectors' bearer token, not readable by others
          --ca-file FILE       a PEM file of authorities to trust instead of the system's
          --cert FILE          a client certificate (PEM) to show, with --key FILE
          --log-file FILE      where the agent's own log goes, which it then sends too (default: standard error alone)
          --version            show the version
          -h, --help           show this help

        SIGTERM and SIGINT stop it; what was read is in the spool then.
        """

    static func parse(_ arguments: [String]) throws(UsageError) -> Command {
        var options = AgentOptions(destinations: [], spoolDirectory: "/var/lib/nightjar-agent", logGlobs: [], version: version)
        var (urls, tokenFile, caFile, certificate, key): ([String], String?, String?, String?, String?) = ([], nil, nil, nil, nil)
        var ownLogPath: String?
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            func value() throws(UsageError) -> String {
                if parts.count == 2 { return parts[1] }
                guard let next = rest.popFirst() else { throw UsageError(description: "\(parts[0]) needs a value; see --help") }
                return next
            }
            switch parts[0] {
            case "-h", "--help": return .show(help)
            case "--version": return .show("nightjar-agent \(version)")
            case "--collector": urls.append(try value())
            case "--spool": options.spoolDirectory = try value()
            case "--spool-max": options.spoolBytesMax = Int(try size(value()))
            case "--logs": options.logGlobs.append(try value())
            case "--exclude": options.excludedDirectories.append(try value())
            case "--instance": options.instance = try value()
            case "--label":
                let (name, text) = try label(value())
                options.labels[name] = text
            case "--interval": options.metricsIntervalSeconds = try seconds(value())
            case "--textfiles": options.textfileDirectory = try value()
            case "--token-file": tokenFile = try value()
            case "--ca-file": caFile = try value()
            case "--cert": certificate = try value()
            case "--key": key = try value()
            case "--log-file": ownLogPath = try value()
            default: throw UsageError(description: "unknown option \(SafeText(argument)); see --help")
            }
        }
        if urls.isEmpty { throw UsageError(description: "--collector is missing: where should the agent send? See --help") }
        if (certificate == nil) != (key == nil) { throw UsageError(description: "--cert and --key belong together") }
        options.destinations = urls.map {
            AgentDestination(url: $0, tokenFile: tokenFile, caFile: caFile, clientCertificateFile: certificate, clientKeyFile: key)
        }
        if options.logGlobs.isEmpty { options.logGlobs = AgentOptions.defaultLogGlobs }
        options.ownLogPath = ownLogPath
        return .run(options, ownLogPath: ownLogPath)
    }

    private static func size(_ text: String) throws(UsageError) -> Int64 {
        guard let bytes = ByteSizeText.bytes(text) else { throw UsageError(description: "\(SafeText(text)) is no size; write it as 512MiB") }
        return bytes
    }

    private static func seconds(_ text: String) throws(UsageError) -> Int {
        guard let milliseconds = DurationText.milliseconds(text), milliseconds >= 1000, milliseconds % 1000 == 0 else {
            throw UsageError(description: "\(SafeText(text)) is no interval in whole seconds; write it as 10s")
        }
        return Int(milliseconds / 1000)
    }

    private static func label(_ text: String) throws(UsageError) -> (String, String) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw UsageError(description: "\(SafeText(text)) is no label; write it as environment=production")
        }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
}
