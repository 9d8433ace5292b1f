import ArgumentParser
import Collector
import Foundation
import Foundations

/// `nightjar token`: what others need to use the collector.
struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Makes tokens for a collector's --token-file.", subcommands: [Create.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token: its line for the token file on standard output, the token itself on standard error.",
            discussion: """
                The collector keeps only the token's SHA-256; the token is shown this once.

                Example: nightjar token create web-agents --scope ingest >> /etc/nightjar/tokens
                """)

        @Argument(help: "Whose token it is, as the log will name them.")
        var name: String

        @Option(name: .customLong("scope"), parsing: .singleValue, help: ArgumentHelp("What it allows: \(AccessScope.allCases.map(\.rawValue).joined(separator: ", ")); may be given several times.", valueName: "scope"))
        var scopes: [AccessScope] = []

        func validate() throws {
            if scopes.isEmpty { throw ValidationError("say what the token allows, such as --scope ingest for agents or --scope read for dashboards") }
        }

        func run() throws {
            guard let (token, line) = AccessToken.make(name: name, scopes: Set(scopes)) else {
                throw Failure("a token's name is 1 to 64 letters, digits, dots, dashes and underscores, not `\(name)`", code: 64).report()
            }
            FileHandle.standardError.write(Data("\(token.reveal())\n".utf8))
            print(line)
        }
    }
}

extension AccessScope: ExpressibleByArgument {}
