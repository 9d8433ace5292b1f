import CPlatform
import Foundations
import Glibc

/// What happened to the screen or came from it.
public enum ScreenEvent: Hashable, Sendable {
    case input(InputEvent)
    /// The size changed and has been quiet since.
    case resized(Size)
    /// The process was stopped and goes on: the next frame is drawn as a whole.
    case resumed
    /// Something called `Screen.wake`.
    case woken
    /// A signal asked the process to end. The terminal has been given back already.
    case ending(signal: Int32)
    /// The terminal has gone.
    case disconnected
}

/// The terminal, taken over full-screen: raw input, the alternate screen, frames drawn by their difference.
///
/// One at a time in a process, used from one thread (`wake` from any). Whatever ends the process gives the terminal back.
public final class Screen {
    public private(set) var capabilities: Capabilities
    public private(set) var size: Size
    /// Bytes written for frames so far.
    public private(set) var frameBytesTotal = 0

    private let input: Int32
    private let output: Int32
    private let clock: any WallClock
    private var encoder: FrameEncoder
    private var shown: Buffer?
    private var parser = InputParser()
    private var lastInputNanoseconds: Int64 = 0
    private var resizeDueNanoseconds: Int64?
    private var hasProbed = false
    private var isOpen = true

    /// The alternate screen, no cursor, no wrapping at the last column, bracketed paste.
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[?2004h"
    private static let leave = "\u{1B}[r\u{1B}[0m\u{1B}[?2026l\u{1B}[?1006l\u{1B}[?1000l\u{1B}[?2004l\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"
    private static let synchronizedOutput = 2026

    /// Takes the terminal over. Throws where input or output is none, or where it can't move its cursor. `adjust` changes what the
    /// environment tells of the terminal.
    public init(
        environment: [String: String], input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO, clock: any WallClock = SystemClock(),
        adjust: (inout Capabilities) -> Void = { _ in }
    ) throws(TerminalError) {
        guard isatty(input) == 1, isatty(output) == 1 else { throw .notATerminal }
        var capabilities = Capabilities(environment: environment)
        adjust(&capabilities)
        guard capabilities.movesCursor else { throw .cannotMoveCursor(term: environment["TERM"] ?? "") }
        self.input = input
        self.output = output
        self.clock = clock
        self.capabilities = capabilities
        encoder = FrameEncoder(capabilities: capabilities)
        size = Self.size(of: output) ?? Size(columns: 80, rows: 24)
        let status = nj_terminal_enter(input, output, Self.enter, Self.enter.utf8.count, Self.leave, Self.leave.utf8.count)
        if status == -EBUSY { throw .alreadyTaken }
        if status != 0 { throw .system(operation: "take over", code: -status) }
    }

    deinit { close() }

    /// Gives the terminal back. Calling it again does nothing.
    public func close() {
        if isOpen { nj_terminal_leave() }
        isOpen = false
    }

    /// Makes `next` return, from any thread.
    public static func wake() { nj_terminal_wake() }

    /// Stops the process as Ctrl-Z does in a shell; `resumed` follows when it goes on.
    public func suspend() { nj_terminal_suspend() }

    /// The size of a terminal; nil where the descriptor is none or doesn't tell.
    public static func size(of descriptor: Int32) -> Size? {
        var columns: UInt16 = 0
        var rows: UInt16 = 0
        guard nj_window_size(descriptor, &columns, &rows) == 0, columns > 0, rows > 0 else { return nil }
        return Size(columns: min(Int(columns), Limits.sideCells), rows: min(Int(rows), Limits.sideCells))
    }

    /// Draws a frame. Returns false where the terminal hasn't taken the last one yet: try again a little later with the newest.
    public func draw(_ frame: Buffer) -> Bool {
        guard nj_terminal_is_active() != 0 else { return true }
        if nj_output_queue(output) > 0 { return false }
        var bytes: [UInt8] = []
        encoder.encode(from: shown, to: frame, into: &bytes)
        if !hasProbed {
            // The questions go behind the first frame, so that they never delay it. DA1 is answered by every terminal.
            hasProbed = true
            bytes.append(contentsOf: "\u{1B}[?\(Self.synchronizedOutput)$p\u{1B}[c".utf8)
        }
        shown = frame
        if !bytes.isEmpty {
            frameBytesTotal += bytes.count
            // Given back or gone meanwhile: the event that says so comes from `next`.
            _ = bytes.withUnsafeBytes { nj_terminal_write($0.baseAddress, $0.count) }
        }
        return true
    }

    /// Reports the mouse, or leaves it to the terminal for selecting text.
    public func captureMouse(_ isCaptured: Bool) {
        let sequence = isCaptured ? "\u{1B}[?1000h\u{1B}[?1006h" : "\u{1B}[?1006l\u{1B}[?1000l"
        _ = Array(sequence.utf8).withUnsafeBytes { nj_terminal_write($0.baseAddress, $0.count) }
    }

    /// Puts text into the clipboard of whoever sits at the terminal (OSC 52), through ssh as well. Terminals that don't know it, or were
    /// told not to, ignore it.
    public func copy(_ text: [UInt8]) {
        let sequence = Array("\u{1B}]52;c;".utf8) + Base64.encoded(text) + [0x07]
        _ = sequence.withUnsafeBytes { nj_terminal_write($0.baseAddress, $0.count) }
    }

    /// Waits for events; none where the timeout has passed.
    public func next(timeoutMilliseconds: Int64?) -> [ScreenEvent] {
        var events: [ScreenEvent] = []
        var descriptors = [
            pollfd(fd: nj_terminal_events(), events: Int16(POLLIN), revents: 0), pollfd(fd: input, events: Int16(POLLIN), revents: 0),
        ]
        let ready = poll(&descriptors, 2, pollTimeout(timeoutMilliseconds))
        if ready > 0 {
            if descriptors[0].revents != 0 { readNotifications(into: &events) }
            if descriptors[1].revents != 0 { readInput(descriptors[1].revents, into: &events) }
        }
        if nj_terminal_ending_signal() != 0 { return [.ending(signal: nj_terminal_ending_signal())] }
        let now = clock.monotonicNanoseconds()
        if parser.isWaiting && now - lastInputNanoseconds >= Limits.escapeWaitMilliseconds * 1_000_000 {
            var inputs: [InputEvent] = []
            parser.flush(into: &inputs)
            append(inputs, to: &events)
        }
        if let due = resizeDueNanoseconds, now >= due {
            resizeDueNanoseconds = nil
            if let current = Self.size(of: output), current != size {
                size = current
                shown = nil
                events.append(.resized(current))
            }
        }
        return events
    }

    private func pollTimeout(_ wanted: Int64?) -> Int32 {
        var timeout = wanted ?? .max
        let now = clock.monotonicNanoseconds()
        if parser.isWaiting { timeout = min(timeout, Limits.escapeWaitMilliseconds - (now - lastInputNanoseconds) / 1_000_000) }
        if let resizeDueNanoseconds { timeout = min(timeout, (resizeDueNanoseconds - now) / 1_000_000 + 1) }
        return timeout == .max ? -1 : Int32(min(max(0, timeout), 3_600_000))
    }

    private func readNotifications(into events: inout [ScreenEvent]) {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(nj_terminal_events(), &bytes, bytes.count)
        guard count > 0 else { return }
        let notified = Set(bytes.prefix(count))
        if notified.contains(UInt8(ascii: "w")) {
            resizeDueNanoseconds = clock.monotonicNanoseconds() + Limits.resizeWaitMilliseconds * 1_000_000
        }
        if notified.contains(UInt8(ascii: "c")) {
            shown = nil
            size = Self.size(of: output) ?? size
            events.append(.resumed)
        }
        if notified.contains(UInt8(ascii: "m")) { events.append(.woken) }
    }

    private func readInput(_ readiness: Int16, into events: inout [ScreenEvent]) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(input, &bytes, bytes.count)
        if count > 0 {
            lastInputNanoseconds = clock.monotonicNanoseconds()
            var inputs: [InputEvent] = []
            parser.feed(bytes.prefix(count), into: &inputs)
            append(inputs, to: &events)
        } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
            events.append(.disconnected)
        }
    }

    private func append(_ inputs: [InputEvent], to events: inout [ScreenEvent]) {
        for input in inputs {
            if case .reply(.mode(number: Self.synchronizedOutput, isSupported: true)) = input {
                capabilities.synchronizesOutput = true
                encoder.capabilities.synchronizesOutput = true
            }
            events.append(.input(input))
        }
    }
}
