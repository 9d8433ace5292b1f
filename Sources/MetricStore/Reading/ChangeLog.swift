/// Tells which time a store's samples have changed behind: what was computed of older ones still holds.
///
/// Changes are numbered. A change that reaches further back makes the ones before it of no interest, so that few are kept.
struct ChangeLog: Sendable {
    private struct Change {
        let number: UInt64
        /// Milliseconds since 1970: everything before it is as it was.
        let from: Int64
    }

    /// Changes that are kept; the oldest are joined where there are more: writes a second apart go back for an hour.
    private static let changesMax = 4096

    private(set) var number: UInt64 = 1
    /// Ascending in number and in time.
    private var changes: [Change] = []

    mutating func note(from: Int64) {
        number += 1
        while let last = changes.last, last.from >= from { changes.removeLast() }
        changes.append(Change(number: number, from: from))
        guard changes.count > Self.changesMax else { return }
        // A change that counts as later than it was only makes more be computed again.
        let joined = Change(number: changes[Self.changesMax / 2].number, from: changes[0].from)
        changes.removeSubrange(0...(Self.changesMax / 2))
        changes.insert(joined, at: 0)
    }

    /// The earliest time that changed after a number was taken; nil where nothing did.
    func earliest(since mark: UInt64) -> Int64? {
        let index = changes.lowerBound { $0.number <= mark }
        return index < changes.count ? changes[index].from : nil
    }
}
