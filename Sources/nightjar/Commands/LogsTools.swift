import ArgumentParser

/// `nightjar logs backup`, `restore` and `delete` as a command line of their own: beside an argument that takes any words, the parser finds
/// no subcommands.
struct LogsTools: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "nightjar", version: Version.text, subcommands: [Group.self])

    struct Group: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "logs", abstract: "What is done to stored logs.", subcommands: Logs.tools)
    }

    /// Whether arguments begin with one of them.
    static func isMeant(by arguments: [String]) -> Bool {
        arguments.count > 1 && arguments[0] == "logs" && Logs.tools.contains { $0._commandName == arguments[1] }
    }
}
