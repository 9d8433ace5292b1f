import Alerting
import ArgumentParser
import Foundation
import Foundations

/// `nightjar heartbeats`: the jobs that are expected to say that they ran.
struct Heartbeats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the jobs that are expected to say that they ran, the worst first.",
        discussion: """
            A line a job: state (failed, overrun, late, never, running, waiting, ok), name, schedule, last run, how long it took, its exit \
            code, and when it is expected next. `--forget JOB` removes one that was learnt from its pings.

            Exit codes: 0 all are well, 1 one failed, is late, runs too long or never ran, 3 the collector can't be reached or refuses.

            Example:
              nightjar heartbeats
            """)

    @Flag(help: "Prints the collector's answer as it is.")
    var json = false

    @Option(help: ArgumentHelp("Forgets a job that nightjar.yml doesn't declare.", valueName: "job"))
    var forget: String?

    @OptionGroup var collector: ConnectionFlags

    private struct Answer: Decodable {
        struct Job: Decodable {
            let name: String
            let state: String
            let schedule: String
            let startedAt: String?
            let endedAt: String?
            let dueAt: String?
            let exitCode: Int?
            let durationSeconds: Double?

            var rank: Int { ["failed", "overrun", "late", "never", "running", "waiting"].firstIndex(of: state) ?? 6 }
        }
        let heartbeats: [Job]
    }

    func run() async throws {
        try await reportingFailures(code: 3) {
            let connection = try collector.connect()
            if let forget {
                _ = try await connection.send("DELETE", "\(HeartbeatPath.base)/\(CollectorConnection.pathPart(forget))")
                return Output.line("\(SafeText(forget)): forgotten")
            }
            if json { return Output.json(try await connection.envelope(HeartbeatPath.base)) }
            let jobs = try await connection.decode(Answer.self, HeartbeatPath.base).heartbeats.sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }
            if jobs.isEmpty { return Output.line("No heartbeat is declared, and no job has pinged.") }
            var table = TextTable(["STATE", "JOB", "SCHEDULE", "LAST RUN", "TOOK", "EXIT", "EXPECTED"].map { TextTable.Column(title: $0) })
            for job in jobs {
                table.append([
                    job.state, job.name, job.schedule, job.endedAt ?? job.startedAt ?? "-",
                    job.durationSeconds.map { DurationText.format(milliseconds: Int64($0 * 1000)) } ?? "-", job.exitCode.map(String.init) ?? "-", job.dueAt ?? "-",
                ])
            }
            Output.text(table.text())
            if jobs.contains(where: { $0.rank < 4 }) { throw ExitCode(1) }
        }
    }
}
