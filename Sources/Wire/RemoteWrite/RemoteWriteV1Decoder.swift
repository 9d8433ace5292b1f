import Model

// WriteRequest { timeseries = 1, metadata = 3 }
// TimeSeries { labels = 1, samples = 2, exemplars = 3, histograms = 4 }

extension RemoteWrite {
    static func decodeV1(_ body: UnsafeRawBufferPointer, limits: WireLimits) throws(WireError) -> MetricBatch {
        var batch = MetricBatch()
        batch.entries.reserveCapacity(try countSeries(body, field: 1, limits: limits))
        var decoder = V1SeriesDecoder(body, limits: limits)
        var reader = ProtobufReader(body)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: batch.entries.append(try decoder.series(reader.message(tag)))
            case 3: try decodeMetadata(reader.message(tag), into: &batch.metadata)
            default: try reader.skip(tag)
            }
        }
        return batch
    }

    /// The number of series in a request, from one pass over its top level.
    static func countSeries(_ body: UnsafeRawBufferPointer, field: UInt32, limits: WireLimits) throws(WireError) -> Int {
        var reader = ProtobufReader(body)
        var count = 0
        while let tag = try reader.nextTag() {
            if tag.field == field { count += 1 }
            guard count <= limits.seriesMax else {
                throw WireError(.overLimit, "the request has more than \(limits.seriesMax) series; send smaller ones", offset: reader.offset)
            }
            try reader.skip(tag)
        }
        return count
    }

    /// MetricMetadata { type = 1, family = 2, help = 4, unit = 5 }
    static func decodeMetadata(_ message: ProtobufReader, into families: inout [String: Metadata]) throws(WireError) {
        var reader = message
        var metadata = Metadata()
        var family = ""
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: metadata.kind = kind(try reader.varint(tag))
            case 2: family = try reader.string(tag)
            case 4: metadata.help = try reader.string(tag)
            case 5: metadata.unit = try reader.string(tag)
            default: try reader.skip(tag)
            }
        }
        guard !family.isEmpty else { throw WireError("metadata without the name of a metric family", offset: message.offset) }
        families[family] = metadata
    }

    /// Kinds are numbered alike in both versions. A number that isn't known is `unknown`: later senders may have more.
    static func kind(_ number: UInt64) -> Metadata.Kind { number < UInt64(kinds.count) ? kinds[Int(number)] : .unknown }
    static func number(_ kind: Metadata.Kind) -> UInt64 { UInt64(kinds.firstIndex(of: kind)!) }
    private static let kinds: [Metadata.Kind] = [.unknown, .counter, .gauge, .histogram, .gaugehistogram, .summary, .info, .stateset]

    /// Sample { value = 1, timestamp = 2 } of version 1; version 2 adds start_timestamp = 3, which isn't kept.
    @inline(__always) static func decodeSample(_ message: ProtobufReader) throws(WireError) -> Sample {
        var reader = message
        var sample = Sample(timestamp: 0, value: 0)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: sample.value = try reader.double(tag)
            case 2: sample.timestamp = try reader.int64(tag)
            default: try reader.skip(tag)
            }
        }
        return sample
    }
}

struct V1SeriesDecoder {
    private let body: UnsafeRawBufferPointer
    private var labels: LabelCollector
    private var exemplarLabels: LabelCollector

    init(_ body: UnsafeRawBufferPointer, limits: WireLimits) {
        self.body = body
        labels = LabelCollector(body, limits: limits)
        exemplarLabels = LabelCollector(body, limits: limits)
    }

    mutating func series(_ message: ProtobufReader) throws(WireError) -> MetricBatch.Entry {
        var reader = message
        var entry = MetricBatch.Entry(labels: Labels())
        labels.removeAll()
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: try Self.label(reader.message(tag), into: &labels)
            case 2: entry.samples.append(try RemoteWrite.decodeSample(reader.message(tag)))
            case 3: entry.exemplars.append(try exemplar(reader.message(tag)))
            case 4:
                let histogram = try reader.message(tag)
                entry.histograms.append(try HistogramMessage.decode(histogram, series: { labels.series }))
            default: try reader.skip(tag)
            }
        }
        entry.labels = try labels.build(needsMetricName: true, offset: message.offset)
        return entry
    }

    /// Label { name = 1, value = 2 }
    @inline(__always) private static func label(_ message: ProtobufReader, into labels: inout LabelCollector) throws(WireError) {
        var reader = message
        var name = ProtobufReader.Slice(start: message.offset, count: 0, prefixedStart: -1)
        var value = name
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: name = try reader.slice(tag)
            case 2: value = try reader.slice(tag)
            default: try reader.skip(tag)
            }
        }
        try labels.appendChecking(name: name, value: value)
    }

    /// Exemplar { labels = 1, value = 2, timestamp = 3 }
    private mutating func exemplar(_ message: ProtobufReader) throws(WireError) -> Exemplar {
        var reader = message
        var exemplar = Exemplar(labels: Labels(), sample: Sample(timestamp: 0, value: 0))
        exemplarLabels.removeAll()
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: try Self.label(reader.message(tag), into: &exemplarLabels)
            case 2: exemplar.sample.value = try reader.double(tag)
            case 3: exemplar.sample.timestamp = try reader.int64(tag)
            default: try reader.skip(tag)
            }
        }
        exemplar.labels = try exemplarLabels.build(needsMetricName: false, offset: message.offset)
        return exemplar
    }
}
