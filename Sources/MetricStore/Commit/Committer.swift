import Foundations
import Model

/// The one thread that writes the log and changes the head: a group is written, made durable, made visible, then acknowledged.
final class Committer: @unchecked Sendable {
    private let store: Store
    private let queue = CommitQueue()
    // What follows is the thread's own.
    private let writer: LogWriter
    private var nextReference: UInt32 = 0
    /// Bytes of the open segment that are labels: with many series they are most of it, and every segment names them anew.
    private var segmentLabelBytes = 0
    private var record: [UInt8] = []
    /// A longer buffer is given back after its group.
    private static let recordBytesKept = 16 << 20
    private var thread: WorkerThread?

    init(store: Store, writer: LogWriter) {
        self.store = store
        self.writer = writer
    }

    func start() {
        thread = WorkerThread(name: "metric-commit") { [self] in
            while true {
                let jobs = queue.takeAll()
                if jobs.isEmpty { break }
                run(jobs)
            }
            writer.close()
        }
    }

    /// Refuses further jobs, finishes those that wait, ends the thread. Blocks.
    func close() {
        queue.close()
        thread?.join()
    }

    /// Lets the thread end by itself when it has finished what waits.
    func stop() { queue.close() }

    func append(_ batch: PreparedBatch) async throws(MetricStoreError) -> AppendOutcome {
        let result: Result<AppendOutcome, MetricStoreError> = await withCheckedContinuation { reply in
            if let refusal = queue.add(.append(batch, reply)) { reply.resume(returning: .failure(refusal)) }
        }
        return try result.get()
    }

    func delete(_ matchers: [Matcher], start: Int64, end: Int64) async throws(MetricStoreError) {
        let result: Result<Void, MetricStoreError> = await withCheckedContinuation { reply in
            if let refusal = queue.add(.delete(matchers: matchers, start: start, end: end, reply)) { reply.resume(returning: .failure(refusal)) }
        }
        try result.get()
    }

    /// Runs `body` on the committer's thread between two groups, and waits for it. Blocks.
    func between<Value: Sendable>(_ body: @escaping @Sendable () -> Result<Value, MetricStoreError>) throws(MetricStoreError) -> Value {
        let done = Monitor<Result<Value, MetricStoreError>?>(nil)
        let refusal = queue.add(
            .between {
                let result = body()
                done.update { $0 = result }
            })
        if let refusal { throw refusal }
        return try done.wait(until: { $0 != nil }, then: { $0! }).get()
    }

    /// Begins a new log segment between two groups; returns its number. Everything in older segments is visible then. Blocks.
    func rotate() throws(MetricStoreError) -> UInt64 {
        try between { [self] in
            Result { () throws(MetricStoreError) in
                try beginSegment()
                return writer.segment
            }
        }
    }

    private func run(_ jobs: [CommitQueue.Job]) {
        var group: [(batch: PreparedBatch, reply: CommitQueue.Reply<AppendOutcome>)] = []
        var bytes = 0
        func flush() {
            if !group.isEmpty { commit(group) }
            group = []
            bytes = 0
        }
        for job in jobs {
            switch job {
            case .append(let batch, let reply):
                group.append((batch, reply))
                bytes += batch.estimatedBytes
                if bytes >= Limits.groupBytesMax { flush() }
            case .delete(let matchers, let start, let end, let reply):
                flush()
                reply.resume(returning: Result { () throws(MetricStoreError) in try delete(matchers, start, end) })
            case .between(let body):
                flush()
                body()
            }
        }
        flush()
    }

    private func commit(_ jobs: [(batch: PreparedBatch, reply: CommitQueue.Reply<AppendOutcome>)]) {
        var replies: [(CommitQueue.Reply<AppendOutcome>, Result<AppendOutcome, MetricStoreError>)] = []
        do throws(MetricStoreError) {
            try prepareToWrite()
            var accepted: [CommitQueue.Reply<AppendOutcome>] = []
            let now = store.now
            let group = store.head.withLock { head in
                var group = CommitGroup(
                    nextReference: nextReference, newest: head.newest, now: now, options: store.options, admission: store.admission)
                for (batch, reply) in jobs {
                    do throws(MetricStoreError) {
                        try group.add(batch, head: &head)
                        accepted.append(reply)
                    } catch {
                        replies.append((reply, .failure(error)))
                    }
                }
                return group
            }
            replies += zip(accepted, outcome(of: group))
        } catch {
            replies = jobs.map { ($0.reply, .failure(error)) }
        }
        store.counters.withLock { counters in
            for case (_, .success(let outcome)) in replies { counters.count(outcome) }
        }
        for (reply, result) in replies { reply.resume(returning: result) }
    }

    /// Writes a group and makes it visible; the same failure for all its members where that can't be done.
    private func outcome(of group: CommitGroup) -> [Result<AppendOutcome, MetricStoreError>] {
        do throws(MetricStoreError) {
            if !group.isEmpty {
                try write(.commitGroup) { group.encode(into: &$0) }
                nextReference = group.nextReference
                segmentLabelBytes += group.labelBytes
                store.head.withLock { group.apply(to: &$0) }
                if let earliest = group.earliest { store.changes.withLock { $0.note(from: earliest) } }
            }
            return group.members.map { .success($0.outcome) }
        } catch {
            store.head.withLock { group.undo(in: &$0) }
            return group.members.map { _ in .failure(error) }
        }
    }

    private func delete(_ matchers: [Matcher], _ start: Int64, _ end: Int64) throws(MetricStoreError) {
        try prepareToWrite()
        try store.deletionGate.withLock { (_) throws(MetricStoreError) in try deleteAlone(matchers, start, end) }
    }

    private func deleteAlone(_ matchers: [Matcher], _ start: Int64, _ end: Int64) throws(MetricStoreError) {
        let (count, nextBlock) = store.catalog.withLock { ($0.tombstones.count, $0.nextBlock) }
        guard count < Limits.tombstonesMax else { throw .tooManyDeletions(limit: Limits.tombstonesMax) }
        let tombstone = Tombstone(matchers: matchers, start: start, end: end, blockLimit: nextBlock)
        try write(.deletion) { tombstone.encode(into: &$0) }
        store.head.withLock { $0.delete(matchers, from: start, through: end) }
        store.catalog.withLock { $0.tombstones.append(tombstone) }
        store.changes.withLock { $0.note(from: start) }
    }

    private func prepareToWrite() throws(MetricStoreError) {
        if case .no(let reason) = store.counters.withLock({ $0.acknowledging }) { throw .notAcknowledging(reason: reason) }
        if !writer.isOpen || writer.segmentBytes - segmentLabelBytes >= store.options.segmentBytesMax { try beginSegment() }
    }

    private func beginSegment() throws(MetricStoreError) {
        let closedBytes = writer.segmentBytes
        do { try writer.rotate() } catch { throw failure(error) }
        nextReference = 0
        segmentLabelBytes = 0
        store.head.withLock { $0.forgetReferences() }
        store.catalog.withLock { $0.closedLogBytes += closedBytes }
        store.counters.withLock {
            $0.openLogBytes = writer.segmentBytes
            $0.openSegment = writer.segment
        }
    }

    private func write(_ type: RecordFile.RecordType, _ payload: (inout [UInt8]) -> Void) throws(MetricStoreError) {
        record.removeAll(keepingCapacity: record.capacity <= Self.recordBytesKept)
        let start = RecordFile.beginRecord(&record)
        payload(&record)
        RecordFile.finishRecord(&record, start: start, type: type, sequence: writer.nextSequence)
        do { try writer.append(record) } catch { throw failure(error) }
        store.counters.withLock {
            $0.openLogBytes = writer.segmentBytes
            $0.isDiskFull = false
            $0.commitGroups += 1
        }
    }

    /// What a failed write means for the batches, and for those to come.
    private func failure(_ failure: LogWriter.Failure) -> MetricStoreError {
        switch failure {
        case .refused(let error):
            if error.isDiskFull { store.counters.withLock { $0.isDiskFull = true } }
            return MetricStoreError(error)
        case .uncertain(let error):
            let reason = "the write-ahead log couldn't be made durable (\(error))"
            store.counters.withLock { $0.acknowledging = .no(reason: reason) }
            return .notAcknowledging(reason: reason)
        }
    }
}
