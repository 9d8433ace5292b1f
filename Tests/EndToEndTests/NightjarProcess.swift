import Foundations
import Glibc
import Outbound
import Synchronization
import TestSupport

/// The real `nightjar` binary as a child process, its output in a file.
final class NightjarProcess: @unchecked Sendable {
    let pid: pid_t
    let outputPath: String
    private let status = Locked<Int32?>(nil)

    /// The binary that was built beside this test bundle.
    static let executable: String = {
        let bundle = CommandLine.arguments[0]
        var directory = Paths.directory(of: bundle)
        while directory != "/" && directory != "." {
            let candidate = Paths.join(directory, "nightjar")
            if access(candidate, X_OK) == 0 { return candidate }
            directory = Paths.directory(of: directory)
        }
        fatalError("there is no nightjar binary beside \(bundle); build the package first")
    }()

    /// `launcher`: a command and its arguments that becomes the binary, in other surroundings.
    init(_ arguments: [String], output: String, environment: [String: String] = [:], launcher: [String] = []) {
        outputPath = output
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let command = launcher + [Self.executable] + arguments
        var argv: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables = ["PATH=/usr/bin:/bin", "HOME=/tmp", "TERM=dumb", "LANG=C.UTF-8"]
        if let libraries = getenv("LD_LIBRARY_PATH") { variables.append("LD_LIBRARY_PATH=" + String(cString: libraries)) }
        variables += environment.map { "\($0.key)=\($0.value)" }
        var envp: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer {
            for pointer in argv + envp { free(pointer) }
        }
        var attributes = Self.withSignalsAsUsual()
        defer { posix_spawnattr_destroy(&attributes) }
        var child = pid_t()
        let code = posix_spawnp(&child, command[0], &actions, &attributes, &argv, &envp)
        precondition(code == 0, "can't start \(command[0]): \(String(cString: strerror(code)))")
        pid = child
    }

    /// Whoever runs the tests in the background has them ignore what is typed at a terminal; the program is to heed it all the same.
    private static func withSignalsAsUsual() -> posix_spawnattr_t {
        var heeded = sigset_t()
        sigemptyset(&heeded)
        for signal in [SIGINT, SIGQUIT, SIGHUP] { sigaddset(&heeded, signal) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        posix_spawnattr_setsigdefault(&attributes, &heeded)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        return attributes
    }

    deinit { kill(SIGKILL) }

    /// Sends a signal unless the process has ended already.
    func kill(_ signal: Int32) {
        if pollExit() == nil { Glibc.kill(pid, signal) }
    }

    /// The exit code (128 + signal where one ended it), or nil while it runs.
    func pollExit() -> Int32? {
        status.withLock { known in
            if known != nil { return known }
            var raw: Int32 = 0
            guard waitpid(pid, &raw, WNOHANG) == pid else { return nil }
            known = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
            return known
        }
    }

    /// Waits for the end; nil after the timeout.
    func waitForExit(seconds: Double) async throws -> Int32? {
        try await eventually(seconds: seconds) { self.pollExit() }
    }

    /// kill -9, and waits until it's gone.
    func killHard() async throws {
        kill(SIGKILL)
        _ = try await waitForExit(seconds: 10)
    }

    var output: String {
        let bytes = (try? RealFileSystem().readAll(outputPath, bytesMax: 64 << 20)) ?? []
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Runs a command to its end and gives what it printed.
    static func run(_ arguments: [String], seconds: Double = 60, environment: [String: String] = [:]) async throws -> (code: Int32?, output: String) {
        let directory = TemporaryDirectory("run")
        let process = NightjarProcess(arguments, output: directory.path("output"), environment: environment)
        let code = try await process.waitForExit(seconds: seconds)
        if code == nil { try await process.killHard() }
        return (code, process.output)
    }
}

/// A TCP port of the loopback that nobody listened on a moment ago.
///
/// Below those that the kernel gives to connections: one of them could have it before the server that is to listen on it, or again while
/// that restarts.
func freePort() -> Int {
    while true {
        let port = UInt16.random(in: 10_240..<32_768)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = port.bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        if code == 0 { return Int(port) }
    }
}
