import Foundations
import Model

// Request { symbols = 4, timeseries = 5 }
// TimeSeries { labels_refs = 1, samples = 2, histograms = 3, exemplars = 4, metadata = 5 }

extension RemoteWrite {
    static func decodeV2(_ body: UnsafeRawBufferPointer, limits: WireLimits) throws(WireError) -> MetricBatch {
        var batch = MetricBatch()
        batch.entries.reserveCapacity(try countSeries(body, field: 5, limits: limits))
        var decoder = V2SeriesDecoder(body, symbols: try symbols(body, limits: limits), limits: limits)
        var reader = ProtobufReader(body)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 5: batch.entries.append(try decoder.series(reader.message(tag)))
            case 1, 3: throw WireError("the request has fields of remote write 1; its Content-Type says version 2", offset: reader.offset)
            default: try reader.skip(tag)
            }
        }
        batch.metadata = decoder.metadata
        return batch
    }

    /// The table of strings, which may stand anywhere in the request; its first is the empty one.
    private static func symbols(_ body: UnsafeRawBufferPointer, limits: WireLimits) throws(WireError) -> [ProtobufReader.Slice] {
        var symbols: [ProtobufReader.Slice] = []
        var reader = ProtobufReader(body)
        while let tag = try reader.nextTag() {
            guard tag.field == 4 else {
                try reader.skip(tag)
                continue
            }
            let symbol = try reader.slice(tag)
            guard UTF8Check.isValid(symbol.bytes(in: body)) else {
                throw WireError("symbol \(symbols.count) is not valid UTF-8", offset: symbol.start)
            }
            guard symbols.count < limits.symbolsMax else {
                throw WireError(.overLimit, "the request has more than \(limits.symbolsMax) symbols", offset: symbol.start)
            }
            symbols.append(symbol)
        }
        if let first = symbols.first, first.count > 0 { throw WireError("the first symbol is not empty", offset: first.start) }
        return symbols
    }
}

struct V2SeriesDecoder {
    private let body: UnsafeRawBufferPointer
    private let symbols: [ProtobufReader.Slice]
    private var labels: LabelCollector
    private var exemplarLabels: LabelCollector
    /// What the metadata of a metric name was last seen as, so that it is made into strings once per name and not per series.
    private var seen: [String: MetadataMessage] = [:]
    private var previous: (name: [UInt8], message: MetadataMessage)?
    private(set) var metadata: [String: Metadata] = [:]

    private struct MetadataMessage: Equatable {
        var kind: UInt64 = 0
        var help: UInt64 = 0
        var unit: UInt64 = 0
    }

    init(_ body: UnsafeRawBufferPointer, symbols: [ProtobufReader.Slice], limits: WireLimits) {
        self.body = body
        self.symbols = symbols
        labels = LabelCollector(body, limits: limits)
        exemplarLabels = LabelCollector(body, limits: limits)
    }

    mutating func series(_ message: ProtobufReader) throws(WireError) -> MetricBatch.Entry {
        var reader = message
        var entry = MetricBatch.Entry(labels: Labels())
        var metadata = MetadataMessage()
        labels.removeAll()
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: try Self.references(tag, &reader, symbols: symbols, into: &labels)
            case 2: entry.samples.append(try RemoteWrite.decodeSample(reader.message(tag)))
            case 3:
                let histogram = try reader.message(tag)
                entry.histograms.append(try HistogramMessage.decode(histogram, series: { labels.series }))
            case 4: entry.exemplars.append(try exemplar(reader.message(tag)))
            case 5: metadata = try self.metadata(reader.message(tag))
            default: try reader.skip(tag)
            }
        }
        entry.labels = try labels.build(needsMetricName: true, offset: message.offset)
        if metadata != MetadataMessage() { note(metadata, of: entry.labels) }
        return entry
    }

    /// References in pairs of name and value, packed or one by one.
    @inline(__always) private static func references(
        _ tag: ProtobufReader.Tag, _ reader: inout ProtobufReader, symbols: [ProtobufReader.Slice], into labels: inout LabelCollector
    ) throws(WireError) {
        guard tag.type == .bytes else {
            throw WireError("label references are not packed", offset: reader.offset)
        }
        var packed = try reader.message(tag)
        while !packed.isAtEnd {
            let offset = packed.offset
            let name = try packed.rawVarint()
            guard !packed.isAtEnd else { throw WireError("\(labels.series) has an odd number of label references", offset: offset) }
            let value = try packed.rawVarint()
            guard name < UInt64(symbols.count), value < UInt64(symbols.count) else {
                throw WireError("\(labels.series) refers to symbol \(max(name, value)) of \(symbols.count)", offset: offset)
            }
            try labels.append(name: symbols[Int(name)], value: symbols[Int(value)])
        }
    }

    /// Exemplar { labels_refs = 1, value = 2, timestamp = 3 }
    private mutating func exemplar(_ message: ProtobufReader) throws(WireError) -> Exemplar {
        var reader = message
        var exemplar = Exemplar(labels: Labels(), sample: Sample(timestamp: 0, value: 0))
        exemplarLabels.removeAll()
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: try Self.references(tag, &reader, symbols: symbols, into: &exemplarLabels)
            case 2: exemplar.sample.value = try reader.double(tag)
            case 3: exemplar.sample.timestamp = try reader.int64(tag)
            default: try reader.skip(tag)
            }
        }
        exemplar.labels = try exemplarLabels.build(needsMetricName: false, offset: message.offset)
        return exemplar
    }

    /// Metadata { type = 1, help_ref = 3, unit_ref = 4 }
    private func metadata(_ message: ProtobufReader) throws(WireError) -> MetadataMessage {
        var reader = message
        var metadata = MetadataMessage()
        while let tag = try reader.nextTag() {
            let offset = reader.offset
            switch tag.field {
            case 1: metadata.kind = try reader.varint(tag)
            case 3: metadata.help = try reader.varint(tag)
            case 4: metadata.unit = try reader.varint(tag)
            default: try reader.skip(tag)
            }
            let reference = max(metadata.help, metadata.unit)
            // 0 is the empty symbol even where the table is empty.
            guard reference == 0 || reference < UInt64(symbols.count) else {
                throw WireError("the metadata of \(labels.series) refers to symbol \(reference) of \(symbols.count)", offset: offset)
            }
        }
        return metadata
    }

    /// Keeps the metadata under the family's name. The last one of a family wins.
    private mutating func note(_ message: MetadataMessage, of labels: Labels) {
        var isNoted = false
        labels.withValueBytes(of: LabelName.metricName) { name in
            isNoted = previous?.message == message && equalBytes(previous!.name, name)
            if !isNoted { previous = (Array(name), message) }
        }
        if isNoted { return }
        let kind = RemoteWrite.kind(message.kind)
        let family = MetricFamily.name(of: labels.metricName ?? "", kind: kind)
        if seen[family] == message { return }
        seen[family] = message
        metadata[family] = Metadata(kind: kind, help: text(message.help), unit: text(message.unit))
    }

    private func text(_ reference: UInt64) -> String {
        reference == 0 ? "" : String(decoding: symbols[Int(reference)].bytes(in: body), as: UTF8.self)
    }
}
