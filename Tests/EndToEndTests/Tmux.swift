import Foundation
import Foundations
import TestSupport
import Testing

/// A terminal of tmux's own server, in which the real binary runs.
final class Tmux: Sendable {
    private let name: String
    private let folder = TemporaryDirectory("tmux")
    /// What ends everything that was started, once; empty once it has.
    private let endings = Locked<[String]>([])

    /// Starts a shell of `columns` by `rows`, in which `command` runs.
    init(columns: Int, rows: Int) async throws {
        name = "nightjar-\(UInt32.random(in: 0 ... .max))"
        // The server stays, and must not keep what Foundation watches its child by.
        let closing = "for file in /proc/self/fd/*; do number=${file##*/}; [ $number -le 2 ] || eval \"exec $number>&-\"; done"
        let start = "tmux -L \(name) -f /dev/null new-session -d -x \(columns) -y \(rows) 'env PS1=READY: bash --norc --noprofile'"
        let run = try await CommandRun.shell("( \(closing); exec \(start) )", variables: ["TERM": "xterm-256color"])
        try #require(run.code == 0, "\(run)")
        let numbers = try await tmux("display-message -p '#{pid} #{pane_pid}'").data.split { !$0.isNumber }
        try #require(numbers.count == 2, "the terminal is gone")
        // By force: the server was started with signals blocked, and heeds no other.
        endings.withLock { $0 = ["pkill -9 -P \(numbers[1]); kill -9 \(numbers[1]) \(numbers[0])"] }
        _ = try await shows("READY:")
    }

    /// A test that failed ends what it started too.
    deinit {
        let commands = endings.withLock { $0 }
        guard !commands.isEmpty else { return }
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", commands.joined(separator: "; ")]
        shell.standardError = FileHandle.nullDevice
        do {
            try shell.run()
            shell.waitUntilExit()
        } catch {
            Issue.record("what ran in a terminal wasn't ended: \(error)")
        }
    }

    /// Something that leaves the terminal's processes and is to be ended before them, by a command.
    func endBefore(_ command: String) { endings.withLock { $0.insert(command, at: 0) } }

    private func tmux(_ arguments: String) async throws -> CommandRun { try await CommandRun.shell("tmux -L \(name) \(arguments)", variables: ["TERM": "xterm-256color"]) }

    /// Ends the server with all that runs in it.
    func end() async throws {
        let server = try await tmux("display-message -p '#{pid}'").data.filter(\.isNumber)
        try #require(!server.isEmpty, "the terminal is gone")
        let commands = endings.withLock { endings in
            defer { endings = [] }
            return endings
        }
        _ = try await CommandRun.shell(commands.joined(separator: "; "))
        try #require(try await ends(server), "the terminal stays")
    }

    private static func isRunning(_ process: String) async throws -> Bool { try await CommandRun.shell("kill -0 \(process) 2>&1").code == 0 }

    /// Waits until a process is gone; false where it stays.
    func ends(_ process: String) async throws -> Bool { try await eventually { try await Self.isRunning(process) ? nil : true } ?? false }

    /// Types text as it is, then Enter.
    func run(_ command: String) async throws {
        try await type(command)
        try await press("Enter")
    }

    func type(_ text: String) async throws { _ = try await tmux("send-keys -l -- '" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'") }

    /// Keys by tmux's names: `Enter`, `Escape`, `C-z`.
    func press(_ keys: String) async throws { _ = try await tmux("send-keys \(keys)") }

    func resize(columns: Int, rows: Int) async throws { _ = try await tmux("resize-window -x \(columns) -y \(rows)") }

    /// What is on the screen.
    func screen() async throws -> String { try await tmux("capture-pane -p").data }

    /// Waits until a text is on the screen; the screen then, or nil where it doesn't come.
    func shows(_ text: String, seconds: Double = 60) async throws -> String? {
        try await eventually(seconds: seconds) {
            let screen = try await self.screen()
            return screen.contains(text) ? screen : nil
        }
    }

    /// The modes of the terminal that a program may have changed, and whether the alternate screen is shown.
    func state() async throws -> String {
        let number = UInt32.random(in: 0 ... .max)
        let path = folder.path("modes-\(number)")
        try await run("clear; stty -a > \(path); echo DO''NE\(number)")
        try #require(try await shows("DONE\(number)") != nil)
        let modes = String(decoding: try RealFileSystem().readAll(path, bytesMax: 65_536), as: UTF8.self)
        let flags = try await tmux("display-message -p '#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{wrap_flag}'").data
        return modes.split(separator: "\n").filter { !$0.contains("rows") }.joined(separator: "\n") + flags
    }

    /// The process that runs in the foreground of the shell.
    func child() async throws -> String {
        let shell = try await tmux("display-message -p '#{pane_pid}'").data.filter(\.isNumber)
        return try await CommandRun.shell("ps -o pid= --ppid \(shell) | tail -1").data.filter(\.isNumber)
    }
}
