import Alerting
import ArgumentParser
import Foundation
import Foundations
import Glibc

/// `nightjar beat`: runs a job, and tells the collector when it began and how it ended.
struct Beat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a job and tells when it began, how it ended and how long it took.",
        discussion: """
            The command has this one's input and outputs, gets its signals, and its exit code is this one's. A collector that can't be \
            reached changes nothing of that: it is said on standard error. nightjar.yml declares when a job is expected (heartbeats:), or \
            --every, --cron, --grace and --max do.

            Exit codes: the command's own; 128 and the signal where one ended it; 126 or 127 where it couldn't be run.

            Examples:
              nightjar beat nightly-backup -- /usr/local/bin/backup --all
              nightjar beat sync --every 15m --max 10m -- rsync -a /srv/ backup:/srv/
              nightjar beat dump --cron "30 4 * * *" --zone Europe/Berlin -- dump-db
            """)

    @Argument(help: ArgumentHelp("The job's name.", valueName: "job"))
    var job: String

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The command and its arguments, after --.", valueName: "command"))
    var command: [String] = []

    @Option(help: ArgumentHelp("It is expected so long after its last run.", valueName: "duration"))
    var every: String?

    @Option(help: ArgumentHelp("It is expected by this schedule of cron.", valueName: "schedule"))
    var cron: String?

    @Option(help: ArgumentHelp("Whose clock --cron follows. (default: UTC)", valueName: "zone"))
    var zone: String?

    @Option(help: ArgumentHelp("How late it may be. (default: 5m)", valueName: "duration"))
    var grace: String?

    @Option(help: ArgumentHelp("How long it may run. (default: without bound)", valueName: "duration"))
    var max: String?

    @Option(help: ArgumentHelp("The severity of its alerts. (default: warning)", valueName: "severity"))
    var severity: String?

    @OptionGroup var collector: ConnectionFlags

    /// A collector that doesn't answer holds up the end of the job by no more than this, three times.
    private static let answerSecondsMax = 5.0
    private static let attemptsMax = 3

    func validate() throws {
        if !Heartbeat.isName(job) { throw ValidationError("a job's name has 1 to 128 letters, digits, _, -, . and :, unlike `\(SafeText(job))`") }
        if command.isEmpty { throw ValidationError("name the command after --, as in `nightjar beat \(job) -- /usr/local/bin/backup`") }
        do {
            _ = try HeartbeatText(every: every, cron: cron, zone: zone, grace: grace, max: max, severity: severity).heartbeat(named: job)
        } catch {
            throw ValidationError(SafeText(error.description).string)
        }
    }

    func run() async throws {
        // Signals are taken before anything waits, and the command never waits for the collector.
        let child: ChildCommand
        do throws(ChildCommand.StartFailure) {
            child = try ChildCommand.start(command)
        } catch {
            await tell("/\(error.exitCode)", [], what: "that it couldn't be run", attempts: Self.attemptsMax)
            throw Failure(error.reason, code: error.exitCode).report()
        }
        let clock = SystemClock()
        let begun = clock.monotonicNanoseconds()
        let start = Task { await tell("/start", [], what: "its start", attempts: 1) }
        let end = await child.wait()
        let milliseconds = (clock.monotonicNanoseconds() - begun) / 1_000_000
        await start.value
        await tell("/\(end.exitCode)", [("duration", String(Double(milliseconds) / 1000))], what: "its end", attempts: Self.attemptsMax)
        if end.exitCode != 0 { throw ExitCode(end.exitCode) }
    }

    /// Pings; where that fails, says so and goes on.
    private func tell(_ step: String, _ more: [(String, String)], what: String, attempts: Int) async {
        let schedule = [("every", every), ("cron", cron), ("zone", zone), ("grace", grace), ("max", max), ("severity", severity)]
        let query = schedule.compactMap { name, value in value.map { (name, $0) } } + more
        for attempt in 1...attempts {
            do {
                let connection = try CollectorConnection(
                    url: collector.url, tokenFile: collector.tokenFile, authorityFile: collector.caFile, answerSecondsMax: Self.answerSecondsMax)
                _ = try await connection.get("\(HeartbeatPath.base)/\(job)\(step)", query)
                return
            } catch {
                if attempt < attempts, await paused() { continue }
                let reason = (error as? Failure)?.sentence ?? "\(error)"
                Output.message("nightjar: the collector wasn't told of \(what) (job \(job)): \(SafeText(reason))")
                return
            }
        }
    }

    private func paused() async -> Bool {
        do {
            try await Task.sleep(nanoseconds: 500_000_000)
            return true
        } catch {
            return false  // Cancelled.
        }
    }
}
