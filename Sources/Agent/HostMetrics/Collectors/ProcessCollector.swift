import Foundations
import Glibc

/// /proc/*/stat: processes and threads by state, and the programs that use most, under process_exporter's names.
///
/// Only the programs' names are read, never their arguments, which may hold secrets.
struct ProcessCollector: HostCollector {
    let name: StaticString = "processes"
    private var groups = ProcessGroups()

    mutating func collect(_ context: HostContext) throws(HostMetricsError) {
        var numbers: [UInt32] = []
        context.files.forEachName(in: "proc") { name in
            if let number = name.number.flatMap({ UInt32(exactly: $0) }) { numbers.append(number) }
        }
        var states = [Double](repeating: 0, count: 128)
        var threads: UInt64 = 0
        groups.beginRound()
        for number in numbers.prefix(HostLimits.processesMax) {
            // A process may end between the listing and the reading.
            guard let bytes = context.files.readIfPresent("proc/\(number)/stat"), let process = ProcessLine(bytes) else { continue }
            if process.state < 128 { states[Int(process.state)] += 1 }
            threads += process.threads
            groups.add(number, process)
        }
        groups.endRound()
        let sink = context.sink
        sink.add("node_processes_pids", .gauge, "Processes.", Double(numbers.count))
        sink.add("node_processes_threads", .gauge, "Threads of all processes.", Double(threads))
        for (state, count) in states.enumerated() where count > 0 {
            withUnsafeBytes(of: UInt8(state)) { sink.add("node_processes_state", .gauge, "Processes by state.", count, HostLabel("state", $0)) }
        }
        groups.report(to: sink)
        let threadsMax = try context.files.read("proc/sys/kernel/threads-max").trimmed.number
        sink.add("node_processes_max_threads", .gauge, "Threads that there may be.", threadsMax)
        let processesMax = try context.files.read("proc/sys/kernel/pid_max").trimmed.number
        sink.add("node_processes_max_processes", .gauge, "Processes that there may be.", processesMax)
    }
}

/// What of a line of /proc/*/stat is used: `12 (a name) S 1 …`. The name may itself have blanks and parentheses.
struct ProcessLine {
    /// The kernel's own threads are all children of this process.
    private static let kernelThreads: UInt64 = 2

    let program: ProgramName
    let state: UInt8
    /// Ticks since the process began; 0 where the line is short.
    var userTicks: UInt64 = 0
    var systemTicks: UInt64 = 0
    var threads: UInt64 = 0
    /// Ticks since the machine began.
    var startTicks: UInt64 = 0
    var residentPages: UInt64 = 0

    init?(_ bytes: Bytes) {
        guard let open = bytes.firstIndex(of: UInt8(ascii: "(")), let end = bytes.lastIndex(of: UInt8(ascii: ")")), open < end else { return nil }
        var fields = ByteFields(bytes.dropping(end + 1))
        guard let state = fields.next()?.first else { return nil }
        self.state = state
        let isOfKernel = fields.nextNumber() == Double(Self.kernelThreads)
        program = isOfKernel ? .kernel : ProgramName(Bytes(rebasing: bytes[open + 1..<end]))
        fields.skip(9)
        userTicks = Self.count(&fields)
        systemTicks = Self.count(&fields)
        fields.skip(4)
        threads = Self.count(&fields)
        fields.skip(1)
        startTicks = Self.count(&fields)
        fields.skip(1)
        residentPages = Self.count(&fields)
    }

    private static func count(_ fields: inout ByteFields) -> UInt64 { fields.nextNumber().flatMap { UInt64(exactly: $0) } ?? 0 }
}

/// A program's name, as the kernel keeps it: 15 bytes. Held without memory of its own, since a host has thousands.
struct ProgramName: Hashable {
    static let kernel = ProgramName("kernel threads")

    private var first: UInt64 = 0
    private var second: UInt64 = 0

    init(_ bytes: Bytes) {
        withUnsafeMutableBytes(of: &self) { $0.copyBytes(from: bytes.prefix($0.count)) }
    }

    private init(_ text: StaticString) { self.init(Bytes(start: text.utf8Start, count: text.utf8CodeUnitCount)) }

    func withBytes<Result>(_ body: (Bytes) -> Result) -> Result {
        withUnsafeBytes(of: self) { bytes in body(Bytes(rebasing: bytes.prefix { $0 != 0 })) }
    }
}
