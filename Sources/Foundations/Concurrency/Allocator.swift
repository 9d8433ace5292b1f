import CPlatform

/// The C library's allocator, which every part of the process shares.
public enum Allocator {
    /// Sets it up for a server: buffers of requests are used again instead of being mapped and cleared for each. Called once, first thing.
    public static func tune() { nj_tune_allocator() }

    /// Gives unused memory back to the system, for after work that took much for a while. Takes milliseconds.
    public static func trim() { nj_trim_allocator() }
}
