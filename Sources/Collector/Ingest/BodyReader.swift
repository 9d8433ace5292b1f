import Compression
import Foundations
import HTTPTypes
import Hummingbird
import NIOCore

/// Reads request bodies within bounds on size, time and memory.
struct BodyReader: Sendable {
    let limits: CollectorLimits
    let budget: ByteBudget
    let clock: any WallClock

    /// Calls `use` with the whole body, whose bytes count against the budget until it returns.
    ///
    /// A declared length over the bound is refused before anything is read; without one the bound is checked on every piece.
    func withBody<Result: Sendable>(
        of request: Request, context: CollectorContext, bytesMax: Int, _ use: (ByteBuffer) async throws -> Result
    ) async throws -> Result {
        let declared = request.headers[.contentLength].flatMap { Int($0) }
        if let declared, declared > bytesMax {
            throw context.closing(tooLarge(bytesMax))
        }
        var heldBytes = 0
        defer { budget.giveBack(heldBytes) }
        let body = try await collect(request, context: context, bytesMax: bytesMax, declared: declared, heldBytes: &heldBytes)
        if let declared, declared != body.readableBytes {
            throw Refusal.malformed("the body has \(body.readableBytes) bytes, and Content-Length promised \(declared)")
        }
        return try await use(body)
    }

    private func collect(
        _ request: Request, context: CollectorContext, bytesMax: Int, declared: Int?, heldBytes: inout Int
    ) async throws -> ByteBuffer {
        let start = clock.monotonicNanoseconds()
        var body = ByteBuffer()
        for try await piece in request.body {
            guard body.readableBytes + piece.readableBytes <= bytesMax else {
                throw context.closing(tooLarge(bytesMax))
            }
            guard clock.monotonicNanoseconds() - start <= Int64(limits.bodySeconds) * 1_000_000_000 else {
                throw context.closing(
                    Refusal(
                        status: .requestTimeout, errorType: "timeout", reason: .bodyTooSlow,
                        message: "the body took longer than \(limits.bodySeconds) s"))
            }
            guard budget.take(piece.readableBytes) else {
                throw context.closing(
                    .unavailable(
                        .overload, "bodies of \(budget.heldBytes) bytes are held already; send it again",
                        retryAfterSeconds: limits.overloadRetrySeconds))
            }
            heldBytes += piece.readableBytes
            if body.readableBytes == 0 {
                body = piece
                // Untouched until the bytes come, so that a promise alone takes no memory.
                if let declared, declared > body.readableBytes { body.reserveCapacity(declared) }
            } else {
                body.writeImmutableBuffer(piece)
            }
        }
        return body
    }

    /// The bytes of a body once its `Content-Encoding` is undone.
    func inflate(_ body: ByteBuffer, _ encoding: ContentEncoding) throws -> [UInt8] {
        do throws(CompressionError) {
            return try body.withBytes { bytes throws(CompressionError) in try encoding.decode(bytes, bytesMax: limits.inflatedBytesMax) }
        } catch {
            switch error {
            case .tooLarge:
                throw Refusal(
                    status: .contentTooLarge, errorType: "bad_data", reason: .inflatedTooLarge, message: error.description)
            case .corrupt: throw Refusal.malformed(error.description)
            }
        }
    }

    private func tooLarge(_ bytesMax: Int) -> Refusal {
        Refusal(
            status: .contentTooLarge, errorType: "bad_data", reason: .bodyTooLarge,
            message: "the body is larger than \(bytesMax) bytes; send smaller ones")
    }
}

/// The bytes of an array, with the error of `body` kept typed.
func withBytes<Result, Failure: Error>(
    _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
    var result: Swift.Result<Result, Failure>?
    bytes.withUnsafeBytes { bytes in
        do throws(Failure) { result = .success(try body(bytes)) } catch { result = .failure(error) }
    }
    return try result!.get()
}

extension ByteBuffer {
    /// The readable bytes, with the error of `body` kept typed.
    fileprivate func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var result: Swift.Result<Result, Failure>?
        withUnsafeReadableBytes { bytes in
            do throws(Failure) { result = .success(try body(bytes)) } catch { result = .failure(error) }
        }
        return try result!.get()
    }
}
