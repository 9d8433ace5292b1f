import Alerting
import ArgumentParser
import Foundation
import Foundations
import Settings

/// `nightjar test routes`: who would be paged, held against what is expected.
struct TestRoutes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "routes", abstract: "Tests routes with a time, silences, inhibition and on-call schedules: who is paged of an alert, and who isn't and why.",
        discussion: """
            A file names the routes and lists tests:

              routes: alertmanager.yml
              oncall: oncall.yml
              tests:
                - name: the database at night
                  at: 2026-01-12T22:30:00Z
                  silences: [{matchers: [team="web"]}]
                  firing: [{alertname: ZoneDown, zone: a}]
                  alerts:
                    - labels: {alertname: SlowQueries, team: db}
                      receivers: [db-chat]          # which receivers are paged
                      people: [ana]                 # whom their policies page first
                      escalation: [[ana], [ben]]    # and whom step by step
                      held: {db-pager: muted}       # who isn't: silenced, inhibited, dependency, muted

            Exit codes: 0 all is as expected, 1 something isn't, 2 a file can't be read or is wrong.

            Example:
              nightjar test routes routes-test.yml
            """)

    @Argument(help: "Files of tests.", completion: .file(extensions: ["yml", "yaml"]))
    var files: [String]

    func run() async throws {
        try await reportingFailures(code: 2) {
            var (failed, total) = (0, 0)
            for path in files {
                let report: RouteTestFile.Report
                do {
                    report = try RouteTestFile.run(path)
                } catch {
                    throw Failure("\(error)", code: 2)
                }
                for failure in report.failures { Output.line(SafeText(failure.description).string) }
                failed += report.failures.count
                total += report.total
            }
            Output.line("passed \(total - failed) of \(total)")
            if failed > 0 { throw ExitCode(1) }
        }
    }
}
