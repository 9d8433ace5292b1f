import ArgumentParser
import Foundations
import Glibc

/// `nightjar-bench log-corpus`: the lines that `log-store` pushes, as they are, to standard output: for other programs, and for a look.
struct LogCorpusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "log-corpus", abstract: "Writes the corpus of logs to standard output.")

    @Option(help: "Megabytes of lines.") var megabytes = 1000

    private static let writeBytes = 1 << 20
    private static let start: Int64 = 1_767_225_600_000_000_000

    func run() throws {
        var corpus = LogCorpus(bytes: megabytes * 1_000_000, start: Self.start)
        var bytes: [UInt8] = []
        while let line = corpus.next() {
            bytes += line.text.utf8
            bytes.append(UInt8(ascii: "\n"))
            if bytes.count >= Self.writeBytes { try Self.write(&bytes) }
        }
        try Self.write(&bytes)
    }

    private static func write(_ bytes: inout [UInt8]) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress! + written, $0.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw BenchError("standard output can't be written: \(String(cString: strerror(errno)))") }
            written += count
        }
        bytes.removeAll(keepingCapacity: true)
    }
}
