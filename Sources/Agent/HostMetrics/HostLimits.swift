/// The caps of the host's metrics, with their reasons.
enum HostLimits {
    /// The largest file of /proc or /sys that is read as a whole; the usual ones are under 100 KiB.
    static let fileBytesMax = 4 << 20
    /// Tables with a line per socket are read in pieces of this size, and to a bound, so that a host with a million of them costs time but no memory.
    static let pieceBytes = 64 << 10
    static let tableBytesMax = 64 << 20
    /// A file of the textfile folder.
    static let textfileBytesMax = 4 << 20
    /// Files read from the textfile folder.
    static let textfilesMax = 256
    /// How long one mount may take to answer statvfs, and all of them together.
    static let mountTimeoutMilliseconds: Int64 = 500
    static let mountsTimeoutMilliseconds: Int64 = 2000
    /// Threads that may hang in statvfs at once; beyond, mounts are reported as failed without asking them.
    static let mountThreadsMax = 4
    /// File systems reported; a container host can have thousands of mounts.
    static let mountsMax = 500
    /// Series of interrupts; a machine with more CPUs and lines than this is left to `node_intr_total`.
    static let interruptSeriesMax = 1024
    /// Processes whose state is read; beyond, the rest is counted without it.
    static let processesMax = 20_000
    /// Programs that are reported for their use of processors, and as many for their memory.
    static let processGroupsByUse = 5
    /// How long after that a program is still reported: ten minutes at 15 s.
    static let processGroupRounds = 40
    /// Programs reported at the most, with five series each: a tenth of what a host has anyway.
    static let processGroupsMax = 20
    /// Rounds after which series that went away are forgotten.
    static let forgetRounds = 360
}
