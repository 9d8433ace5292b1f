import Model

/// What selectors have found in blocks, for when they come again: dashboards and rules ask the same over and over, and blocks never
/// change. Bounded; what was used longest ago goes first.
struct SelectionCache: Sendable {
    struct Key: Hashable {
        let matchers: [Matcher]
        /// Ascending.
        let blocks: [UInt64]
    }

    private struct Entry {
        let selected: SelectedSeries
        let bytes: Int
        var lastUse: UInt64
    }

    private let bytesMax: Int
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0
    private(set) var bytes = 0

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    mutating func selected(_ key: Key) -> SelectedSeries? {
        uses += 1
        entries[key]?.lastUse = uses
        return entries[key]?.selected
    }

    mutating func keep(_ selected: SelectedSeries, for key: Key) {
        let added = selected.bytes + key.matchers.reduce(key.blocks.count * 8) { $0 + 128 + $1.name.utf8.count + $1.value.utf8.count }
        // One that takes most of the room would only drive the others out.
        guard added <= bytesMax / 2 else { return }
        if let old = entries.removeValue(forKey: key) { bytes -= old.bytes }
        if bytes + added > bytesMax { makeRoom(for: added) }
        uses += 1
        entries[key] = Entry(selected: selected, bytes: added, lastUse: uses)
        bytes += added
    }

    /// Down to three quarters, so that not each new one looks through all.
    private mutating func makeRoom(for added: Int) {
        for (key, entry) in entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            if bytes + added <= bytesMax / 4 * 3 { return }
            entries[key] = nil
            bytes -= entry.bytes
        }
    }
}

extension SelectedSeries {
    /// What it takes, about.
    var bytes: Int { found.reduce(0) { $0 + 160 + $1.labels.encoded.count + $1.parts.count * MemoryLayout<Part>.stride } }
}
