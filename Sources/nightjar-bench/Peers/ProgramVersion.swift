import Foundation

/// What a program says that its version is.
enum ProgramVersion {
    /// The version of a package that is installed; nil where it isn't.
    static func ofPackage(_ name: String) throws -> String? { try of(["dpkg-query", "-W", "-f", "${Version}", name]) }

    /// The first thing in a command's output that looks like a version (digits with points between them); nil where nothing does.
    static func of(_ command: [String]) throws -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchError("`\(command.joined(separator: " "))` failed: \(output.prefix(200))") }
        return output.firstMatch(of: /[0-9]+\.[0-9]+(\.[0-9]+)?/).map { String($0.output.0) }
    }
}
