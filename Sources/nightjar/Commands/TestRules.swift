import Alerting
import ArgumentParser
import Foundation
import Foundations

/// `nightjar test rules`: unit tests of rule files, in promtool's format.
struct TestRules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Runs unit tests of rule files, in promtool's format.",
        discussion: """
            A test names rule files (relative to its own folder), series with their points, and what alerts and expressions must give at which \
            time. Prints what failed with its place, and how many of the expectations held.

            Exit codes: 0 all held, 1 something failed, 2 a file can't be read or understood.

            Example:
              nightjar test rules AlertRules/Tests/*.yml
            """)

    @Argument(help: "Test files, or globs in quotes.", completion: .file(extensions: ["yml", "yaml"]))
    var files: [String]

    func run() async throws {
        try await reportingFailures(code: 2) {
            var (passed, total) = (0, 0)
            for pattern in files {
                let paths = ruleFiles([pattern])
                if paths.isEmpty { throw Failure("there is no file `\(pattern)`", code: 2) }
                for path in paths {
                    let report = try await RuleTests.run(path)
                    for failure in report.failures {
                        for line in failure.description.split(separator: "\n") { Output.line(SafeText(String(line)).string) }
                    }
                    total += report.total
                    passed += report.passed
                }
            }
            Output.line("passed \(passed) of \(total)")
            if passed < total { throw ExitCode(1) }
        }
    }
}
