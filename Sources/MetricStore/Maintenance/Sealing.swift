import Foundations
import Model

extension Store {
    /// Where the head may be cut: block ranges that end by then have had their delay.
    var sealCutoff: Int64? {
        let newest = head.withLock { $0.newest }
        guard newest > .min else { return nil }
        let (moment, overflow) = min(newest, now).subtractingReportingOverflow(options.sealDelayMilliseconds)
        return overflow ? nil : blockStart(of: moment, options.blockMilliseconds)
    }

    /// Moves everything before `cutoff` from the head into blocks, one for each range that has something. Returns how many.
    ///
    /// Readers see the samples all the time: in the head until the blocks are listed. After an error they stay in the head and are
    /// taken again by the next call. The blocks enter the manifest with the next checkpoint.
    func seal(before cutoff: Int64) throws(FileError) -> Int {
        let (numbers, windows, firstBlock) = setApart(before: cutoff)
        guard !numbers.isEmpty else { return 0 }
        for (index, window) in windows.enumerated() {
            try writeBlock(firstBlock + UInt64(index), window: window, series: numbers)
        }
        forEachHold(of: numbers) { head, number in head.dropSealing(number) }
        counters.withLock { $0.blocksSealed += windows.count }
        return windows.count
    }

    /// Cuts the head. Returns the series concerned in order of labels, the starts of the blocks' ranges, and the first block's number.
    private func setApart(before cutoff: Int64) -> (numbers: [UInt32], windows: [Int64], firstBlock: UInt64) {
        deletionGate.withLock { _ in
            var found: [UInt32] = []
            var windows: Set<Int64> = []
            let (count, ranks) = head.withLock { ($0.seriesCount, $0.index.ranks()) }
            forEachHold(of: Array(0..<UInt32(count))) { head, number in
                guard head.cut(number, before: cutoff) else { return }
                found.append(number)
                head.addSealingWindows(of: number, to: &windows)
            }
            head.withLock { $0.sort(&found, ranks: ranks) }
            let firstBlock = catalog.withLock { catalog in
                defer { catalog.nextBlock += UInt64(windows.count) }
                return catalog.nextBlock
            }
            return (found, windows.sorted(), firstBlock)
        }
    }

    /// Visits series under the head's lock, some at a time.
    private func forEachHold(of numbers: [UInt32], _ body: (inout Head, UInt32) -> Void) {
        var start = 0
        while start < numbers.count {
            let end = min(start + Limits.seriesPerHold, numbers.count)
            head.withLock { head in
                for number in numbers[start..<end] { body(&head, number) }
            }
            start = end
        }
    }

    private func writeBlock(_ number: UInt64, window: Int64, series numbers: [UInt32]) throws(FileError) {
        let path = layout.block(number)
        let writer = try BlockWriter(fileSystem: fileSystem, path: path, number: number)
        do throws(FileError) {
            let last = window.addingReportingOverflow(options.blockMilliseconds - 1)
            let end = last.overflow ? Int64.max : last.partialValue
            var start = 0
            while start < numbers.count {
                let slice = numbers[start..<min(start + Limits.seriesPerHold, numbers.count)]
                let views = head.withLock { head in slice.map { head.view($0, from: window, through: end) } }
                for view in views {
                    let samples = view.sealedSamples(from: window, through: end)
                    let histograms = view.sealedHistograms(from: window, through: end)
                    if !samples.isEmpty || !histograms.isEmpty { try writer.add(view.labels, samples, histograms) }
                }
                start += Limits.seriesPerHold
            }
            // A deletion may have emptied the range since it was cut.
            if writer.isEmpty { return try writer.abandon() }
            try writer.finish()
        } catch {
            // The first error says more; a leftover is removed with the next checkpoint.
            do { try writer.abandon() } catch let second { noteDamage("\(second)") }
            throw error
        }
        switch try BlockReader.open(path, fileSystem: fileSystem) {
        case .success(let block):
            catalog.withLock { catalog in
                catalog.blocks.append(block)
                catalog.blocks.sort { $0.number < $1.number }
            }
        case .failure(let damage):
            noteDamage("\(path) was damaged when it was read back, at byte \(damage.offset): \(damage.reason)")
            throw FileError(operation: "read back", path: path, code: 5 /* EIO */)
        }
    }
}
