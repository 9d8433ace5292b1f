import Model

/// Which lines of a file belong to the record before them, so that a stack trace is one record.
public enum MultilineRules: Sendable {
    /// Each line is a record.
    case off
    /// Indented lines, and the stack traces of Java, Python, Ruby, Go, JavaScript, PHP, Rust and .NET as they are printed.
    case automatic
    /// A record begins with a line in which this is found; all others continue it.
    case start(RegularExpression)
}

/// The record that is being gathered, and which line continues it.
struct RecordGatherer {
    private enum State {
        case plain
        /// Frames of Python's traceback; the line that isn't indented names the exception.
        case pythonFrames
        /// Behind the exception's name; a blank line and a sentence lead to the next traceback.
        case pythonEnd
        case goPanic
    }

    private let rules: MultilineRules
    private var state = State.plain
    private var lineCount = 1
    private let isIndented: Bool
    private let isException: Bool
    /// Begins what is printed over several lines: its last bracket closes in the first column.
    private let opensBracket: Bool
    private let isBlank: Bool

    init(first: UnsafeRawBufferPointer, rules: MultilineRules) {
        self.rules = rules
        let line = Self.trimmed(first)
        isBlank = line.isEmpty
        isIndented = Self.isIndented(line)
        isException = Self.namesException(line)
        opensBracket = line.last == UInt8(ascii: "{") || line.last == UInt8(ascii: "[") || line.last == UInt8(ascii: "(")
        if Self.starts(line, "Traceback (most recent call last)") {
            state = .pythonFrames
        } else if Self.starts(line, "panic: ") || Self.starts(line, "fatal error: ") || Self.starts(line, "goroutine ") {
            state = .goPanic
        }
    }

    /// Whether the next line belongs to the record; then it is counted in.
    mutating func takes(_ next: UnsafeRawBufferPointer) -> Bool {
        guard lineCount < Limits.recordLinesMax, continues(next) else { return false }
        lineCount += 1
        return true
    }

    private mutating func continues(_ next: UnsafeRawBufferPointer) -> Bool {
        switch rules {
        case .off: return false
        case .start(let expression): return !expression.matchesPart(next)
        case .automatic: break
        }
        if isBlank { return false }
        let line = Self.trimmed(next)
        switch state {
        case .goPanic: return Self.continuesPanic(line)
        case .pythonFrames: return continuesTraceback(line)
        case .pythonEnd: return leadsToTraceback(line)
        case .plain: return continuesPlain(line)
        }
    }

    private mutating func continuesPlain(_ line: UnsafeRawBufferPointer) -> Bool {
        if line.isEmpty { return false }
        if Self.isIndented(line) { return !isIndented }
        if Self.starts(line, "Caused by: ") || Self.starts(line, "Suppressed: ") || Self.starts(line, "Stack trace:") || Self.starts(line, "stack backtrace:")
            || Self.starts(line, "note: run with `RUST_BACKTRACE")
        {
            return true
        }
        // PHP's `#0 /srv/a.php(12): f()`
        if line.count > 2, line[0] == UInt8(ascii: "#"), Self.isDigit(line[1]), line.contains(0x20) { return true }
        if opensBracket, Self.isClosing(line) { return true }
        guard lineCount == 1 else { return false }
        if Self.starts(line, "Traceback (most recent call last)") {
            state = .pythonFrames
            return true
        }
        // A logger's line, then the exception that it was given.
        return !isException && Self.namesException(line) && !Self.starts(line, "Exception in thread ")
    }

    private mutating func continuesTraceback(_ line: UnsafeRawBufferPointer) -> Bool {
        if Self.isIndented(line) { return true }
        guard Self.isDottedName(line) else { return false }
        state = .pythonEnd
        return true
    }

    private mutating func leadsToTraceback(_ line: UnsafeRawBufferPointer) -> Bool {
        if line.isEmpty || Self.isIndented(line) || Self.starts(line, "During handling of the above exception")
            || Self.starts(line, "The above exception was the direct cause")
        {
            return true
        }
        guard Self.starts(line, "Traceback (most recent call last)") else { return false }
        state = .pythonFrames
        return true
    }

    private static func continuesPanic(_ line: UnsafeRawBufferPointer) -> Bool {
        if line.isEmpty || isIndented(line) || starts(line, "goroutine ") || starts(line, "created by ") || starts(line, "[signal ") || starts(line, "panic: ")
            || starts(line, "exit status ") || starts(line, "...additional frames")
        {
            return true
        }
        // `main.serve(0x1, {0x2, 0x3})`: a name without spaces, and its arguments.
        guard line.last == UInt8(ascii: ")"), let open = line.firstIndex(of: UInt8(ascii: "(")) else { return false }
        return open > 0 && !line[..<open].contains(0x20) && line[..<open].contains(UInt8(ascii: "."))
    }

    // MARK: Shapes of lines

    private static func trimmed(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var end = line.count
        while end > 0, line[end - 1] == 0x0D || line[end - 1] == 0x20 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: line[..<end])
    }

    private static func isIndented(_ line: UnsafeRawBufferPointer) -> Bool { line.first == 0x20 || line.first == 0x09 }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    private static func isClosing(_ line: UnsafeRawBufferPointer) -> Bool {
        line.count <= 3
            && line.allSatisfy { byte in
                byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";")
            }
    }

    /// `java.lang.IllegalStateException: x`, `Exception in thread "main" java.lang.Error`.
    private static func namesException(_ line: UnsafeRawBufferPointer) -> Bool {
        if starts(line, "Exception in thread ") { return true }
        let name = line.prefix { isNamePart($0) }
        guard name.count < 256, name.contains(UInt8(ascii: ".")), name.endIndex == line.count || line[name.endIndex] == UInt8(ascii: ":") else { return false }
        return ["Exception", "Error", "Throwable", "Failure"].contains { name.reversed().starts(with: $0.utf8.reversed()) }
    }

    /// `ValueError: x`, `requests.exceptions.ConnectionError`, `KeyboardInterrupt`.
    private static func isDottedName(_ line: UnsafeRawBufferPointer) -> Bool {
        let name = line.prefix { isNamePart($0) }
        return !name.isEmpty && name.count < 256 && (name.endIndex == line.count || line[name.endIndex] == UInt8(ascii: ":"))
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26 || isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$")
    }

    private static func starts(_ line: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard line.count >= text.utf8CodeUnitCount else { return false }
        for place in 0..<text.utf8CodeUnitCount where line[place] != text.utf8Start[place] { return false }
        return true
    }
}
