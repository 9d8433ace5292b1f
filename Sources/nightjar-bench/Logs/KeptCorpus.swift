import Foundation
import Foundations
import LogStore
import Model

/// What a folder that was filled holds.
struct KeptCorpus: Codable {
    let megabytes: Int
    /// The day's first moment, nanoseconds since 1970.
    let start: Int64
    let lines: Int

    private static let bytesMax = 4096

    func write(_ folder: String) throws { try RealFileSystem().replace(folder + "/corpus.json", with: Array(JSONEncoder().encode(self))) }

    static func read(_ folder: String) throws -> KeptCorpus {
        let path = folder + "/corpus.json"
        guard try RealFileSystem().exists(path) else { throw BenchError("\(folder) holds no corpus; fill it with --keep first") }
        return try JSONDecoder().decode(KeptCorpus.self, from: Data(RealFileSystem().readAll(path, bytesMax: bytesMax)))
    }

    /// A trace identifier of a line in the day's middle.
    func needle(_ store: LogStore) async throws -> String {
        let query = LogQuery(
            start: NanoTimestamp(nanoseconds: start + 40_000_000_000_000), end: .distantFuture, streamMatchers: [Matcher("job", equals: "app")], direction: .oldestFirst)
        guard let line = try await store.search(query, limit: 1).first?.body, let key = line.range(of: "\"trace_id\":\"") else { throw BenchError("no line of the corpus is found") }
        return String(line[key.upperBound...].prefix(32))
    }
}

/// A clock that stands still at a day's noon, and goes as the machine's for durations.
struct StandingClock: WallClock {
    private let moment: NanoTimestamp

    /// `start`: a day's first moment, nanoseconds since 1970.
    init(daysAfter days: Int64, _ start: Int64) { moment = NanoTimestamp(nanoseconds: start + days * 86_400_000_000_000 + 43_200_000_000_000) }

    func now() -> NanoTimestamp { moment }
    func monotonicNanoseconds() -> Int64 { SystemClock().monotonicNanoseconds() }
}
