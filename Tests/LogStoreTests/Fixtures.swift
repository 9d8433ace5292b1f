import Foundations
import Model
import TestSupport

@testable import LogStore

/// Noon of 2026-11-21.
let noon = NanoTimestamp(nanoseconds: 1_795_262_400_000_000_000)
let minute: Int64 = 60_000_000_000

func record(_ offsetNanoseconds: Int64, _ body: String, level: LogLevel = .info, stream: Labels = ["job": "api"], fields: [LogField] = []) -> LogRecord {
    LogRecord(timestamp: noon.advanced(byNanoseconds: offsetNanoseconds), stream: stream, level: level, body: body, fields: fields)
}

func openStore(_ directory: TemporaryDirectory, options: LogStoreOptions = .init()) throws -> LogStore {
    try LogStore.open(directory: directory.path("logs"), clock: ManualClock(noon), options: options)
}

func bodies(_ store: LogStore, _ query: LogQuery = LogQuery()) async throws -> [String] {
    try await store.search(query, limit: .max).map(\.body)
}
