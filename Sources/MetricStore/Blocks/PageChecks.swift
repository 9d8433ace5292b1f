import Foundations
import Synchronization

/// Which pages of a block were found sound: a bit for each, read and set without a lock. Set by several at once, the work is done twice.
final class PageChecks: Sendable {
    private nonisolated(unsafe) let words: UnsafeMutablePointer<Atomic<UInt64>>
    private let wordCount: Int

    init(pages: Int) {
        wordCount = (pages + 63) / 64
        words = .allocate(capacity: max(1, wordCount))
        for index in 0..<wordCount { (words + index).initialize(to: Atomic(0)) }
    }

    deinit {
        words.deinitialize(count: wordCount)
        words.deallocate()
    }

    @inline(__always) func isSound(_ page: Int) -> Bool {
        words[page >> 6].load(ordering: .relaxed) & (1 &<< UInt64(page & 63)) != 0
    }

    func setSound(_ page: Int) { words[page >> 6].bitwiseOr(1 &<< UInt64(page & 63), ordering: .relaxed) }
}
