import Foundations

/// How far one destination has acknowledged each kind: two slots of one sector each, written in turn, so that one is always whole.
///
/// Not synchronized with each step: an older cursor only sends again what the collector then knows as a duplicate.
final class CursorFile: Sendable {
    static let magic: UInt64 = 0x3152_5543_4C4F_4F50  // "POOLCUR1"
    static let slotStride = 512
    private static let slotBytes = 36

    private struct State {
        var generation: UInt64 = 0
        var acknowledged: [SpoolKind: UInt64] = [:]
        var isDirty = false
    }

    private let file: any File
    private let state: Locked<State>

    init(path: String, files: any FileSystem) throws(FileError) {
        file = try files.open(path, .readWrite)
        let bytes = try file.readBytes(Self.slotStride * 2, at: 0)
        var best = State()
        for slot in 0..<2 {
            if let found = Self.decode(bytes, at: slot * Self.slotStride), found.generation > best.generation { best = found }
        }
        state = Locked(best)
    }

    func acknowledged(_ kind: SpoolKind) -> UInt64 { state.withLock { $0.acknowledged[kind] ?? 0 } }

    /// Moves the cursor; never backwards. Doing it again changes nothing.
    func advance(_ kind: SpoolKind, to sequence: UInt64) throws(FileError) {
        try state.withLock { state throws(FileError) in
            guard sequence > state.acknowledged[kind] ?? 0 else { return }
            state.acknowledged[kind] = sequence
            state.generation += 1
            state.isDirty = true
            try file.write(Self.encode(state), at: Int(state.generation % 2) * Self.slotStride)
        }
    }

    func synchronize() throws(FileError) {
        let isDirty = state.withLock { state in
            defer { state.isDirty = false }
            return state.isDirty
        }
        guard isDirty else { return }
        do throws(FileError) {
            try file.synchronize()
        } catch {
            state.withLock { $0.isDirty = true }
            throw error
        }
    }

    private static func encode(_ state: State) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: magic)
        bytes.append(littleEndian: state.generation)
        bytes.append(littleEndian: state.acknowledged[.metrics] ?? 0)
        bytes.append(littleEndian: state.acknowledged[.logs] ?? 0)
        bytes.append(littleEndian: CRC32C.checksum(bytes))
        return bytes
    }

    private static func decode(_ bytes: [UInt8], at offset: Int) -> State? {
        guard bytes.count >= offset + slotBytes else { return nil }
        return bytes.withUnsafeBytes { buffer in
            let slot = UnsafeRawBufferPointer(rebasing: buffer[offset..<offset + slotBytes])
            var reader = ByteReader(slot)
            guard reader.read(UInt64.self) == magic, let generation = reader.read(UInt64.self), let metrics = reader.read(UInt64.self),
                let logs = reader.read(UInt64.self),
                reader.read(UInt32.self) == CRC32C.checksum(UnsafeRawBufferPointer(rebasing: slot[..<(slotBytes - 4)]))
            else { return nil }
            return State(generation: generation, acknowledged: [.metrics: metrics, .logs: logs])
        }
    }
}
