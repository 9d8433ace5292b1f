import ArgumentParser
import Collector
import Foundations
import LogStore
import Model

/// `nightjar logs delete`: erases records.
struct LogsDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Erases log lines by stream, text and time, from their files and from the index.",
        discussion: """
            Lines of streams that have all the labels named, and all the texts, are removed from the chunks that hold them, and the words of \
            the days concerned are indexed again. What can't be read any more goes too, where it belongs to a stream and a time that are named. \
            The collector of the data folder must not run. Copies that were made before are not touched.

            A time is \(TimeArgument.forms).

            Exit codes: 0 done, 2 a label isn't one or there is no store, 3 the store can't be used.

            Examples:
              nightjar logs delete --data /var/lib/nightjar --stream app=shop --contains alice@example.org --since 2026-11-01 --yes
            """)

    @OptionGroup var folder: LogsFolder

    @Option(help: ArgumentHelp("A label of the stream; `level=warn` is the line's level. May be given more than once.", valueName: "name=value"))
    var stream: [String] = []

    @Option(help: ArgumentHelp("A text that the line has in it, byte for byte. May be given more than once.", valueName: "text"))
    var contains: [String] = []

    @Option(parsing: .unconditional, help: ArgumentHelp("From when on.", valueName: "time"))
    var since: TimeArgument

    @Option(parsing: .unconditional, help: ArgumentHelp("Until when. (default: now)", valueName: "time"))
    var until: TimeArgument?

    @Flag(help: "Erases; without it, only says how many lines there are.")
    var yes = false

    func run() async throws {
        try await reportingFailures(code: 3) {
            let directory = try folder.existing()
            let query = try query()
            let store = try LogStore.open(directory: directory, options: LogStoreOptions(retentionSeconds: nil))
            do {
                if yes {
                    Output.line("erased \(try await store.delete(query)) lines")
                } else {
                    let count = try await store.tally(query, stepNanoseconds: .max, by: []).reduce(0) { $0 + $1.count }
                    Output.line("\(count) lines would be erased; say --yes to do it")
                }
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }

    func validate() throws {
        if stream.isEmpty && contains.isEmpty { throw ValidationError("name a label with --stream or a text with --contains") }
    }

    private func query() throws -> LogQuery {
        let matchers = try stream.map { text in
            guard let sign = text.firstIndex(of: "="), sign > text.startIndex else { throw Failure("`\(text)` is no label; write name=value", code: 2) }
            return Matcher(String(text[..<sign]), equals: String(text[text.index(after: sign)...]))
        }
        return LogQuery(
            start: since.moment, end: until?.moment ?? SystemClock().now(), streamMatchers: matchers, lineFilters: try contains.map { try LineFilter(.contains, $0) })
    }
}
