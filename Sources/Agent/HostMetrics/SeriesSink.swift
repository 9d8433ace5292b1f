import Foundations
import Model

/// A metric's name: fixed, or with a middle that was read.
struct MetricName: ExpressibleByStringLiteral {
    let prefix: StaticString
    var middle = Bytes(start: nil, count: 0)
    var suffix: StaticString = ""

    init(stringLiteral value: StaticString) { prefix = value }
    init(_ name: StaticString) { prefix = name }

    init(_ prefix: StaticString, _ middle: Bytes, _ suffix: StaticString = "") {
        self.prefix = prefix
        self.middle = middle
        self.suffix = suffix
    }
}

/// A label with a value that is fixed or was read.
struct HostLabel {
    let name: StaticString
    let value: Bytes

    init(_ name: StaticString, _ value: Bytes) {
        self.name = name
        self.value = value
    }

    init(_ name: StaticString, _ value: StaticString) {
        self.name = name
        self.value = Bytes(start: value.utf8Start, count: value.utf8CodeUnitCount)
    }
}

/// Takes the samples of one round. Label sets are made once and found again by the bytes they are made of, so that a round makes no strings.
final class SeriesSink {
    private struct Cached {
        let labels: Labels
        var lastRound: Int
    }

    private var key: [UInt8] = []
    private var places: [[UInt8]: Int] = [:]
    private var cached: [Cached] = []
    private var round = 0
    private var timestamp: Int64 = 0
    private var entries: [MetricBatch.Entry] = []
    private var metadata: [String: Metadata] = [:]

    /// Label sets held, for tests.
    var cachedCount: Int { cached.count }

    /// Begins a round: all its samples have this time.
    func begin(_ timestamp: Timestamp) {
        self.timestamp = timestamp.milliseconds
        round += 1
        if round % HostLimits.forgetRounds == 0 { forget() }
        entries.reserveCapacity(cached.count + 16)
    }

    /// Ends the round.
    func finish() -> MetricBatch {
        defer { entries = [] }
        return MetricBatch(entries: entries, metadata: metadata)
    }

    /// One sample; none where there is no value. Up to four labels, apart rather than in an array, which would be made anew each time.
    func add(
        _ name: MetricName, _ kind: Metadata.Kind, _ help: StaticString, _ value: Double?, _ first: HostLabel? = nil, _ second: HostLabel? = nil,
        _ third: HostLabel? = nil, _ fourth: HostLabel? = nil
    ) {
        guard let value else { return }
        beginKey(name)
        if let first { append(first) }
        if let second { append(second) }
        if let third { append(third) }
        if let fourth { append(fourth) }
        emit(name, kind, help, value)
    }

    /// For facts with many labels, of which there are few.
    func add(_ name: MetricName, _ kind: Metadata.Kind, _ help: StaticString, _ value: Double, labels: [(name: StaticString, value: String)]) {
        beginKey(name)
        for (name, value) in labels {
            var value = value
            value.withUTF8 { append(HostLabel(name, Bytes($0))) }
        }
        emit(name, kind, help, value)
    }

    /// Series made elsewhere, as of a textfile.
    func add(_ batch: MetricBatch) {
        entries.append(contentsOf: batch.entries)
        metadata.merge(batch.metadata) { mine, _ in mine }
    }

    private func beginKey(_ name: MetricName) {
        key.removeAll(keepingCapacity: true)
        key.append(varint: UInt64(name.prefix.utf8CodeUnitCount + name.middle.count + name.suffix.utf8CodeUnitCount))
        append(name.prefix)
        key.append(contentsOf: name.middle)
        append(name.suffix)
    }

    private func append(_ text: StaticString) { key.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)) }

    private func append(_ label: HostLabel) {
        key.append(varint: UInt64(label.name.utf8CodeUnitCount))
        append(label.name)
        key.append(lengthPrefixed: label.value)
    }

    private func emit(_ name: MetricName, _ kind: Metadata.Kind, _ help: StaticString, _ value: Double) {
        let place: Int
        if let found = places[key] {
            place = found
            // The same series twice in a round, as of two mounts over each other: the first one stays.
            if cached[place].lastRound == round { return }
            cached[place].lastRound = round
        } else {
            place = cached.count
            places[key] = place
            cached.append(Cached(labels: labelsOfKey(kind, help), lastRound: round))
        }
        entries.append(MetricBatch.Entry(labels: cached[place].labels, samples: [Sample(timestamp: timestamp, value: value)]))
    }

    private func labelsOfKey(_ kind: Metadata.Kind, _ help: StaticString) -> Labels {
        var builder = LabelsBuilder()
        key.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            let name = reader.readLengthPrefixed()!.text
            metadata[name] = Metadata(kind: kind, help: help.description)
            builder.set(LabelName.metricName, to: name)
            while let label = reader.readLengthPrefixed(), let value = reader.readLengthPrefixed() { builder.set(label.text, to: value.text) }
        }
        return builder.build()
    }

    /// Drops the label sets of devices that are gone.
    private func forget() {
        let kept = places.filter { cached[$0.value].lastRound >= round - 2 }
        var remaining: [Cached] = []
        for (key, place) in kept {
            places[key] = remaining.count
            remaining.append(cached[place])
        }
        places = places.filter { kept[$0.key] != nil }
        cached = remaining
    }
}
