import ArgumentParser
import Collector
import Foundation
import Foundations
import Model

/// `nightjar token`: what others need to use the collector.
struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Makes tokens for a collector's --token-file.", subcommands: [Create.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token for an agent, a person or a program.",
            discussion: """
                The token's line for the collector's file goes to standard output, the token itself to standard error: the file keeps \
                only its SHA-256, so the token is shown this once. A collector that runs takes the file up at SIGHUP or POST /-/reload.

                Scopes: ingest sends metrics and logs; read queries, searches and tails; operate reloads; admin may do everything.

                Exit codes: 0, or 64 where the name or a scope is wrong.

                Examples:
                  nightjar token create web-agents --scope ingest >> tokens 2> agent.token
                  nightjar token create anna --scope read --scope operate >> tokens
                  nightjar token create shop-agents --scope ingest --tenant shop >> tokens
                  chmod 600 tokens agent.token
                """)

        @Argument(help: "Whose token it is, as the log will name them: letters, digits, dots, dashes, underscores.")
        var name: String

        @Option(name: .customLong("scope"), parsing: .singleValue, help: ArgumentHelp("What it allows; may be given several times.", valueName: "scope"))
        var scopes: [AccessScope] = []

        @Option(
            name: .customLong("tenant"), parsing: .singleValue,
            help: ArgumentHelp(
                "A tenant that it may speak of; the first is meant where a request names none, '*' is all. (default: \(TenantName.standard))", valueName: "name"))
        var tenants: [String] = []

        func validate() throws {
            guard tenants.isEmpty || TenantAccess(tenants.joined(separator: ",")) != nil else {
                throw ValidationError("--tenant must be '*' alone, or names of \(TenantName.form)")
            }
            if scopes.isEmpty { throw ValidationError("say what the token allows, such as --scope ingest for agents or --scope read for dashboards") }
        }

        func run() throws {
            guard let (token, line) = AccessToken.make(
                name: name, scopes: Set(scopes), tenants: TenantAccess(tenants.joined(separator: ",")) ?? .standard) else {
                throw Failure("a token's name is 1 to 64 letters, digits, dots, dashes and underscores, not `\(name)`", code: Failure.usageCode).report()
            }
            Output.message(token.reveal())
            Output.line(line)
        }
    }
}

extension AccessScope: ExpressibleByArgument {}
