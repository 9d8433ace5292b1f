import Foundations
import Glibc

/// What processes of the same name use together, and which of these groups are worth a series.
///
/// A group's processor time only grows: what processes used that have ended stays in it. The groups that used most of the processors in a round,
/// or hold most memory, are reported, and go on being so for a while, so that their series don't come and go.
struct ProcessGroups {
    /// A process as it was last seen.
    private struct Seen {
        var startTicks: UInt64
        var userTicks: UInt64
        var systemTicks: UInt64
        var round: Int
    }

    private struct Group {
        var userTicks: UInt64 = 0
        var systemTicks: UInt64 = 0
        var residentPages: UInt64 = 0
        var processes = 0
        var threads: UInt64 = 0
        /// In this round.
        var usedTicks: UInt64 = 0
        /// The last round in which it is reported.
        var shownUntil = 0
    }

    private static let ticksPerSecond = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    private static let pageBytes = Double(max(1, sysconf(Int32(_SC_PAGESIZE))))

    private var round = 0
    private var processes: [UInt32: Seen] = [:]
    private var groups: [ProgramName: Group] = [:]

    mutating func beginRound() {
        round += 1
        for name in groups.keys {
            groups[name]!.residentPages = 0
            groups[name]!.processes = 0
            groups[name]!.threads = 0
            groups[name]!.usedTicks = 0
        }
    }

    mutating func add(_ number: UInt32, _ line: ProcessLine) {
        let now = Seen(startTicks: line.startTicks, userTicks: line.userTicks, systemTicks: line.systemTicks, round: round)
        let before = processes.updateValue(now, forKey: number)
        var group = groups[line.program] ?? Group()
        group.processes += 1
        group.threads += line.threads
        group.residentPages += line.residentPages
        // What ran before this program did isn't its to count; what began since the last round has used all of its time since then.
        if let used = used(now, before) {
            group.userTicks += used.user
            group.systemTicks += used.system
            group.usedTicks += used.user + used.system
        }
        groups[line.program] = group
    }

    private func used(_ now: Seen, _ before: Seen?) -> (user: UInt64, system: UInt64)? {
        guard let before, before.startTicks == now.startTicks else { return round == 1 ? nil : (now.userTicks, now.systemTicks) }
        return (now.userTicks - min(now.userTicks, before.userTicks), now.systemTicks - min(now.systemTicks, before.systemTicks))
    }

    mutating func endRound() {
        processes = processes.filter { $0.value.round == round }
        show { $0.usedTicks }
        show { $0.residentPages }
        groups = groups.filter { $0.value.processes > 0 || $0.value.shownUntil >= round }
    }

    /// Marks the groups with most of something.
    private mutating func show(_ amount: (Group) -> UInt64) {
        let most = groups.map { (name: $0.key, amount: amount($0.value)) }.filter { $0.amount > 0 }
            .sorted { $0.amount > $1.amount }.prefix(HostLimits.processGroupsByUse)
        for (name, _) in most { groups[name]!.shownUntil = round + HostLimits.processGroupRounds }
    }

    func report(to sink: SeriesSink) {
        let shown = groups.filter { $0.value.shownUntil >= round }.sorted { $0.value.shownUntil > $1.value.shownUntil }.prefix(HostLimits.processGroupsMax)
        for (name, group) in shown { name.withBytes { Self.report(group, HostLabel("groupname", $0), to: sink) } }
    }

    private static func report(_ group: Group, _ name: HostLabel, to sink: SeriesSink) {
        let help: StaticString = "Processor time of a program's processes, also of those that have ended."
        sink.add("namedprocess_namegroup_cpu_seconds_total", .counter, help, Double(group.userTicks) / ticksPerSecond, name, HostLabel("mode", "user"))
        sink.add("namedprocess_namegroup_cpu_seconds_total", .counter, help, Double(group.systemTicks) / ticksPerSecond, name, HostLabel("mode", "system"))
        sink.add(
            "namedprocess_namegroup_memory_bytes", .gauge, "Memory of a program's processes.", Double(group.residentPages) * pageBytes, name, HostLabel("memtype", "resident"))
        sink.add("namedprocess_namegroup_num_procs", .gauge, "A program's processes.", Double(group.processes), name)
        sink.add("namedprocess_namegroup_num_threads", .gauge, "Threads of a program's processes.", Double(group.threads), name)
    }
}
