import Foundation
import Foundations
import LogQL
import LogStore
import Model

/// The file of a tenant's deletions: JSON, replaced as a whole (Docs/Formats/log-deletions.md).
enum LogDeletionFile {
    private struct Content: Codable {
        var version = 1
        var requests: [LogDeletion]
    }

    static func decode(_ bytes: [UInt8]) throws -> [LogDeletion] {
        let content = try JSONDecoder().decode(Content.self, from: Data(bytes))
        guard content.version == 1 else { throw Refusal.internalError("it is of version \(content.version), and this program knows 1") }
        return content.requests
    }

    static func encode(_ requests: [LogDeletion]) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return Array(try encoder.encode(Content(requests: requests)))
    }
}

extension LogEngine {
    /// What a deletion chooses, for the store.
    static func erasure(_ request: LogDeletion, in store: LogStore, clock: any WallClock) async throws -> LogQuery {
        try await LogEngine(reader: store, clock: clock).wholeQuery(
            request.query, start: NanoTimestamp(nanoseconds: request.start), end: NanoTimestamp(nanoseconds: request.end))
    }
}
