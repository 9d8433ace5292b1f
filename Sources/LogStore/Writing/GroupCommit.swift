import Foundations
import Model

/// Stores groups of batches, a transaction per partition, and answers each batch. Used by the writing thread alone.
struct GroupCommit {
    let writers: PartitionWriters
    let counters: Locked<LogStoreStatistics>
    let tails: TailHub
    let background: Background
    let clock: any WallClock

    func commit(_ appends: [AppendQueue.Append]) {
        var outcomes = appends.map { BatchProgress(refused: $0.batch.refused) }
        let now = clock.now().nanoseconds
        for name in Set(appends.flatMap { $0.batch.parts.map(\.name) }).sorted() {
            // A batch that failed for one part is sent again as a whole; storing more of it now would only make more duplicates.
            let members = appends.indices.filter { index in outcomes[index].failure == nil && appends[index].batch.parts.contains { $0.name == name } }
            if members.isEmpty { continue }
            let parts = members.map { index in (origin: appends[index].batch.origin, part: appends[index].batch.parts.first { $0.name == name }!) }
            do throws(LogStoreError) {
                let stored = try writers.write(name) { try $0.append(parts, now: now) }
                counters.withLock { $0.commitsTotal += 1 }
                for (index, part) in zip(members, stored) { outcomes[index].add(part) }
                background.stored(in: name)
            } catch {
                for index in members { outcomes[index].failure = error }
            }
        }
        for (append, progress) in zip(appends, outcomes) { answer(append, progress) }
    }

    private func answer(_ append: AppendQueue.Append, _ progress: BatchProgress) {
        counters.withLock { counters in
            counters.recordsAppendedTotal += UInt64(progress.stored)
            counters.bytesAppendedTotal += UInt64(progress.storedBytes)
            if progress.failure != nil { return }
            for (reason, count) in progress.refused { counters.recordsRefusedTotal[reason, default: 0] += UInt64(count) }
            if progress.isDuplicate {
                counters.batchesDuplicateTotal += 1
            } else {
                counters.linesCutTotal += UInt64(append.batch.linesCut)
                counters.fieldsDroppedTotal += UInt64(append.batch.fieldsDropped)
            }
        }
        for block in progress.blocks { tails.publish(block) }
        append.done(progress.result)
    }
}
