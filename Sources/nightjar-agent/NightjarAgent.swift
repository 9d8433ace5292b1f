import Agent
import Foundations
import Glibc
import Logging
import OwnLog

/// The agent alone, for hosts that need nothing else.
@main
struct NightjarAgent {
    /// Exit codes as in sysexits.h.
    private static let usageExit: Int32 = 64
    private static let unavailableExit: Int32 = 69

    static func main() async {
        let command: Command
        do throws(UsageError) {
            command = try Arguments.parse(Array(CommandLine.arguments.dropFirst()))
        } catch {
            stop("nightjar-agent: \(error)", usageExit)
        }
        switch command {
        case .show(let text): print(text)
        case .run(let options, let ownLogPath): await run(options, ownLogPath: ownLogPath)
        }
    }

    private static func run(_ options: AgentOptions, ownLogPath: String?) async {
        bootstrapOwnLog(OwnLogSink(path: ownLogPath, toStandardError: true), level: .info)
        let service: AgentService
        do throws(AgentError) {
            service = try AgentService(options: options, logger: Logger(label: "agent"))
        } catch {
            if case .options = error { stop("nightjar-agent: \(error)", usageExit) }
            stop("nightjar-agent: \(error)", unavailableExit)
        }
        let work = Task { await service.run() }
        StopSignals.onFirst { work.cancel() }
        await work.value
    }

    private static func stop(_ sentence: String, _ code: Int32) -> Never {
        let line = Array((sentence + "\n").utf8)
        _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
        exit(code)
    }
}

/// SIGINT and SIGTERM: the first is handed over, the second ends the process at once.
private enum StopSignals {

    static func onFirst(_ body: @escaping @Sendable () -> Void) {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0, "the system gave no pipe: \(String(cString: strerror(errno)))")
        signalPipe = ends[1]
        let readEnd = ends[0]
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                // Only what a signal handler may do.
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(signalPipe, &byte, 1)
            }
        }
        _ = WorkerThread(name: "signals") {
            var count = 0
            var byte: UInt8 = 0
            while true {
                let status = read(readEnd, &byte, 1)
                if status < 0 && errno == EINTR { continue }
                guard status == 1 else { return }
                count += 1
                if count == 1 { body() } else { _exit(128 + Int32(byte)) }
            }
        }
    }
}

/// Where the signal handlers write. Set once, before they are installed.
nonisolated(unsafe) private var signalPipe: Int32 = -1
