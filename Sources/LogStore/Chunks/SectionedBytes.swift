/// Bytes with the places where their nature changes: zstd gives each section codes of its own.
struct SectionedBytes: ~Copyable {
    var bytes: GrowingBuffer<UInt8>
    /// Where sections end; the last one ends with the bytes.
    private(set) var ends: [Int] = []

    /// A section costs some ten bytes, so smaller ones aren't worth it.
    private static let sectionBytesMin = 48

    init(capacity: Int) { bytes = GrowingBuffer(capacity: capacity) }

    /// Ends a section before `count` bytes of another nature, or behind them.
    mutating func cut(around count: Int) {
        guard count >= Self.sectionBytesMin, bytes.count > ends.last ?? 0 else { return }
        ends.append(bytes.count)
    }
}
