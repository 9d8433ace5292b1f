import Foundations
import Model

/// An agent that sent something, and when it last did.
struct KnownAgent: Sendable, Equatable {
    enum State: String, Sendable, CaseIterable {
        case ok, late, missing
    }

    var identifier: String
    var instance = ""
    var version = ""
    var lastSeen: Timestamp
    /// The last spool record that was stored; 0 where there was none.
    var metricsSequence: UInt64 = 0
    var logsSequence: UInt64 = 0

    func secondsSinceSeen(at now: Timestamp) -> Double { max(0, Double(now.milliseconds - lastSeen.milliseconds) / 1000) }

    func state(at now: Timestamp, _ limits: CollectorLimits) -> State {
        let seconds = secondsSinceSeen(at: now)
        return seconds <= Double(limits.agentLateSeconds) ? .ok : seconds <= Double(limits.agentMissingSeconds) ? .late : .missing
    }
}

/// The agents that have sent something, kept on disk so that one that went missing is still missed after a restart.
///
/// The file `agents` holds a line `nightjar agents 1`, a line per agent (identifier, instance, version, last seen in
/// milliseconds since 1970, sequences of metrics and logs, separated by tabs) and a line `crc32c` with the checksum of all
/// before it, in hexadecimal. It is replaced as a whole by renaming.
final class AgentRegistry: Sendable {
    enum Signal: Sendable {
        case metrics, logs
    }

    private struct State {
        var agents: [String: KnownAgent] = [:]
        var hasChanged = false
    }
    private let state: Locked<State>
    private let path: String
    private let directory: String
    private let agentsMax: Int
    private let fileSystem: any FileSystem
    static let firstLine = "nightjar agents 1"

    /// Reads what was kept. A file that is damaged counts as none: agents make themselves known again within seconds.
    init(directory: String, agentsMax: Int, fileSystem: any FileSystem) {
        self.directory = directory
        path = directory + "/agents"
        self.agentsMax = agentsMax
        self.fileSystem = fileSystem
        state = Locked(State())
        let kept = Self.load(path, fileSystem)
        state.withLock { $0.agents = kept }
    }

    /// Notes that an agent's batch was stored.
    func seen(_ origin: BatchOrigin, instance: String?, version: String?, signal: Signal, at now: Timestamp) {
        state.withLock { state in
            var agent = state.agents[origin.agent] ?? KnownAgent(identifier: origin.agent, lastSeen: now)
            agent.lastSeen = max(agent.lastSeen, now)
            if let instance { agent.instance = Self.field(instance) }
            if let version { agent.version = Self.field(version) }
            switch signal {
            case .metrics: agent.metricsSequence = max(agent.metricsSequence, origin.sequence)
            case .logs: agent.logsSequence = max(agent.logsSequence, origin.sequence)
            }
            state.agents[origin.agent] = agent
            state.hasChanged = true
            if state.agents.count > agentsMax, let oldest = state.agents.values.min(by: { $0.lastSeen < $1.lastSeen }) {
                state.agents[oldest.identifier] = nil
            }
        }
    }

    /// All, by instance.
    var agents: [KnownAgent] {
        state.withLock { Array($0.agents.values) }.sorted { ($0.instance, $0.identifier) < ($1.instance, $1.identifier) }
    }

    /// Writes the list where it has changed.
    func save() throws(FileError) {
        let text = state.withLock { state -> String? in
            guard state.hasChanged else { return nil }
            state.hasChanged = false
            return Self.text(state.agents.values)
        }
        guard let text else { return }
        do throws(FileError) {
            try write(text)
        } catch {
            state.withLock { $0.hasChanged = true }
            throw error
        }
    }

    private func write(_ text: String) throws(FileError) {
        let temporary = path + ".new"
        let file = try fileSystem.open(temporary, .readWrite)
        defer { file.close() }
        try file.truncate(to: 0)
        try withBytes(Array(text.utf8)) { bytes throws(FileError) in try file.write(bytes, at: 0) }
        try file.synchronize()
        try fileSystem.rename(temporary, to: path)
        try fileSystem.synchronizeDirectory(directory)
    }

    private static func text(_ agents: some Sequence<KnownAgent>) -> String {
        var text = firstLine + "\n"
        for agent in agents {
            text += "\(agent.identifier)\t\(agent.instance)\t\(agent.version)\t\(agent.lastSeen.milliseconds)\t\(agent.metricsSequence)\t\(agent.logsSequence)\n"
        }
        return text + "crc32c \(String(CRC32C.checksum(Array(text.utf8)), radix: 16))\n"
    }

    private static func load(_ path: String, _ fileSystem: any FileSystem) -> [String: KnownAgent] {
        guard let file = try? fileSystem.map(path) else { return [:] }
        let text = withExtendedLifetime(file) { String(decoding: file.bytes, as: UTF8.self) }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
        guard lines.count >= 2, lines[0] == firstLine, let last = lines.last, last.hasPrefix("crc32c ") else { return [:] }
        let checked = Array(text[..<last.startIndex].utf8)
        guard UInt32(last.dropFirst(7), radix: 16) == CRC32C.checksum(checked) else { return [:] }
        var agents: [String: KnownAgent] = [:]
        for line in lines[1..<(lines.count - 1)] {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count == 6, let lastSeen = Int64(fields[3]), let metrics = UInt64(fields[4]), let logs = UInt64(fields[5]) else { continue }
            agents[String(fields[0])] = KnownAgent(
                identifier: String(fields[0]), instance: String(fields[1]), version: String(fields[2]),
                lastSeen: Timestamp(milliseconds: lastSeen), metricsSequence: metrics, logsSequence: logs)
        }
        return agents
    }

    /// A header's value as the list holds it: no control characters, at most 256 characters.
    private static func field(_ text: String) -> String { SafeText(text.prefix(256)).string }
}
