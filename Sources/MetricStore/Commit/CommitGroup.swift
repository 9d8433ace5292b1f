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
        var outcome = AppendOutcome()
    }

    struct NewSeries {
        let hash: UInt64
        let reference: UInt32
        /// Where its labels stand in `newLabels`.
        let labels: Range<Int>
    }

    /// A series of a batch in the head, or among the new ones, and its reference in the segment.
    struct Resolved {
        var target: UInt32
        var reference: UInt32
    }

    static let isNew: UInt32 = 0x8000_0000

    private(set) var members: [Member] = []
    private(set) var newSeries: [NewSeries] = []
    /// The canonical bytes of the new series' labels.
    private var newLabels: [UInt8] = []
    /// Series of the head that got a reference in this group.
    private(set) var named: [UInt32] = []
    private(set) var nextReference: UInt32
    private var newTable = SeriesTable()
    private var marks: [String: UInt64] = [:]
    private var newest: Int64
    private let now: Int64
    private let options: MetricStoreOptions
    private let admission: SeriesAdmission

    init(nextReference: UInt32, newest: Int64, now: Int64, options: MetricStoreOptions, admission: SeriesAdmission) {
        self.nextReference = nextReference
        self.newest = newest
        self.now = now
        self.options = options
        self.admission = admission
    }

    /// Whether there is anything to write.
    var isEmpty: Bool { members.allSatisfy { $0.outcome.isDuplicateBatch } }

    /// Bytes of the labels that the record names.
    var labelBytes: Int { members.reduce(0) { $0 + $1.logged.newSeriesBytes.count } }

    mutating func add(_ prepared: PreparedBatch, head: inout Head) throws(MetricStoreError) {
        var member = Member(logged: LoggedBatch(origin: prepared.origin, firstReference: nextReference))
        member.outcome.agent = prepared.origin?.agent
        if let origin = prepared.origin {
            let mark = marks[origin.agent] ?? head.marks[origin.agent]
            if let mark, origin.sequence <= mark {
                member.outcome.isDuplicateBatch = true
                members.append(member)
                return
            }
            guard mark != nil || head.marks.count + marks.count < Limits.agentsMax else { throw .tooManyAgents(limit: Limits.agentsMax) }
            marks[origin.agent] = origin.sequence
        }
        let (end, overflow) = now.addingReportingOverflow(options.futureWindowMilliseconds)
        let window = oldest...max(oldest, overflow ? Int64.max : end)
        if let times = prepared.times, !window.contains(times.lowerBound) || !window.contains(times.upperBound) {
            addSamples(prepared, within: window, to: &member, head: &head)
        } else {
            addSamples(prepared, to: &member, head: &head)
        }
        if !prepared.columns.histograms.isEmpty { addHistograms(prepared, within: window, to: &member, head: &head) }
        if !prepared.columns.exemplars.isEmpty { addExemplars(prepared, to: &member, head: &head) }
        addMetadata(prepared.columns.metadata, to: &member, head: head)
        members.append(member)
    }

    /// Earliest time that is accepted: the window behind the newest sample, or behind the clock where that is earlier.
    private var oldest: Int64 {
        let (start, overflow) = min(newest, now).subtractingReportingOverflow(options.outOfOrderWindowMilliseconds)
        return overflow ? .min : start
    }

    // MARK: Floats

    /// All floats of a batch whose times lie in the window: its columns are the log's.
    private mutating func addSamples(_ prepared: PreparedBatch, to member: inout Member, head: inout Head) {
        let columns = prepared.columns
        var refused: [Range<Int>] = []
        var references: [UInt32] = []
        let targets = [UInt32](unsafeUninitializedCapacity: columns.sampleCount) { targets, filled in
            references = [UInt32](unsafeUninitializedCapacity: columns.sampleCount) { references, count in
                var known = HeadIndex.KnownLabels()
                columns.labelBytes.withUnsafeBytes { bytes in
                    var labelStart = 0
                    var sampleStart = 0
                    for (series, end) in columns.ends.enumerated() {
                        let labels = UnsafeRawBufferPointer(rebasing: bytes[labelStart..<end.labels])
                        let samples = sampleStart..<end.samples
                        (labelStart, sampleStart) = (end.labels, end.samples)
                        if samples.isEmpty { continue }
                        let found = resolve(labels, hash: prepared.hashes[series], weight: samples.count, known: &known, member: &member, head: &head)
                        guard let found else {
                            refused.append(samples)
                            continue
                        }
                        for _ in samples {
                            references[count] = found.reference
                            targets[count] = found.target
                            count += 1
                        }
                    }
                }
                filled = count
            }
        }
        member.sampleTargets = targets
        member.logged.samples.references = references
        if let times = prepared.times { newest = max(newest, times.upperBound) }
        member.logged.samples.timestamps = columns.timestamps
        member.logged.samples.values = columns.values
        for range in refused.reversed() {
            member.logged.samples.timestamps.removeSubrange(range)
            member.logged.samples.values.removeSubrange(range)
        }
        member.outcome.samplesStored += member.logged.samples.count
    }

    /// The floats of a batch of which some lie outside of the window.
    private mutating func addSamples(_ prepared: PreparedBatch, within window: ClosedRange<Int64>, to member: inout Member, head: inout Head) {
        let columns = prepared.columns
        columns.labelBytes.withUnsafeBytes { bytes in
            var sampleStart = 0
            for (series, end) in columns.ends.enumerated() {
                let samples = sampleStart..<end.samples
                sampleStart = end.samples
                let labels = UnsafeRawBufferPointer(rebasing: bytes[columns.labelRange(of: series)])
                let accepted = samples.reduce(0) { $0 + (window.contains(columns.timestamps[$1]) ? 1 : 0) }
                if accepted < samples.count { refuse(columns.timestamps[samples], outside: window, of: labels, in: &member) }
                if accepted == 0 { continue }
                guard let found = resolve(labels, hash: prepared.hashes[series], weight: accepted, member: &member, head: &head) else { continue }
                for index in samples where window.contains(columns.timestamps[index]) {
                    member.logged.samples.append(found.reference, columns.timestamps[index], columns.values[index])
                    member.sampleTargets.append(found.target)
                    newest = max(newest, columns.timestamps[index])
                }
                member.outcome.samplesStored += accepted
            }
        }
    }

    private func refuse(
        _ timestamps: some Collection<Int64>, outside window: ClosedRange<Int64>, of labels: UnsafeRawBufferPointer, in member: inout Member
    ) {
        let old = timestamps.reduce(0) { $0 + ($1 < window.lowerBound ? 1 : 0) }
        let future = timestamps.reduce(0) { $0 + ($1 > window.upperBound ? 1 : 0) }
        if old > 0 { member.outcome.reject(.tooOld, count: old, labels: Self.labels(labels)) }
        if future > 0 { member.outcome.reject(.tooFarInFuture, count: future, labels: Self.labels(labels)) }
    }

    private static func labels(_ bytes: UnsafeRawBufferPointer) -> Labels { Labels(uncheckedEncoded: Array(bytes)) }

    // MARK: Histograms, exemplars, metadata

    private mutating func addHistograms(_ prepared: PreparedBatch, within window: ClosedRange<Int64>, to member: inout Member, head: inout Head) {
        let columns = prepared.columns
        for (series, sample) in columns.histograms {
            columns.labelBytes.withUnsafeBytes { bytes in
                let labels = UnsafeRawBufferPointer(rebasing: bytes[columns.labelRange(of: series)])
                guard HistogramCoder.isSound(sample.histogram) else {
                    return member.outcome.reject(.badHistogram, count: 1, labels: Self.labels(labels))
                }
                guard window.contains(sample.timestamp) else { return refuse([sample.timestamp], outside: window, of: labels, in: &member) }
                guard let found = resolve(labels, hash: prepared.hashes[series], weight: 1, member: &member, head: &head) else { return }
                member.logged.histograms.append((found.reference, sample))
                member.histogramTargets.append(found.target)
                member.outcome.histogramsStored += 1
                newest = max(newest, sample.timestamp)
            }
        }
    }

    private mutating func addExemplars(_ prepared: PreparedBatch, to member: inout Member, head: inout Head) {
        let columns = prepared.columns
        for (series, exemplar) in columns.exemplars {
            columns.labelBytes.withUnsafeBytes { bytes in
                let labels = UnsafeRawBufferPointer(rebasing: bytes[columns.labelRange(of: series)])
                guard exemplar.labels.encoded.count <= Limits.exemplarLabelBytesMax else {
                    return member.outcome.reject(.badExemplar, count: 1, labels: Self.labels(labels))
                }
                guard let found = resolve(labels, hash: prepared.hashes[series], weight: 1, member: &member, head: &head) else { return }
                member.logged.exemplars.append((found.reference, exemplar))
                member.exemplarTargets.append(found.target)
                member.outcome.exemplarsStored += 1
            }
        }
    }

    private func addMetadata(_ metadata: [String: Metadata], to member: inout Member, head: borrowing Head) {
        for (name, value) in metadata where head.metadata[name] != value {
            let isSound = !name.isEmpty && name.utf8.count <= options.labelValueBytesMax && value.help.utf8.count <= Limits.metadataTextBytesMax
                && value.unit.utf8.count <= Limits.metadataTextBytesMax && (head.metadata.count < Limits.metadataMax || head.metadata[name] != nil)
            if isSound { member.logged.metadata.append((name, value)) } else { member.outcome.reject(.badMetadata, count: 1, example: name) }
        }
    }

    // MARK: Series

    /// Where a series is; nil, with its `weight` counted as refused, where it may not come in.
    @inline(__always) private mutating func resolve(
        _ labels: UnsafeRawBufferPointer, hash: UInt64, weight: Int, known: inout HeadIndex.KnownLabels, member: inout Member, head: inout Head
    ) -> Resolved? {
        if let number = head.find(labels, hash: hash, like: &known) {
            if let reference = head.reference(of: number) { return Resolved(target: number, reference: reference) }
            let reference = takeReference(labels, member: &member)
            head.setReference(of: number, to: reference)
            named.append(number)
            return Resolved(target: number, reference: reference)
        }
        return resolveNew(labels, hash: hash, weight: weight, member: &member, head: head)
    }

    /// The same for what comes one by one.
    private mutating func resolve(
        _ labels: UnsafeRawBufferPointer, hash: UInt64, weight: Int, member: inout Member, head: inout Head
    ) -> Resolved? {
        var known = HeadIndex.KnownLabels()
        return resolve(labels, hash: hash, weight: weight, known: &known, member: &member, head: &head)
    }

    @inline(never) private mutating func resolveNew(
        _ labels: UnsafeRawBufferPointer, hash: UInt64, weight: Int, member: inout Member, head: borrowing Head
    ) -> Resolved? {
        let known = newSeries.isEmpty ? nil : newLabels.withUnsafeBytes { all in
            newTable.find(hash) { place in
                let range = newSeries[Int(place)].labels
                return range.count == labels.count && (labels.isEmpty || isEqualMemory(all.baseAddress! + range.lowerBound, labels.baseAddress!, labels.count))
            }
        }
        if let known { return Resolved(target: known | Self.isNew, reference: newSeries[Int(known)].reference) }
        if let reason = LabelLimits(options).refusal(of: labels) ?? admission.refusal(seriesCount: head.seriesCount + newSeries.count) {
            member.outcome.reject(reason, count: weight, labels: Self.labels(labels))
            return nil
        }
        let place = UInt32(newSeries.count)
        let reference = takeReference(labels, member: &member)
        newSeries.append(NewSeries(hash: hash, reference: reference, labels: newLabels.count..<newLabels.count + labels.count))
        newLabels.append(contentsOf: labels)
        newTable.insert(place, hash: hash)
        return Resolved(target: place | Self.isNew, reference: reference)
    }

    private mutating func takeReference(_ labels: UnsafeRawBufferPointer, member: inout Member) -> UInt32 {
        member.logged.appendNewSeries(labels)
        defer { nextReference += 1 }
        return nextReference
    }

    // MARK: Writing

    /// The record's payload: all batches that aren't duplicates.
    func encode(into bytes: inout [UInt8]) {
        for member in members where !member.outcome.isDuplicateBatch { member.logged.encode(into: &bytes) }
    }

    /// Takes back the references that the log doesn't know after all.
    func undo(in head: inout Head) {
        for number in named { head.setReference(of: number, to: nil) }
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
        newLabels.withUnsafeBytes { labels in
            for series in newSeries {
                let number = head.add(UnsafeRawBufferPointer(rebasing: labels[series.labels]), hash: series.hash)
                head.setReference(of: number, to: series.reference)
                numbers.append(number)
            }
        }
        @inline(__always) func number(_ target: UInt32) -> UInt32 { target & Self.isNew != 0 ? numbers[Int(target & ~Self.isNew)] : target }
        for member in members where !member.outcome.isDuplicateBatch {
            let samples = member.logged.samples
            member.sampleTargets.withUnsafeBufferPointer { targets in
                samples.timestamps.withUnsafeBufferPointer { timestamps in
                    samples.values.withUnsafeBufferPointer { values in
                        for index in 0..<targets.count { head.append(number(targets[index]), timestamps[index], values[index]) }
                    }
                }
            }
            for (index, entry) in member.logged.histograms.enumerated() { head.append(number(member.histogramTargets[index]), entry.sample) }
            for (index, entry) in member.logged.exemplars.enumerated() { head.append(number(member.exemplarTargets[index]), entry.exemplar) }
            for (name, value) in member.logged.metadata { _ = head.setMetadata(name, value) }
            if let origin = member.logged.origin { head.marks[origin.agent] = origin.sequence }
        }
    }
}
