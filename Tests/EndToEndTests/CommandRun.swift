import Foundation
import Foundations
import TestSupport
import Testing

/// A shell script that calls the real binary as `$NIGHTJAR`, run to its end: what it printed where, and its exit code.
struct CommandRun: CustomStringConvertible {
    let code: Int32
    /// Standard output.
    let data: String
    /// Standard error.
    let messages: String

    var description: String { "exit \(code)\n--- stdout\n\(data)\n--- stderr\n\(messages)" }

    /// Runs `script` by bash. `variables` come beside a plain environment without a terminal.
    static func shell(_ script: String, in directory: String = "/tmp", variables: [String: String] = [:]) async throws -> CommandRun {
        let outputs = TemporaryDirectory("shell")
        let files = ["out", "err"].map { outputs.path($0) }
        for file in files { try RealFileSystem().replace(file, with: []) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", script]
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.environment = environment.merging(variables) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: files[0])
        process.standardError = FileHandle(forWritingAtPath: files[1])
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let texts = try files.map { String(decoding: try RealFileSystem().readAll($0, bytesMax: 16 << 20), as: UTF8.self) }
        return CommandRun(code: process.terminationStatus, data: texts[0], messages: texts[1])
    }

    /// Runs `nightjar` with arguments as they are.
    static func nightjar(_ arguments: String...) async throws -> CommandRun {
        let quoted = arguments.map { "'" + $0.replacingOccurrences(of: "'", with: "'\\''") + "'" }
        return try await shell("exec \"$NIGHTJAR\" " + quoted.joined(separator: " "))
    }

    static var environment: [String: String] {
        var variables = ["PATH": "/usr/bin:/bin", "HOME": "/tmp", "TERM": "dumb", "LANG": "C.UTF-8", "TZ": "UTC", "NIGHTJAR": NightjarProcess.executable]
        if let libraries = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] { variables["LD_LIBRARY_PATH"] = libraries }
        return variables
    }
}

/// The real binary on a pseudo-terminal of 100 columns and 30 rows.
final class TerminalRun {
    private let master: FileHandle
    private let process = Process()
    private let shown = Locked<[UInt8]>([])
    private let slave: Int32
    let before: termios

    private typealias OpenPty = @convention(c) (
        UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?
    ) -> Int32

    init(_ arguments: [String], variables: [String: String] = [:]) throws {
        // Swift's Glibc module leaves out <pty.h>.
        let address = try #require(dlsym(nil, "openpty"))
        var (descriptor, inside): (Int32, Int32) = (-1, -1)
        try #require(unsafeBitCast(address, to: OpenPty.self)(&descriptor, &inside, nil, nil, nil) == 0)
        slave = inside
        for end in [descriptor, slave] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var size = winsize(ws_row: 30, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(slave, UInt(TIOCSWINSZ), &size)
        var settings = termios()
        tcgetattr(slave, &settings)
        before = settings
        master = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let end = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        process.executableURL = URL(fileURLWithPath: NightjarProcess.executable)
        process.arguments = arguments
        process.environment = CommandRun.environment.merging(["TERM": "xterm-256color"]) { $1 }.merging(variables) { $1 }
        (process.standardInput, process.standardOutput, process.standardError) = (end, end, end)
        let shown = shown
        master.readabilityHandler = { handle in
            let bytes = handle.availableData
            shown.withLock { $0 += bytes }
        }
        try process.run()
    }

    deinit {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        master.readabilityHandler = nil
        close(slave)
    }

    /// All that was written to the terminal so far, escape sequences too.
    var output: String { shown.withLock { String(decoding: $0, as: UTF8.self) } }

    func type(_ keys: String) { master.write(Data(keys.utf8)) }
    func signal(_ number: Int32) { Foundation.kill(process.processIdentifier, number) }

    /// The exit code (128 and the signal where one ended it), or nil where it still runs after that time.
    func waitForExit(seconds: Double) async throws -> Int32? {
        let process = process
        return try await eventually(seconds: seconds) {
            process.isRunning ? nil : process.terminationStatus + (process.terminationReason == .exit ? 0 : 128)
        }
    }

    /// Whether lines are edited and keys echoed as before.
    var isRestored: Bool {
        var now = termios()
        tcgetattr(slave, &now)
        return now.c_lflag == before.c_lflag && now.c_iflag == before.c_iflag && now.c_oflag == before.c_oflag
    }
}
