import Foundations
import HTTPTypes
import Hummingbird
import LogStore
import Model
import NIOCore

/// Days of logs as files, while the collector runs: listed, copied out, and put back. Needs the scope admin.
struct LogDayRoutes: Sendable {
    static let path = "/api/v1/nightjar/logs/days"
    static let contentType = "application/vnd.sqlite3"
    /// Bytes of a file handed over at a time.
    private static let pieceBytes = 256 << 10
    /// Bytes of an upload between two looks at the free space.
    private static let bytesPerDiskCheck = 16 << 20
    let edge: Edge

    func register(_ routes: Routes) {
        routes.on(.get, Self.path, scope: .admin, of: .each) { _, context in
            let days = context.tenant.logs.days()
            return Reply.success { writer in
                writer.array(days) { writer, day in
                    writer.object { writer in
                        writer.member("file", day.name)
                        writer.member("day", TimestampText.rfc3339(day.start).prefix(10).description)
                        writer.member("bytes", day.sizeBytes)
                    }
                }
            }
        }
        routes.on(.get, Self.path + "/:file", scope: .admin, of: .each) { try await copyOut($0, $1) }
        routes.on(.post, Self.path + "/:file", scope: .admin, of: .each) { try await putBack($0, $1) }
    }

    private func file(_ context: CollectorContext) throws(Refusal) -> String {
        let name = RequestParameters.decode(context.parameters.get("file") ?? "", plusIsSpace: false)
        guard LogStore.isDayFile(name) else {
            throw Refusal(status: .notFound, errorType: "not_found", reason: .notFound, message: "there is no day \(SafeText(name.prefix(100)).string); a day's file is called such as logs-2026-11-21.sqlite")
        }
        return name
    }

    /// A copy as the day stands at one moment, without its index.
    private func copyOut(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let name = try file(context)
        try checkDisk()
        let copy = try TransferFile(in: context.tenant.directory)
        do throws(LogStoreError) {
            try await context.tenant.logs.copyDay(name, to: copy.path)
        } catch {
            throw Self.refusal(error, edge.limits)
        }
        try note("a day of logs is copied out by request", name, request, context)
        let file = try RealFileSystem().open(copy.path, .read)
        let sizeBytes = try RealFileSystem().information(copy.path)?.sizeBytes ?? 0
        // Of no length beforehand: what has one is held in memory to be packed where the client wants it so.
        let body = ResponseBody { writer in
            defer {
                file.close()
                copy.remove()
            }
            var offset = 0
            while offset < sizeBytes {
                let bytes = try file.readBytes(min(Self.pieceBytes, sizeBytes - offset), at: offset)
                guard !bytes.isEmpty else { throw Refusal.internalError("the copy of a day became shorter") }
                try await writer.write(ByteBuffer(bytes: bytes))
                offset += bytes.count
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: Self.contentType], body: body)
    }

    /// A day's file as `GET` gave it. All of it is verified before it gets its place; a day that is there is replaced with `replace=true` alone.
    private func putBack(_ request: Request, _ context: CollectorContext) async throws -> Response {
        let name = try file(context)
        let replaces = RequestParameters(request.uri.query ?? "")["replace"] == "true"
        guard (request.headers[.contentEncoding] ?? "identity") == "identity" else {
            throw Refusal(status: .unsupportedMediaType, errorType: "bad_data", reason: .unsupportedEncoding, message: "send the file as it is, without Content-Encoding")
        }
        let sizeBytes = try await edge.importGate.run { try await receive(request, context, name, replaces: replaces) }
        guard let sizeBytes else {
            throw Refusal.unavailable(.overload, "another import is under way; try again later", retryAfterSeconds: edge.limits.diskRetrySeconds)
        }
        try note(replaces ? "a day of logs is restored by request, in place of what was there" : "a day of logs is restored by request", name, request, context)
        return Reply.success { writer in
            writer.object { writer in
                writer.member("file", name)
                writer.member("bytes", sizeBytes)
            }
        }
    }

    private func receive(_ request: Request, _ context: CollectorContext, _ name: String, replaces: Bool) async throws -> Int {
        let logs = context.tenant.logs
        // Before the body is read, so that a large one isn't sent in vain.
        if !replaces, logs.days().contains(where: { $0.name == name }) { throw context.closing(Self.refusal(.alreadyThere(file: name), edge.limits)) }
        let upload = TransferFile(at: logs.restoringPath(name))
        defer { upload.remove() }
        let files = RealFileSystem()
        let file = try files.open(upload.path, .create)
        defer { file.close() }
        var (offset, unchecked) = (0, Self.bytesPerDiskCheck)
        for try await piece in request.body {
            unchecked += piece.readableBytes
            if unchecked >= Self.bytesPerDiskCheck {
                unchecked = 0
                do throws(Refusal) { try checkDisk() } catch { throw context.closing(error) }
            }
            let bytes = Array(buffer: piece)
            try file.write(bytes, at: offset)
            offset += bytes.count
        }
        try file.synchronize()
        do throws(LogStoreError) {
            return try await logs.adoptDay(name, replaces: replaces)
        } catch {
            throw Self.refusal(error, edge.limits)
        }
    }

    private func checkDisk() throws(Refusal) {
        if case .refusing(let reason) = edge.disk.state { throw .unavailable(.diskFull, reason, retryAfterSeconds: edge.limits.diskRetrySeconds) }
    }

    private func note(_ what: String, _ name: String, _ request: Request, _ context: CollectorContext) throws(Refusal) {
        let actor = try edge.actor(of: request, context, .admin)
        edge.logger.notice(
            "\(what)",
            metadata: ["file": "\(name)", "tenant": "\(context.tenant.name)", "actor": "\(actor)", "client": "\(context.remoteAddress)"])
    }

    private static func refusal(_ error: LogStoreError, _ limits: CollectorLimits) -> Refusal {
        switch error {
        case .noSuchDay: Refusal(status: .notFound, errorType: "not_found", reason: .notFound, message: error.description)
        case .alreadyThere(let file):
            Refusal(
                status: .conflict, errorType: "bad_data", reason: .badParameter,
                message: "the store has the day \(Paths.name(of: file)) already; replace=true puts the backup in its place, and what it holds is gone then")
        case .damaged: .malformed(error.description)
        default: Collector.refusal(for: error, limits: limits)
        }
    }
}

/// A file of a transfer, removed when nobody needs it any more.
private final class TransferFile: Sendable {
    let path: String

    init(at path: String) { self.path = path }

    /// In a tenant's folder, under a name of its own.
    convenience init(in directory: String) throws {
        let folder = Paths.join(directory, "transfers")
        try RealFileSystem().createDirectory(folder)
        self.init(at: Paths.join(folder, String(UInt64.random(in: .min ... .max), radix: 16)))
    }

    func remove() {
        let files = RealFileSystem()
        for suffix in ["", "-wal", "-shm", "-journal"] {
            do {
                if try files.exists(path + suffix) { try files.remove(path + suffix) }
            } catch {
                // Left lying, it is written anew or removed at the next start.
                continue
            }
        }
    }

    deinit { remove() }
}
