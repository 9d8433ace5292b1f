/// Every cap of this module, with its reason.
enum Limits {
    /// The largest zstd window that is accepted, as a power of two: 8 MiB, which is what RFC 9659 allows senders over HTTP. It bounds
    /// what a frame's header can make the decoder allocate.
    static let zstdWindowLogMax: Int32 = 23

    /// The first piece of output that is allocated before anything was decoded; it doubles from there, so that memory follows
    /// what really came out and not what a header declares.
    static let firstPieceBytes = 64 * 1024

    /// More than snappy can make of one byte: its longest copy yields 64 bytes from 3. A declared length beyond it is a lie.
    static let snappyExpansionMax = 32

    /// Contexts kept for reuse; each holds up to some MiB, and more than this many threads rarely compress at once.
    static let pooledContextsMax = 4
    /// Memory to write into that is kept with each: requests and blocks of a megabyte fit.
    static let pooledRoomBytesMax = 2 << 20

    /// zlib counts input and output in 32 bits; longer bodies are fed in pieces of this size.
    static let zlibPieceBytes = 1 << 30
}
