import Glibc

/// Output that grows as it is filled, to `bytesMax` and one byte more, so that «too large» is seen by what comes out.
struct OutputBuffer: ~Copyable {
    private var storage: UnsafeMutableRawBufferPointer
    private(set) var count = 0
    private let bytesMax: Int

    init(bytesMax: Int) {
        self.bytesMax = max(0, bytesMax)
        storage = .allocate(byteCount: Self.saturatedNext(min(self.bytesMax, Limits.firstPieceBytes)), alignment: 16)
    }

    deinit { storage.deallocate() }

    private static func saturatedNext(_ count: Int) -> Int { count == .max ? count : count + 1 }

    var isOverLimit: Bool { count > bytesMax }

    /// Room for at least one more byte; call `advance` with what was written. Never asked for once over the limit.
    mutating func room() -> UnsafeMutableRawBufferPointer {
        precondition(!isOverLimit)
        if count == storage.count { grow() }
        return UnsafeMutableRawBufferPointer(rebasing: storage[count...])
    }

    mutating func advance(_ written: Int) {
        count += written
        precondition(count <= storage.count)
    }

    private mutating func grow() {
        let (doubled, overflow) = storage.count.multipliedReportingOverflow(by: 2)
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: overflow ? Self.saturatedNext(bytesMax) : min(doubled, Self.saturatedNext(bytesMax)), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<count]))
        storage.deallocate()
        storage = larger
    }

    func bytes() -> [UInt8] { Array(storage[..<count]) }
}

/// Runs a typed-throwing body over an array's bytes.
func withBytes(
    _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(CompressionError) -> [UInt8]
) throws(CompressionError) -> [UInt8] {
    let result = bytes.withUnsafeBytes { buffer in
        Result { () throws(CompressionError) in try body(buffer) }
    }
    return try result.get()
}
