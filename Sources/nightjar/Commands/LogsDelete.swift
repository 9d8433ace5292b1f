import ArgumentParser
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
            A collector that runs does it a day at a time, and goes on after a restart; it wants a token with the scope admin. With --data it \
            must not run. Copies that were made before are not touched.

            A time is \(TimeArgument.forms).

            Exit codes: 0 done, 2 a label isn't one or there is no store, 3 the collector or the store can't be used.

            Examples:
              nightjar logs delete --contains alice@example.org --since 30d
              nightjar logs delete --stream app=shop --contains alice --since 30d --yes
              nightjar logs delete --stream app=shop --since 2d --yes --data DIR
            """)

    @OptionGroup var place: LogsPlace

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

    func validate() throws {
        if stream.isEmpty && contains.isEmpty { throw ValidationError("name a label with --stream or a text with --contains") }
    }

    func run() async throws {
        try await reportingFailures(code: 3) {
            let labels = try stream.map { text in
                guard let sign = text.firstIndex(of: "="), sign > text.startIndex else { throw Failure("`\(SafeText(text).string)` is no label; write name=value", code: 2) }
                return (name: String(text[..<sign]), value: String(text[text.index(after: sign)...]))
            }
            if let folder = try place.existingFolder() {
                try await place.explaining { try await erase(labels, inFolder: folder) }
            } else {
                try await place.withCollector { try await erase(labels, by: $0) }
            }
        }
    }

    private static func tell(_ lines: Int) { Output.line("\(lines) lines would be erased; say --yes to do it") }

    // MARK: In a folder

    private func erase(_ labels: [(name: String, value: String)], inFolder directory: String) async throws {
        var query = LogQuery(start: since.moment, end: until?.moment ?? SystemClock().now(), lineFilters: try contains.map { try LineFilter(.contains, $0) })
        for label in labels {
            if label.name == "level", let level = LogLevel(name: label.value) { query.levels = [level] } else { query.streamMatchers.append(Matcher(label.name, equals: label.value)) }
        }
        let store = try LogStore.open(directory: directory, options: LogStoreOptions(retentionSeconds: nil))
        do {
            if yes {
                Output.line("erased \(try await store.delete(query)) lines")
            } else {
                Self.tell(try await store.tally(query, stepNanoseconds: .max, by: []).reduce(0) { $0 + $1.count })
            }
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    // MARK: By a collector

    private static let path = "/api/v1/nightjar/logs/deletions"
    private static let pauseMilliseconds = 250

    private struct Preview: Decodable { let lines: Int }

    private struct Deletion: Decodable {
        let id: String
        let state: String
        let daysTotal: Int
        let daysDone: Int
        let linesErased: Int
        let failure: String?
    }

    private func erase(_ labels: [(name: String, value: String)], by collector: CollectorConnection) async throws {
        let selector = "{" + labels.map { "\($0.name)=\(Self.quoted($0.value))" }.joined(separator: ", ") + "}"
        let query = selector + contains.map { " |= \(Self.quoted($0))" }.joined()
        let end = until?.moment ?? SystemClock().now()
        let parameters = [("query", query), ("start", String(since.moment.nanoseconds)), ("end", String(end.nanoseconds))]
        if !yes {
            let preview: Preview = try await collector.decode(Preview.self, Self.path + "/preview", parameters)
            return Self.tell(preview.lines)
        }
        var deletion: Deletion = try await collector.post(Self.path, parameters)
        var told = -1
        while deletion.state == "received" || deletion.state == "processing" {
            if deletion.daysDone != told, deletion.daysTotal > 1 {
                told = deletion.daysDone
                Output.message("\(told) of \(deletion.daysTotal) days, \(deletion.linesErased) lines; Ctrl-C doesn't stop it")
            }
            try await Task.sleep(for: .milliseconds(Self.pauseMilliseconds))
            guard let now = try await collector.decode([Deletion].self, Self.path, [("id", deletion.id)]).first else { throw collector.strange(Self.path) }
            deletion = now
        }
        guard deletion.state == "processed" else { throw Failure("the deletion \(deletion.id) is \(deletion.state)\(deletion.failure.map { ": \($0)" } ?? "")", code: 3) }
        Output.line("erased \(deletion.linesErased) lines")
    }

    /// As a string of LogQL.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
