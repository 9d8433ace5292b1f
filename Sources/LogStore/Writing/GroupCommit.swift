import Foundations
import Model

/// Stores groups of batches, a transaction per day, and answers each batch. Used by the writing thread alone.
struct GroupCommit {
    let writers: DayWriters
    let counters: Locked<LogStoreStatistics>
    let tails: TailHub

    func commit(_ appends: [AppendQueue.Append]) {
        var outcomes = appends.map { BatchProgress(refused: $0.batch.refused) }
        for day in Set(appends.flatMap { $0.batch.days.map(\.day) }).sorted() {
            // A batch that failed for one day is sent again as a whole; storing more of it now would only make more duplicates.
            let members = appends.indices.filter { index in outcomes[index].failure == nil && appends[index].batch.days.contains { $0.day == day } }
            let parts = members.map { index in
                (origin: appends[index].batch.origin, rows: appends[index].batch.days.first { $0.day == day }!.rows)
            }
            do throws(LogStoreError) {
                let stored = try writers.write(day) { try $0.append(parts) }
                counters.withLock { $0.commitsTotal += 1 }
                for (index, part) in zip(members, stored) { outcomes[index].add(part) }
            } catch {
                for index in members { outcomes[index].failure = error }
            }
        }
        for (append, progress) in zip(appends, outcomes) { answer(append, progress) }
    }

    private func answer(_ append: AppendQueue.Append, _ progress: BatchProgress) {
        counters.withLock { counters in
            counters.recordsAppendedTotal += UInt64(progress.rows.count)
            counters.bytesAppendedTotal += progress.rows.reduce(0) { $0 + UInt64($1.record.body.utf8.count) }
            if progress.failure != nil { return }
            for (reason, count) in progress.refused { counters.recordsRefusedTotal[reason, default: 0] += UInt64(count) }
            if progress.isDuplicate {
                counters.batchesDuplicateTotal += 1
            } else {
                counters.linesCutTotal += UInt64(append.batch.linesCut)
                counters.fieldsDroppedTotal += UInt64(append.batch.fieldsDropped)
            }
        }
        tails.publish(progress.rows)
        append.done(progress.result)
    }
}
