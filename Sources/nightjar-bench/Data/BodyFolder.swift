import Foundation
import Foundations
import Model
import Wire

/// A data set's request bodies on disk: a file for each connection, made once and sent to every server alike.
///
/// File: bodies one behind the other, each behind its step, its bytes and its samples as 32-bit numbers. The file `complete` is written last.
struct BodyFolder {
    /// Connections that feed a server a whole data set; of a part of it fewer, so that a body has as many samples.
    static let connectionsWhole = 8

    let title: String
    let directory: String
    let version: RemoteWrite.Version
    let sampleCount: Int
    let steps: DataSteps

    private static let completeBytesMax = 4096

    /// The folder of a set's bodies, written where it isn't there yet.
    static func make(_ data: any DataSet, version: RemoteWrite.Version, in work: String, connections: Int = connectionsWhole) throws -> BodyFolder {
        let files = RealFileSystem()
        let name = data.identity.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " }.replacing(" ", with: "-")
        let directory = Paths.join(Paths.join(work, "bodies"), "\(name)-\(version)-\(connections)")
        let folder = BodyFolder(title: data.title, directory: directory, version: version, sampleCount: data.sampleCount, steps: data.steps)
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
                    try output.append(body.bytes, step: step, count: body.sampleCount)
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
