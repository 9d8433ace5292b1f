import Foundations

/// A server that can be measured: how it is started and made to compact, and what it calls things.
protocol Peer: Sendable {
    /// `VictoriaMetrics 1.79.5`
    var name: String { get }
    /// Its files under a folder, served on a port of loopback.
    func command(data: String, port: Int) throws -> [String]
    var writePath: String { get }
    /// Makes everything acknowledged visible to queries, where the server does so only after a time.
    func flush(_ server: RunningServer) async throws
    /// Compacts what it holds as far as it can be made to, and weighs it. The server may be stopped afterwards.
    func compact(_ server: RunningServer, samples: Int) async throws -> CompactSize
    /// Samples decoded per CPU second from the files of the compacted store, by metric name, in this process; nil where only the server can.
    func scan(_ server: RunningServer) async throws -> Double?
    /// What is special about how it is run or compacted, for the document.
    var notes: [String] { get }
}

/// What a server's samples take on disk.
struct CompactSize {
    let dataBytes: Int
    let indexBytes: Int
    let samples: Int
    /// What compacting cost beyond what was done while data came in; nil where it can't be told.
    let cpuSeconds: Double?

    var dataBytesPerSample: Double { Double(dataBytes) / Double(max(1, samples)) }
    var indexBytesPerSample: Double { Double(indexBytes) / Double(max(1, samples)) }
}

extension Peer {
    func flush(_ server: RunningServer) async throws {}
    func scan(_ server: RunningServer) async throws -> Double? { nil }
}

/// Bytes of all files under a path whose names `isCounted` accepts.
func bytes(under path: String, where isCounted: (String) -> Bool = { _ in true }) throws -> Int {
    let files = RealFileSystem()
    guard let information = try files.information(path) else { return 0 }
    guard information.isDirectory else { return isCounted(path) ? information.sizeBytes : 0 }
    return try files.list(path).reduce(0) { try $0 + bytes(under: Paths.join(path, $1), where: isCounted) }
}
