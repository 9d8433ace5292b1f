import Dispatch
import Foundations
import Glibc

/// A command run to its end with this process's input and outputs; the signals that this process gets are passed on to it.
struct ChildCommand {
    /// How a command ended.
    enum End: Equatable {
        case exited(Int32)
        case killed(signal: Int32)

        /// As shells count: 128 and the signal.
        var exitCode: Int32 {
            switch self {
            case .exited(let code): code
            case .killed(let signal): 128 + signal
            }
        }
    }

    /// Not started, with the exit code that shells give: 127 where there is no such command, 126 where it can't be run.
    struct StartFailure: Error {
        let reason: String
        let exitCode: Int32
    }

    private static let passedOn = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH]
    private let sources: [any DispatchSourceSignal]
    private let pid: pid_t

    /// Starts it. Throws where that fails.
    static func start(_ command: [String]) throws(StartFailure) -> ChildCommand {
        var pid: pid_t = 0
        // Taken before the child is there, so that none is lost; the child gets the plain handling back.
        var ignored: Set<Int32> = []
        for number in passedOn where isIgnored(signal(number, SIG_IGN)) { ignored.insert(number) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in passedOn + [SIGPIPE] where !ignored.contains(number) { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        let code = posix_spawnp(&pid, command[0], nil, &attributes, &arguments, environ)
        if code != 0 {
            throw StartFailure(reason: "can't run \(SafeText(command[0])): \(String(cString: strerror(code)))", exitCode: code == ENOENT ? 127 : 126)
        }
        return ChildCommand(pid: pid, ignored: ignored)
    }

    private init(pid: pid_t, ignored: Set<Int32>) {
        self.pid = pid
        // What the keyboard sends goes to the child by itself: both are in the terminal's foreground.
        let fromKeyboard: Set<Int32> = isatty(STDIN_FILENO) == 1 ? [SIGINT, SIGQUIT, SIGWINCH] : []
        sources = Self.passedOn.filter { !ignored.contains($0) && !fromKeyboard.contains($0) }.map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { _ = kill(pid, number) }
            source.resume()
            return source
        }
    }

    private static func isIgnored(_ handler: __sighandler_t?) -> Bool { unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) }

    /// Waits for its end.
    func wait() async -> End {
        let pid = pid
        let status = await withCheckedContinuation { (continuation: CheckedContinuation<Int32, Never>) in
            // A thread of its own: a job may run for hours.
            DispatchQueue.global().async {
                var status: Int32 = 0
                while waitpid(pid, &status, 0) < 0, errno == EINTR {}
                continuation.resume(returning: status)
            }
        }
        for source in sources { source.cancel() }
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
    }
}
