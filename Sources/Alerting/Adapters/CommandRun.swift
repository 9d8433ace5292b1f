import Foundations
import Glibc

/// Runs a receiver's program: the message on its standard input, what it prints as the answer.
///
/// The program has a process group of its own, which is killed whole at the time limit: what it started doesn't outlive it.
struct CommandRun: Sendable {
    /// EX_TEMPFAIL of sysexits.h: to be tried again.
    private static let laterCode: Int32 = 75
    /// How often it is looked at whether the program has ended, once its output has.
    private static let endCheckMilliseconds: Int32 = 5

    var arguments: [String]
    var environment: [String: String]
    var input: [UInt8]
    var timeoutSeconds: Double

    /// 200 for exit code 0; 503, tried again, for 75, a signal or a timeout; 400, for good, for any other code.
    func reply() async -> DeliveryReply {
        await withCheckedContinuation { continuation in
            let thread = WorkerThread(name: "command") { continuation.resume(returning: run()) }
            withExtendedLifetime(thread) {}
        }
    }

    private func run() -> DeliveryReply {
        // A program that doesn't read to the end is its own affair: the exit code counts. The signal of the broken pipe dies with this thread.
        var broken = sigset_t()
        sigemptyset(&broken)
        sigaddset(&broken, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &broken, nil)
        var (input, output): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
        guard pipe(&input) == 0, pipe(&output) == 0 else {
            let reason = String(cString: strerror(errno))
            Self.close(input)
            return DeliveryReply(status: 503, body: Array("the program can't be started: \(reason)".utf8))
        }
        let (process, status) = spawn(input: input[0], output: output[1])
        Self.close([input[0], output[1]])
        defer { Self.close([output[0]]) }
        guard status == 0 else {
            Self.close([input[1]])
            return DeliveryReply(status: 503, body: Array("the program can't be started: \(String(cString: strerror(status)))".utf8))
        }
        let end = SystemClock().monotonicNanoseconds() + Int64(timeoutSeconds * 1e9)
        let (answer, isWhole) = exchange(input: input[1], output: output[0], until: end)
        return Self.reply(code: Self.wait(for: process, until: isWhole ? end : 0), answer, timeoutSeconds)
    }

    private static func close(_ descriptors: [Int32]) { for descriptor in descriptors where descriptor >= 0 { _ = Glibc.close(descriptor) } }

    /// Nothing that this process has open is the program's: files, sockets, and the pipes' other ends.
    private static func keepDescriptorsToUs() {
        guard let folder = opendir("/proc/self/fd") else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if let descriptor = Int32(name), descriptor > STDERR_FILENO { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        }
    }

    private func spawn(input: Int32, output: Int32) -> (process: pid_t, status: Int32) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        Self.keepDescriptorsToUs()
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        // The program gets what it needs to run, and nothing that this process knows.
        let variables = environment.merging(["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"]) { $1 }
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var process: pid_t = 0
        let status = posix_spawn(&process, arguments[0], &actions, &attributes, &words, &settings)
        return (process, status)
    }

    /// Writes the message and reads the answer until the program and all that it started have closed their output; not whole where the time was
    /// over before.
    private func exchange(input: Int32, output: Int32, until end: Int64) -> (answer: [UInt8], isWhole: Bool) {
        _ = fcntl(input, F_SETFL, O_NONBLOCK)
        var ends = [pollfd(fd: output, events: Int16(POLLIN), revents: 0), pollfd(fd: input, events: Int16(POLLOUT), revents: 0)]
        var (answer, written): ([UInt8], Int) = ([], 0)
        func stopWriting() {
            Self.close([ends[1].fd])
            ends[1].fd = -1  // Which poll leaves out.
        }
        defer { stopWriting() }
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let left = (end - SystemClock().monotonicNanoseconds()) / 1_000_000
            guard left > 0 else { return (answer, false) }
            let count = poll(&ends, 2, Int32(clamping: left))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return (answer, false) }
            if ends[1].fd >= 0, ends[1].revents != 0 {
                let sent = self.input[written...].withUnsafeBytes { Glibc.write(ends[1].fd, $0.baseAddress, $0.count) }
                if sent > 0 { written += sent }
                if written == self.input.count || (sent < 0 && errno != EAGAIN && errno != EINTR) { stopWriting() }
            }
            if ends[0].revents != 0 {
                let count = Glibc.read(output, &piece, piece.count)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return (answer, true) }
                if answer.count < Limits.replyBytesMax { answer += piece[..<count] }
            }
        }
    }

    /// What the program ended with; nil where it had to be killed. Past `end` its whole group is killed, whether it itself has ended or not.
    private static func wait(for process: pid_t, until end: Int64) -> Int32? {
        var status: Int32 = 0
        while SystemClock().monotonicNanoseconds() < end {
            let waited = waitpid(process, &status, WNOHANG)
            if waited == process { return status }
            if waited < 0, errno != EINTR { return status }
            poll(nil, 0, endCheckMilliseconds)
        }
        kill(-process, SIGKILL)
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == SIGKILL ? nil : status
    }

    private static func reply(code status: Int32?, _ answer: [UInt8], _ timeoutSeconds: Double) -> DeliveryReply {
        guard let status else { return DeliveryReply(status: 503, body: Array("no end within \(timeoutSeconds) s".utf8)) }
        let signal = status & 0x7F
        if signal != 0 { return DeliveryReply(status: 503, body: Array("ended by signal \(signal)".utf8)) }
        switch (status >> 8) & 0xFF {
        case 0: return DeliveryReply(status: 200, body: answer)
        case laterCode: return DeliveryReply(status: 503, body: answer)
        case let code: return DeliveryReply(status: 400, body: Array("exit code \(code): ".utf8) + answer)
        }
    }
}
