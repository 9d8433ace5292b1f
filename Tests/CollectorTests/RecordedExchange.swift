import Foundation
import Testing

/// A client's request with the answer to it, as a file in `Goldens`: the request, an empty line, the body if it has one and an empty line, the answer.
///
/// `<N>` stands for the moment N seconds after the data's begin; before it where N is negative.
struct RecordedExchange: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String

    var testDescription: String { name }

    /// The files of a folder of `Goldens`, by name.
    static func all(in folder: String) -> [RecordedExchange] {
        let folder = Bundle.module.resourceURL!.appendingPathComponent("Goldens/\(folder)")
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.sorted { $0.path < $1.path }.map { file in
            RecordedExchange(name: file.lastPathComponent, text: (try? String(contentsOf: file, encoding: .utf8)) ?? "")
        }
    }

    /// Sends the request, and expects the answer. `base` is the begin of the data in seconds; `masked` takes out of an answer what differs from run to run.
    func replay(_ collector: RunningCollector, base: Int64, masked: (String) -> String = { $0 }) async throws {
        let text = text.replacing(/<(-?\d+)>/) { match in String(base + Int64(match.1)!) }
        let parts = text.components(separatedBy: "\n\n")
        let head = parts[0].split(separator: "\n").map(String.init)
        let request = head[0].split(separator: " ").map(String.init)
        var headers: [String: String] = [:]
        for line in head.dropFirst() {
            let sides = line.components(separatedBy: ": ")
            headers[sides[0]] = sides[1]
        }
        let answer = parts.last!.split(separator: "\n", maxSplits: 1).map(String.init)
        let reply = try await collector.request(request[0], request[1], headers: headers, body: Array((parts.count == 3 ? parts[1] : "").utf8))
        #expect("\(reply.status) \(reply.headers["content-type"] ?? "")" == answer[0])
        #expect(masked(reply.text.trimmingCharacters(in: .newlines)) == answer.last!.trimmingCharacters(in: .newlines))
    }
}
