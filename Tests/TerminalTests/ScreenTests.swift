import Foundations
import Glibc
import Testing

@testable import Terminal

/// The two ends of a pseudo-terminal.
private struct PseudoTerminal {
    let outside: Int32
    let inside: Int32

    private typealias OpenPty = @convention(c) (
        UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?
    ) -> Int32

    init() throws {
        // Swift's Glibc module leaves out <pty.h>.
        let address = try #require(dlsym(nil, "openpty"))
        var (outside, inside): (Int32, Int32) = (-1, -1)
        try #require(unsafeBitCast(address, to: OpenPty.self)(&outside, &inside, nil, nil, nil) == 0)
        self.outside = outside
        self.inside = inside
    }

    func close() {
        Glibc.close(inside)
        Glibc.close(outside)
    }

    /// What the terminal was sent, once nothing came for 50 ms.
    func received() -> String {
        var text: [UInt8] = []
        var waiting = pollfd(fd: outside, events: Int16(POLLIN), revents: 0)
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while poll(&waiting, 1, 50) > 0 {
            let count = read(outside, &bytes, bytes.count)
            if count <= 0 { break }
            text += bytes.prefix(count)
        }
        return String(decoding: text, as: UTF8.self)
    }

    func type(_ text: String) { _ = text.withCString { write(outside, $0, strlen($0)) } }

    var localModes: tcflag_t {
        var modes = termios()
        tcgetattr(inside, &modes)
        return modes.c_lflag
    }
}

/// One at a time, because a process takes over one terminal at most.
@Suite(.serialized) struct ScreenTests {
    let environment = ["TERM": "xterm-256color", "LANG": "C.UTF-8"]

    @Test func theTerminalIsTakenDrawnOnAndGivenBack() throws {
        let terminal = try PseudoTerminal()
        defer { terminal.close() }
        let modes = terminal.localModes
        let screen = try Screen(environment: environment, input: terminal.inside, output: terminal.inside)
        #expect(terminal.localModes & tcflag_t(ECHO | ICANON | ISIG) == 0)
        #expect(terminal.received().hasPrefix("\u{1B}[?1049h"))
        var frame = Buffer(screen.size)
        frame.write("hello", x: 0, y: 0)
        #expect(screen.draw(frame))
        let shown = terminal.received()
        #expect(shown.contains("hello") && shown.hasSuffix("\u{1B}[?2026$p\u{1B}[c"))
        #expect(screen.draw(frame))
        #expect(terminal.received() == "")
        #expect(throws: TerminalError.alreadyTaken) { try Screen(environment: environment, input: terminal.inside, output: terminal.inside) }
        screen.close()
        #expect(terminal.received().hasSuffix("\u{1B}[?25h\u{1B}[?1049l"))
        #expect(terminal.localModes == modes)
        screen.close()
        #expect(terminal.received() == "")
    }

    @Test func keysArriveAndALoneEscapeAfterItsWait() throws {
        let terminal = try PseudoTerminal()
        defer { terminal.close() }
        let screen = try Screen(environment: environment, input: terminal.inside, output: terminal.inside)
        defer { screen.close() }
        terminal.type("j\u{1B}[A")
        #expect(screen.next(timeoutMilliseconds: 1000) == [.input(.key(.character("j"))), .input(.key(.up))])
        terminal.type("\u{1B}")
        var events: [ScreenEvent] = []
        for _ in 0..<600 where events.isEmpty { events = screen.next(timeoutMilliseconds: 100) }
        #expect(events == [.input(.key(.escape))])
        Screen.wake()
        #expect(screen.next(timeoutMilliseconds: 1000) == [.woken])
    }

    @Test func synchronizedOutputIsUsedOnlyAfterTheTerminalSaidYes() throws {
        let terminal = try PseudoTerminal()
        defer { terminal.close() }
        let screen = try Screen(environment: environment, input: terminal.inside, output: terminal.inside)
        defer { screen.close() }
        var frame = Buffer(screen.size)
        _ = screen.draw(frame)
        _ = terminal.received()
        frame.write("a", x: 0, y: 0)
        _ = screen.draw(frame)
        #expect(!terminal.received().contains("2026"))
        terminal.type("\u{1B}[?2026;2$y")
        _ = screen.next(timeoutMilliseconds: 1000)
        frame.write("b", x: 0, y: 0)
        _ = screen.draw(frame)
        #expect(!terminal.received().contains("2026"), "a little is shown at once anyway")
        for y in 0..<screen.size.rows { frame.write(SafeText(String(repeating: "c", count: 60)), x: 0, y: y) }
        _ = screen.draw(frame)
        let shown = terminal.received()
        #expect(shown.hasPrefix("\u{1B}[?2026h") && shown.hasSuffix("\u{1B}[?2026l"))
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT]) func aSignalGivesTheTerminalBackAtOnce(signal: Int32) throws {
        let terminal = try PseudoTerminal()
        defer { terminal.close() }
        let modes = terminal.localModes
        let screen = try Screen(environment: environment, input: terminal.inside, output: terminal.inside)
        defer { screen.close() }
        _ = terminal.received()
        // To the process: the threads of tests have signals blocked.
        kill(getpid(), signal)
        #expect(terminal.received().hasSuffix("\u{1B}[?1049l"))
        #expect(terminal.localModes == modes)
        #expect(screen.next(timeoutMilliseconds: 1000) == [.ending(signal: signal)])
        // What is drawn afterwards goes nowhere.
        #expect(screen.draw(Buffer(screen.size)))
        #expect(terminal.received() == "")
    }

    @Test func aTerminalThatCannotMoveItsCursorIsRefused() throws {
        let terminal = try PseudoTerminal()
        defer { terminal.close() }
        #expect(throws: TerminalError.cannotMoveCursor(term: "dumb")) { try Screen(environment: ["TERM": "dumb"], input: terminal.inside, output: terminal.inside) }
        #expect(throws: TerminalError.notATerminal) { try Screen(environment: environment, input: open("/dev/null", O_RDONLY), output: terminal.inside) }
    }
}
