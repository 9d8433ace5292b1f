import Foundation
import Foundations
import LogStore
import Outbound

/// Days of logs, copied out of a collector that runs and put back into it.
struct LogDays {
    private static let path = "/api/v1/nightjar/logs/days"
    private static let contentType = "application/vnd.sqlite3"

    let connection: CollectorConnection

    private struct Day: Decodable {
        let file: String
        let day: String
    }

    /// The names of the files that were written.
    func copy(day: String?, to folder: String) async throws -> [String] {
        let all: [Day] = try await connection.decode([Day].self, Self.path)
        // A name of the collector's becomes a path here.
        let days = all.filter { (day == nil || $0.day == day) && LogStore.isDayFile($0.file) }
        guard !days.isEmpty else { throw Failure("the collector at \(connection.base) has no logs\(day.map { " of \(SafeText($0).string)" } ?? "")", code: 2) }
        let files = RealFileSystem()
        try files.createDirectory(folder)
        for day in days where try files.exists(Paths.join(folder, day.file)) {
            throw Failure("\(SafeText(Paths.join(folder, day.file)).string) is there already; remove it, or choose another folder", code: 2)
        }
        for day in days { try await copy(day.file, to: Paths.join(folder, day.file)) }
        try files.synchronizeDirectory(folder)
        return days.map(\.file)
    }

    private func copy(_ name: String, to target: String) async throws {
        let part = target + ".part"
        let file = try RealFileSystem().open(part, .create)
        let state = Locked((offset: 0, failure: (any Error)?.none))
        do {
            try await connection.download("\(Self.path)/\(name)", [], type: Self.contentType) { piece in
                state.withLock { state in
                    do {
                        try file.write(piece, at: state.offset)
                        state.offset += piece.count
                        return true
                    } catch {
                        state.failure = error
                        return false
                    }
                }
            }
            if let failure = state.withLock({ $0.failure }) { throw failure }
            try file.synchronize()
            file.close()
        } catch {
            file.close()
            try RealFileSystem().remove(part)
            throw state.withLock { $0.failure } ?? error
        }
        try RealFileSystem().rename(part, to: target)
    }

    /// How many files were restored, and their bytes.
    func putBack(_ folder: String, replaces: Bool) async throws -> (files: Int, bytes: Int) {
        let files = RealFileSystem()
        guard try files.exists(folder) else { throw Failure("there is no folder \(SafeText(folder).string)", code: 2) }
        let names = try files.list(folder).filter { LogStore.isDayFile($0) }.sorted()
        guard !names.isEmpty else { throw Failure("there are no logs in \(SafeText(folder).string); name a folder with files such as logs-2026-11-21.sqlite", code: 2) }
        let present = Set(try await connection.decode([Day].self, Self.path).map(\.file))
        if !replaces, let name = names.first(where: present.contains) {
            throw Failure("the collector has the day \(name) already; --replace puts the backup in its place, and what it holds is gone then", code: 2)
        }
        var bytes = 0
        for name in names { bytes += try await send(name, Paths.join(folder, name), replaces: replaces) }
        return (names.count, bytes)
    }

    private struct Restored: Decodable { let bytes: Int }

    private func send(_ name: String, _ path: String, replaces: Bool) async throws -> Int {
        let file = try RealFileSystem().open(path, .read)
        defer { file.close() }
        let state = Locked((offset: 0, failure: (any Error)?.none))
        let restored: Restored = try await connection.upload("\(Self.path)/\(name)", replaces ? [("replace", "true")] : [], type: Self.contentType) { buffer in
            state.withLock { state in
                do {
                    let count = try file.read(into: buffer, at: state.offset)
                    state.offset += count
                    return count
                } catch {
                    // A file that is cut short isn't taken: the collector verifies it.
                    state.failure = error
                    return 0
                }
            }
        }
        if let failure = state.withLock({ $0.failure }) { throw failure }
        return restored.bytes
    }
}
