import Foundations
import Model

/// Batches that are written as one record, become visible and are acknowledged together.
///
/// Building it changes nothing of the head but the series' references of the log, which `undo` takes back.
struct CommitGroup {
    /// A batch as it goes into the log and, with `targets`, into the head.
    struct Member {
        var logged: LoggedBatch
        /// For each sample, histogram and exemplar of `logged`: a series' number, or `isNew` and its place among `newSeries`.
        var sampleTargets: [UInt32] = []
        var histogramTargets: [UInt32] = []
        var exemplarTargets: [UInt32] = []
        var outcome: AppendOutcome
    }

    struct NewSeries {
        let labels: Labels
        let hash: UInt64
        let reference: UInt32
    }

    static let isNew: UInt32 = 0x8000_0000

    private(set) var members: [Member] = []
    private(set) var newSeries: [NewSeries] = []
    /// Series of the head that got a reference in this group.
    private(set) var named: [UInt32] = []
    private(set) var nextReference: UInt32
    private let firstReference: UInt32
    private let segment: UInt32
    private var newTable = SeriesTable()
    private var marks: [String: UInt64] = [:]
    private var newest: Int64
    private let now: Int64
    private let options: MetricStoreOptions

    init(segment: UInt32, nextReference: UInt32, newest: Int64, now: Int64, options: MetricStoreOptions) {
        self.segment = segment
        self.nextReference = nextReference
        firstReference = nextReference
        self.newest = newest
        self.now = now
        self.options = options
    }

    /// Whether there is anything to write.
    var isEmpty: Bool { members.allSatisfy { $0.outcome.isDuplicateBatch } }

    mutating func add(_ prepared: PreparedBatch, head: inout Head) throws(MetricStoreError) {
        var member = Member(logged: LoggedBatch(origin: prepared.origin, firstReference: nextReference), outcome: prepared.outcome)
        if let origin = prepared.origin {
            let mark = marks[origin.agent] ?? head.marks[origin.agent]
            if let mark, origin.sequence <= mark {
                member.outcome = AppendOutcome()
                member.outcome.isDuplicateBatch = true
                members.append(member)
                return
            }
            guard mark != nil || head.marks.count + marks.count < Limits.agentsMax else { throw .tooManyAgents(limit: Limits.agentsMax) }
            marks[origin.agent] = origin.sequence
        }
        let oldest = self.oldest
        let (end, overflow) = now.addingReportingOverflow(options.futureWindowMilliseconds)
        let latest = overflow ? Int64.max : end
        member.logged.samples.reserve(prepared.batch.entries.count)
        member.sampleTargets.reserveCapacity(prepared.batch.entries.count)
        for (index, entry) in prepared.batch.entries.enumerated() {
            guard let hash = prepared.hashes[index] else { continue }
            add(entry, hash: hash, within: oldest...max(oldest, latest), to: &member, head: &head)
        }
        addMetadata(prepared.batch.metadata, to: &member, head: head)
        members.append(member)
    }

    /// Earliest time that is accepted: the window behind the newest sample, or behind the clock where that is earlier.
    private var oldest: Int64 {
        let (start, overflow) = min(newest, now).subtractingReportingOverflow(options.outOfOrderWindowMilliseconds)
        return overflow ? .min : start
    }

    private mutating func add(
        _ entry: MetricBatch.Entry, hash: UInt64, within range: ClosedRange<Int64>, to member: inout Member, head: inout Head
    ) {
        let accepted = entry.samples.reduce(0) { $0 + (range.contains($1.timestamp) ? 1 : 0) }
        if accepted < entry.samples.count { reject(entry.samples.map(\.timestamp), outside: range, of: entry.labels, in: &member) }
        let histograms = entry.histograms.isEmpty ? [] : soundHistograms(entry, within: range, in: &member)
        let exemplars = entry.exemplars.isEmpty ? [] : soundExemplars(entry, in: &member)
        guard accepted + histograms.count + exemplars.count > 0 else { return }
        guard let (target, reference) = resolve(entry.labels, hash: hash, member: &member, head: &head) else {
            member.outcome.reject(.tooManySeries, count: accepted + histograms.count + exemplars.count, example: entry.labels.description)
            return
        }
        for sample in entry.samples where range.contains(sample.timestamp) {
            member.logged.samples.append(reference, sample.timestamp, sample.value.bitPattern)
            member.sampleTargets.append(target)
            if sample.timestamp > newest { newest = sample.timestamp }
        }
        for sample in histograms {
            member.logged.histograms.append((reference, sample))
            member.histogramTargets.append(target)
            newest = max(newest, sample.timestamp)
        }
        for exemplar in exemplars {
            member.logged.exemplars.append((reference, exemplar))
            member.exemplarTargets.append(target)
        }
        member.outcome.samplesStored += accepted
        member.outcome.histogramsStored += histograms.count
        member.outcome.exemplarsStored += exemplars.count
    }

    private func reject(_ timestamps: [Int64], outside range: ClosedRange<Int64>, of labels: Labels, in member: inout Member) {
        let old = timestamps.reduce(0) { $0 + ($1 < range.lowerBound ? 1 : 0) }
        let future = timestamps.reduce(0) { $0 + ($1 > range.upperBound ? 1 : 0) }
        if old > 0 { member.outcome.reject(.tooOld, count: old, example: labels.description) }
        if future > 0 { member.outcome.reject(.tooFarInFuture, count: future, example: labels.description) }
    }

    private func soundHistograms(_ entry: MetricBatch.Entry, within range: ClosedRange<Int64>, in member: inout Member) -> [HistogramSample] {
        let sound = entry.histograms.filter { HistogramCoder.isSound($0.histogram) }
        if sound.count < entry.histograms.count {
            member.outcome.reject(.badHistogram, count: entry.histograms.count - sound.count, example: entry.labels.description)
        }
        let accepted = sound.filter { range.contains($0.timestamp) }
        if accepted.count < sound.count { reject(sound.map(\.timestamp), outside: range, of: entry.labels, in: &member) }
        return accepted
    }

    private func soundExemplars(_ entry: MetricBatch.Entry, in member: inout Member) -> [Exemplar] {
        let sound = entry.exemplars.filter { $0.labels.encoded.count <= Limits.exemplarLabelBytesMax }
        if sound.count < entry.exemplars.count {
            member.outcome.reject(.badExemplar, count: entry.exemplars.count - sound.count, example: entry.labels.description)
        }
        return sound
    }

    /// The series in the head (or among the new ones) and its reference in the segment; nil where there is no room for another.
    @inline(__always) private mutating func resolve(
        _ labels: Labels, hash: UInt64, member: inout Member, head: inout Head
    ) -> (target: UInt32, reference: UInt32)? {
        if let number = head.find(labels.encoded, hash: hash) {
            if let reference = head.reference(of: number, in: segment) { return (number, reference) }
            let reference = takeReference(labels, member: &member)
            head.setReference(of: number, to: reference, in: segment)
            named.append(number)
            return (number, reference)
        }
        let found = newSeries.isEmpty ? nil : newTable.find(hash) { haveEqualBytes(newSeries[Int($0)].labels.encoded, labels.encoded) }
        if let found { return (found | Self.isNew, newSeries[Int(found)].reference) }
        guard head.seriesCount + newSeries.count < options.seriesMax else { return nil }
        let place = UInt32(newSeries.count)
        newSeries.append(NewSeries(labels: labels, hash: hash, reference: takeReference(labels, member: &member)))
        newTable.insert(place, hash: hash) { [newSeries] in newSeries[Int($0)].hash }
        return (place | Self.isNew, newSeries[Int(place)].reference)
    }

    private mutating func takeReference(_ labels: Labels, member: inout Member) -> UInt32 {
        member.logged.newSeries.append(labels)
        defer { nextReference += 1 }
        return nextReference
    }

    private func addMetadata(_ metadata: [String: Metadata], to member: inout Member, head: Head) {
        for (name, value) in metadata where head.metadata[name] != value {
            let isSound = !name.isEmpty && name.utf8.count <= options.labelValueBytesMax && value.help.utf8.count <= Limits.metadataTextBytesMax
                && value.unit.utf8.count <= Limits.metadataTextBytesMax && (head.metadata.count < Limits.metadataMax || head.metadata[name] != nil)
            if isSound { member.logged.metadata.append((name, value)) } else { member.outcome.reject(.badMetadata, count: 1, example: name) }
        }
    }

    /// The record's payload: all batches that aren't duplicates.
    func encode(into bytes: inout [UInt8]) {
        for member in members where !member.outcome.isDuplicateBatch { member.logged.encode(into: &bytes) }
    }

    /// Takes back the references that the log doesn't know after all.
    func undo(in head: inout Head) {
        for number in named { head.setReference(of: number, to: 0, in: 0) }
    }

    /// The earliest time of a sample or histogram; nil where there is none.
    var earliest: Int64? {
        var earliest: Int64?
        for member in members where !member.outcome.isDuplicateBatch {
            for found in [member.logged.samples.timestamps.min(), member.logged.histograms.lazy.map(\.sample.timestamp).min()] {
                if let found { earliest = min(earliest ?? found, found) }
            }
        }
        return earliest
    }

    /// Makes the group visible.
    func apply(to head: inout Head) {
        var numbers: [UInt32] = []
        numbers.reserveCapacity(newSeries.count)
        for series in newSeries {
            let number = head.add(series.labels, hash: series.hash)
            head.setReference(of: number, to: series.reference, in: segment)
            numbers.append(number)
        }
        @inline(__always) func number(_ target: UInt32) -> UInt32 { target & Self.isNew != 0 ? numbers[Int(target & ~Self.isNew)] : target }
        for member in members where !member.outcome.isDuplicateBatch {
            let samples = member.logged.samples
            for index in 0..<samples.count { head.append(number(member.sampleTargets[index]), samples.timestamps[index], samples.values[index]) }
            for (index, entry) in member.logged.histograms.enumerated() { head.append(number(member.histogramTargets[index]), entry.sample) }
            for (index, entry) in member.logged.exemplars.enumerated() { head.append(number(member.exemplarTargets[index]), entry.exemplar) }
            for (name, value) in member.logged.metadata { _ = head.setMetadata(name, value) }
            if let origin = member.logged.origin { head.marks[origin.agent] = origin.sequence }
        }
    }
}
