import Foundation
import Foundations
import Glibc

/// A process that was started for a benchmark, and what the kernel says that it uses.
///
/// All that run are killed, by their numbers, when this process ends by itself, by SIGINT or by SIGTERM.
final class ServerProcess: Sendable {
    let identifier: pid_t
    private static let running = Locked<[pid_t]>([])

    private init(_ identifier: pid_t) { self.identifier = identifier }

    /// Starts a program, found by PATH where its name has no slash; what it says goes to the file `log`, or nowhere.
    static func start(_ command: [String], log: String?) throws -> ServerProcess {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // A group of its own: Ctrl-C reaches us alone, and we end it.
        return try spawn(command, &actions, flags: Int32(POSIX_SPAWN_SETPGROUP), environment: [:])
    }

    /// Starts a program at a terminal, which becomes its controlling one; variables that are nil are taken away.
    static func start(_ command: [String], terminal: String, environment: [String: String?]) throws -> ServerProcess {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // A new session takes the first terminal that it opens.
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, terminal, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO)
        return try spawn(command, &actions, flags: newSession, environment: environment)
    }

    /// `POSIX_SPAWN_SETSID`, which glibc shows to GNU sources alone.
    private static let newSession: Int32 = 0x80

    private static func spawn(
        _ command: [String], _ actions: inout posix_spawn_file_actions_t, flags: Int32, environment: [String: String?]
    ) throws -> ServerProcess {
        watchSignals
        var variables = ProcessInfo.processInfo.environment
        for (name, value) in environment { variables[name] = value }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pairs: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pair in pairs { free(pair) } }
        var identifier: pid_t = 0
        let status = posix_spawnp(&identifier, command[0], &actions, &attributes, &arguments, &pairs)
        guard status == 0 else { throw BenchError("\(command[0]) can't be started: \(String(cString: strerror(status)))") }
        running.withLock { $0.append(identifier) }
        return ServerProcess(identifier)
    }

    /// Ends it at once, as a power failure would, and waits until it is gone.
    func kill() { end(SIGKILL) }

    /// Asks it to end, and waits until it has.
    func stop() { end(SIGTERM) }

    private func end(_ signal: Int32) {
        let isRunning = Self.running.withLock { $0.contains(identifier) }
        guard isRunning else { return }
        Glibc.kill(identifier, signal)
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) == -1, errno == EINTR {}
        Self.running.withLock { $0.removeAll { $0 == identifier } }
    }

    /// Whether it has ended by itself.
    var hasExited: Bool {
        var status: Int32 = 0
        guard waitpid(identifier, &status, WNOHANG) == identifier else { return !Self.running.withLock { $0.contains(identifier) } }
        Self.running.withLock { $0.removeAll { $0 == identifier } }
        return true
    }

    /// Time on a processor so far, user and system, to the nanosecond.
    var cpuSeconds: Double {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(identifier, &clock) == 0, clock_gettime(clock, &time) == 0 else { return .nan }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Time on a processor so far of its threads that run now and whose name `isCounted` accepts.
    func cpuSeconds(ofThreads isCounted: (String) -> Bool) -> Double {
        let folder = "/proc/\(identifier)/task"
        // A thread that ends meanwhile has no files any more.
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return threads.reduce(0) { sum, thread in
            guard let name = try? String(contentsOfFile: "\(folder)/\(thread)/comm", encoding: .utf8), isCounted(name.trimmingCharacters(in: .newlines)),
                let text = try? String(contentsOfFile: "\(folder)/\(thread)/schedstat", encoding: .utf8),
                let nanoseconds = text.split(separator: " ").first.flatMap({ Double($0) })
            else { return sum }
            return sum + nanoseconds / 1e9
        }
    }

    /// Resident memory now, and at the most since `resetPeak`.
    var residentBytes: Int { status("VmRSS") }
    var peakBytes: Int { status("VmHWM") }

    /// Begins a new peak at what is resident now.
    func resetPeak() throws { try "5".write(toFile: "/proc/\(identifier)/clear_refs", atomically: false, encoding: .utf8) }

    private func status(_ name: String) -> Int {
        guard let text = try? String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name + ":") }),
            let kibibytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Int($0) })
        else { return 0 }
        return kibibytes * 1024
    }

    private static let watchSignals: Void = {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                killAll()
                exit(128 + number)
            }
            source.resume()
            sources.withLock { $0.append(Kept(source: source)) }
        }
        atexit { ServerProcess.killAll() }
    }()

    private struct Kept: @unchecked Sendable { let source: any DispatchSourceSignal }
    private static let sources = Locked<[Kept]>([])

    private static func killAll() { for identifier in running.withLock({ $0 }) { Glibc.kill(identifier, SIGKILL) } }
}
