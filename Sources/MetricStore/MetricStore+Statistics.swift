import Foundations
import Model

extension MetricStore {
    /// Figures of this moment. Walks all series in memory, in short holds of the lock.
    public func statistics() -> MetricStoreStatistics {
        var figures = MetricStoreStatistics()
        addHead(to: &figures)
        addCatalog(to: &figures)
        addCounters(to: &figures)
        return figures
    }

    private func addHead(to figures: inout MetricStoreStatistics) {
        var next = 0
        var isDone = false
        while !isDone {
            store.head.withLock { head in
                for number in UInt32(min(next, head.seriesCount))..<UInt32(min(next + Limits.seriesPerHold, head.seriesCount)) {
                    figures.headSamples += head.sampleCount(number)
                    figures.headChunks += head.chunkCount(number)
                    if head.hasData(number) { figures.headSeries += 1 }
                    if let first = head.firstTimestamp(number) { figures.oldest = min(figures.oldest ?? .distantFuture, Timestamp(milliseconds: first)) }
                }
                next += Limits.seriesPerHold
                isDone = next >= head.seriesCount
                guard isDone else { return }
                figures.headBytes += head.bytes
                figures.metadataFamilies = head.metadata.count
                figures.agents = head.marks.count
                if head.newest > .min { figures.newest = Timestamp(milliseconds: head.newest) }
            }
        }
    }

    private func addCatalog(to figures: inout MetricStoreStatistics) {
        let catalog = store.catalog.withLock { $0 }
        figures.blockCount = catalog.blocks.count
        for block in catalog.blocks {
            figures.blockBytes += block.sizeBytes
            figures.blockIndexBytes += block.sizeBytes - block.footer[.columns].count
            figures.blockSeries += block.seriesCount
            figures.blockSamples += block.footer.sampleCount
            figures.oldest = min(figures.oldest ?? .distantFuture, Timestamp(milliseconds: block.start))
        }
        figures.logBytes = catalog.closedLogBytes
        figures.checkpointBytes = catalog.checkpointBytes
        figures.tombstones = catalog.tombstones.count
        figures.logSegments = Int(clamping: Int64(store.counters.withLock { $0.openSegment }) - Int64(catalog.logStart) + 1)
    }

    private func addCounters(to figures: inout MetricStoreStatistics) {
        let counters = store.counters.withLock { $0 }
        figures.logBytes += counters.openLogBytes
        figures.logSegments = max(0, figures.logSegments)
        figures.samplesAppendedTotal = counters.samplesAppended
        figures.histogramsAppendedTotal = counters.histogramsAppended
        figures.exemplarsAppendedTotal = counters.exemplarsAppended
        figures.batchesAppendedTotal = counters.batchesAppended
        figures.batchesDuplicateTotal = counters.batchesDuplicate
        figures.commitGroupsTotal = counters.commitGroups
        figures.samplesRejectedTotal = counters.rejected
        figures.refusals = counters.refusals
        figures.samplesImportedTotal = counters.samplesImported
        figures.blocksImportedTotal = counters.blocksImported
        figures.blocksSealedTotal = counters.blocksSealed
        figures.checkpointsTotal = counters.checkpoints
        figures.blocksRetiredTotal = counters.blocksRetired
        figures.mergesTotal = counters.merges
        figures.blocksMergedTotal = counters.blocksMerged
        figures.mergedBytesTotal = counters.mergedBytes
        figures.blocksNotMergeable = counters.blocksNotMergeable
        figures.isMergingShortOfRoom = counters.isMergingShortOfRoom
        figures.damagedTotal = counters.damaged
        figures.damageNotes = counters.damageNotes
        figures.quarantinedFiles = counters.quarantined
        figures.maintenanceFailure = counters.maintenanceFailure
        figures.isDiskFull = counters.isDiskFull
        figures.recovery = counters.recovery
        if case .no(let reason) = counters.acknowledging {
            figures.isAcknowledging = false
            figures.notAcknowledgingReason = reason
        }
    }
}
