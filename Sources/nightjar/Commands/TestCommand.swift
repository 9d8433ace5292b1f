import ArgumentParser
import Foundation
import Foundations
import PromQL

/// `nightjar test`: runs files of tests, without a collector.
struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Runs test files, without a collector.", subcommands: [TestPromQL.self, TestRules.self, TestRoutes.self])
}

/// `nightjar test promql`: scripts in the language that Prometheus tests its engine with.
struct TestPromQL: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promql", abstract: "Runs PromQL test scripts in the language that Prometheus tests its engine with.",
        discussion: """
            Prints what failed with its place, and how many of the evaluations passed.

            Exit codes: 0 all passed, 1 something failed, 2 a script can't be read or understood.

            Example:
              nightjar test promql aggregators.test functions.test
            """)

    @Argument(help: "Script files.", completion: .file(extensions: ["test"]))
    var files: [String]

    /// Scripts are written by people; the largest of the field have some 200 KB.
    private static let scriptBytesMax = 16 << 20

    func run() async throws {
        try await reportingFailures(code: 2) {
            var (passed, total) = (0, 0)
            for path in files {
                let text = String(decoding: try RealFileSystem().readAll(path, bytesMax: Self.scriptBytesMax), as: UTF8.self)
                let report = await (try PromQLScript(text: text, file: path)).run()
                for failure in report.failures { Output.line(SafeText(failure.description).string) }
                total += report.total
                passed += report.total - report.failures.count
            }
            Output.line("passed \(passed) of \(total)")
            if passed < total { throw ExitCode(1) }
        }
    }
}
