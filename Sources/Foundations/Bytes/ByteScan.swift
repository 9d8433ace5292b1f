import CPlatform

/// Looks through bytes many at a time. Each search begins at `start`, which is at most the count, and returns where it found something, or the count.
public enum ByteScan {
    /// The first byte that isn't ASCII.
    public static func notASCII(_ bytes: UnsafeRawBufferPointer, from start: Int = 0) -> Int {
        search(bytes) { nj_scan_not_ascii($0, start, bytes.count) }
    }

    /// The first byte that a string of JSON can't hold as it is: a quote, a backslash, a control character.
    public static func jsonStop(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        search(bytes) { nj_scan_json_stop($0, start, bytes.count) }
    }

    /// The first of either byte.
    public static func either(_ one: UInt8, _ other: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        search(bytes) { nj_scan_either($0, start, bytes.count, one, other) }
    }

    /// The first place from which on 13 bytes or more are digits, spaces and dashes.
    public static func digitRun(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        search(bytes) { nj_scan_digit_run($0, start, bytes.count) }
    }

    /// Copies a string of JSON from behind its opening quote, simple escapes undone, as far as it needs no closer look.
    ///
    /// `output` has room for 16 bytes more than there are from `start` on. Returns where it stopped (at the closing quote, a `\u`, an escape that
    /// JSON doesn't have, a control character, or the count) and how many bytes it wrote.
    public static func copyJSON(_ bytes: UnsafeRawBufferPointer, from start: Int, to output: UnsafeMutablePointer<UInt8>) -> (stop: Int, written: Int) {
        guard let base = bytes.baseAddress else { return (0, 0) }
        var written = 0
        let stop = nj_json_copy(base.assumingMemoryBound(to: UInt8.self), start, bytes.count, output, &written)
        return (stop, written)
    }

    @inline(__always) private static func search(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafePointer<UInt8>) -> Int) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        return body(base.assumingMemoryBound(to: UInt8.self))
    }
}

/// Up to 16 groups of three bytes that are looked for at the same time, letters in either case.
public struct Trigrams: Sendable {
    private var groups = nj_trigrams()

    /// `groups`: letters in lower case.
    public init(_ groups: [StaticString]) {
        precondition(groups.count <= nj_trigrams_max && groups.allSatisfy { $0.utf8CodeUnitCount == 3 })
        self.groups.count = UInt32(groups.count)
        withUnsafeMutableBytes(of: &self.groups.bytes) { bytes in
            for place in 0..<3 {
                for (number, group) in groups.enumerated() { bytes[place * nj_trigrams_max + number] = group.utf8Start[place] }
            }
        }
    }

    /// Where one of them first stands, or the count. Sees a sign in some control characters, too: the caller looks closer.
    public func next(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        return withUnsafePointer(to: groups) { nj_scan_trigrams(base.assumingMemoryBound(to: UInt8.self), start, bytes.count, $0) }
    }
}
