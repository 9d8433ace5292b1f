import Foundation
import Foundations
import Model
import Wire

/// A data set's request bodies on disk: a file for each connection, made once and sent to every server alike.
///
/// File: bodies one behind the other, each behind its bytes and its samples as two 32-bit numbers. The file `complete` is written last.
struct BodyFolder {
    /// Connections that feed a server.
    static let connections = 8

    let directory: String
    let version: RemoteWrite.Version
    let sampleCount: Int
    let steps: DataSteps

    private static let completeBytesMax = 4096

    /// The folder of a set's bodies, written where it isn't there yet.
    static func make(_ data: any DataSet, version: RemoteWrite.Version, in work: String, connections: Int = connections) throws -> BodyFolder {
        let files = RealFileSystem()
        // The title names the set, its series and its steps; a set with other contents needs another title.
        let name = data.title.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " }.replacing(" ", with: "-")
        let directory = Paths.join(Paths.join(work, "bodies"), "\(name)-\(version)-\(connections)")
        let folder = BodyFolder(directory: directory, version: version, sampleCount: data.sampleCount, steps: data.steps)
        if try files.exists(folder.complete) { return folder }
        try files.removeTree(directory)
        try files.createDirectory(directory)
        try folder.write(data, connections: connections)
        try files.replace(folder.complete, with: Array("\(data.title)\n".utf8))
        return folder
    }

    private var complete: String { Paths.join(directory, "complete") }

    private func write(_ data: any DataSet, connections: Int) throws {
        var data = data
        let shards = data.shards(connections)
        let writer = BodyWriter(data.series, version: version)
        let outputs = try shards.indices.map { try FileWriter(Paths.join(directory, "\($0).bodies")) }
        var values = [Double](repeating: 0, count: data.series.count)
        var progress = Progress("writing bodies of \(data.title)")
        for step in 0..<data.steps.count {
            data.next(&values)
            for (shard, output) in zip(shards, outputs) {
                for body in writer.bodies(shard, data.steps, step: step, values) {
                    output.append(littleEndian: UInt32(body.bytes.count))
                    output.append(littleEndian: UInt32(body.sampleCount))
                    try output.append(body.bytes)
                }
            }
            progress.advance(step + 1, of: data.steps.count)
        }
        for output in outputs { try output.finish() }
        progress.end()
    }

    /// The bodies of each connection, mapped.
    func connections() throws -> [BodyList] {
        let files = RealFileSystem()
        return try files.list(directory).filter { $0.hasSuffix(".bodies") }.map { BodyList(try files.map(Paths.join(directory, $0))) }
    }

    var sizeBytes: Int {
        get throws {
            let files = RealFileSystem()
            return try files.list(directory).reduce(0) { try $0 + (files.information(Paths.join(directory, $1))?.sizeBytes ?? 0) }
        }
    }
}

/// The bodies in one file, in order of time.
struct BodyList: Sequence {
    private let map: MappedFile

    init(_ map: MappedFile) { self.map = map }

    /// Each body's samples and bytes; the bytes live as long as the list.
    func makeIterator() -> AnyIterator<(sampleCount: Int, bytes: UnsafeRawBufferPointer)> {
        var reader = ByteReader(map.bytes)
        let map = map
        return AnyIterator {
            withExtendedLifetime(map) {
                guard let length: UInt32 = reader.read(), let samples: UInt32 = reader.read(), let bytes = reader.readBytes(Int(length)) else { return nil }
                return (Int(samples), bytes)
            }
        }
    }
}

/// Writes a long file piece by piece.
private final class FileWriter {
    private static let bufferBytes = 1 << 20
    private let file: any File
    private var buffer: [UInt8] = []
    private var offset = 0

    init(_ path: String) throws { file = try RealFileSystem().open(path, .create) }

    func append(littleEndian number: UInt32) { buffer.append(littleEndian: number) }

    func append(_ bytes: [UInt8]) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    func finish() throws {
        try flush()
        file.close()
    }

    private func flush() throws {
        try file.write(buffer, at: offset)
        offset += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }
}
