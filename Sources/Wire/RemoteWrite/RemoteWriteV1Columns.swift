import Glibc
import Model

extension RemoteWrite {
    /// All of a request as columns, or an error that says what was wrong and where. The same as `decode` says series by series.
    public static func decodeColumns(
        _ body: UnsafeRawBufferPointer, version: Version, limits: WireLimits = WireLimits()
    ) throws(WireError) -> MetricColumns {
        guard version == .v1 else { return MetricColumns(try decode(body, version: version, limits: limits)) }
        let tails = UnsafeMutableBufferPointer<V1ColumnsDecoder.LabelTail>.allocate(capacity: max(1, limits.labelsMax))
        defer { tails.deallocate() }
        var decoder = V1ColumnsDecoder(body, limits: limits, tails: tails)
        var failure: WireError?
        // Canonical labels are shorter than the fields that they come from.
        let labelBytes = [UInt8](unsafeUninitializedCapacity: body.count + V1ColumnsDecoder.slackBytes) { output, count in
            do throws(WireError) {
                count = try decoder.decode(to: UnsafeMutableRawPointer(output.baseAddress!))
            } catch { failure = error }
        }
        if let failure { throw failure }
        return decoder.columns(labelBytes)
    }
}

/// Decodes a version 1 request straight into columns.
///
/// A series whose fields stand as every sender writes them (labels in order, each with a name and a value below 128 bytes of ASCII, then
/// floats) is copied in one pass; any other one is decoded by `V1SeriesDecoder`, which knows all that is allowed, and what was wrong.
struct V1ColumnsDecoder {
    /// Bytes that may be read and written behind the end of a label: it is copied 16 bytes at a time.
    static let slackBytes = 32

    private let body: UnsafeRawBufferPointer
    private let limits: WireLimits
    private var slow: V1SeriesDecoder
    private var last: LastLabels
    private var ends: [MetricColumns.SeriesEnd] = []
    private var timestamps: [Int64] = []
    private var values: [UInt64] = []
    private var histograms: [(series: Int, sample: HistogramSample)] = []
    private var exemplars: [(series: Int, exemplar: Exemplar)] = []
    private var metadata: [String: Metadata] = [:]

    /// `tails` has room for the labels that a series may have, and outlives the decoder.
    init(_ body: UnsafeRawBufferPointer, limits: WireLimits, tails: UnsafeMutableBufferPointer<LabelTail>) {
        self.body = body
        self.limits = limits
        last = LastLabels(tails: tails)
        slow = V1SeriesDecoder(body, limits: limits)
        // Most series take over 128 bytes; others make the arrays grow.
        let expected = min(body.count / 128, limits.seriesMax)
        ends.reserveCapacity(expected)
        timestamps.reserveCapacity(expected)
        values.reserveCapacity(expected)
    }

    func columns(_ labelBytes: [UInt8]) -> MetricColumns {
        MetricColumns(
            labelBytes: labelBytes, ends: ends, timestamps: timestamps, values: values, histograms: histograms, exemplars: exemplars, metadata: metadata)
    }

    /// Writes the labels of all series, with room for `body.count` and the slack; returns their length.
    mutating func decode(to output: UnsafeMutableRawPointer) throws(WireError) -> Int {
        var reader = ProtobufReader(body)
        var written = 0
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1:
                guard ends.count < limits.seriesMax else {
                    throw WireError(.overLimit, "the request has more than \(limits.seriesMax) series; send smaller ones", offset: reader.offset)
                }
                let message = try reader.message(tag)
                let sampleCount = values.count
                if let count = copyUsual(message, to: output + written) {
                    written += count
                } else {
                    timestamps.removeLast(timestamps.count - sampleCount)
                    values.removeLast(values.count - sampleCount)
                    written += try append(slow.series(message), to: output + written)
                }
                ends.append(MetricColumns.SeriesEnd(labels: written, samples: values.count))
            case 3: try RemoteWrite.decodeMetadata(reader.message(tag), into: &metadata)
            default: try reader.skip(tag)
            }
        }
        return written
    }

    private mutating func append(_ entry: MetricBatch.Entry, to output: UnsafeMutableRawPointer) -> Int {
        entry.labels.encoded.withUnsafeBytes { output.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        for sample in entry.samples {
            timestamps.append(sample.timestamp)
            values.append(sample.value.bitPattern)
        }
        for histogram in entry.histograms { histograms.append((ends.count, histogram)) }
        for exemplar in entry.exemplars { exemplars.append((ends.count, exemplar)) }
        return entry.labels.encoded.count
    }

    /// "__name__" as its eight bytes, the first one lowest.
    private static let metricName: UInt64 = 0x5F5F_656D_616E_5F5F

    /// From the beginning of a label to the end of the last one, in bytes: of the fields, and of the canonical form.
    struct LabelTail: BitwiseCopyable {
        var fields: Int
        var canonical: Int
    }

    /// The labels of the last series in the usual form. The next one, of the same target, mostly shares all but its first ones: what is
    /// shared was looked at already, and is copied as a whole.
    private struct LastLabels {
        /// Of each label; while a series is read, those before the current one hold where they begin.
        let tails: UnsafeMutableBufferPointer<LabelTail>
        var count = 0
        /// Where the fields end in the body.
        var fieldsEnd = 0
        var canonicalEnd = UnsafeRawPointer(bitPattern: 1)!
        /// Which label is the metric's name.
        var metricName = 0

        /// Ends a series whose first `changed` labels were read and whose others are the last series'.
        @inline(__always) mutating func finish(changed: Int, fieldsEnd: Int, written: Int, canonicalEnd: UnsafeRawPointer, metricName: Int) {
            for place in 0..<changed {
                tails[place] = LabelTail(fields: fieldsEnd &- tails[place].fields, canonical: written &- tails[place].canonical)
            }
            self.fieldsEnd = fieldsEnd
            self.canonicalEnd = canonicalEnd
            self.metricName = metricName
        }
    }

    /// Copies the labels of a series in the usual form and takes its floats; returns the labels' length. Nil where it has another form:
    /// what was written and taken till then is to be forgotten.
    private mutating func copyUsual(_ message: ProtobufReader, to output: UnsafeMutableRawPointer) -> Int? {
        if message.end + Self.slackBytes <= body.count, let (fieldsEnd, written) = copyUsualLabels(message, to: output),
            takeFloats(from: fieldsEnd, to: message.end)
        {
            return written
        }
        // Other labels will stand where these do.
        last.count = 0
        return nil
    }

    @inline(__always) private mutating func copyUsualLabels(_ message: ProtobufReader, to output: UnsafeMutableRawPointer) -> (fieldsEnd: Int, written: Int)? {
        let start = body.baseAddress!
        let end = message.end
        var offset = message.offset
        var written = 0
        var place = 0
        var metricName = -1
        var previousName: UInt64 = 0
        var previousOffset = 0
        @inline(__always) func byte(_ offset: Int) -> Int { Int(start.load(fromByteOffset: offset, as: UInt8.self)) }
        @inline(__always) func word(_ offset: Int) -> UInt64 { start.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
        // Label { name = 1, value = 2 }: 0A length, 0A length name, 12 length value. All of it lies before the slack.
        while offset < end, byte(offset) == 0x0A {
            let length = byte(offset &+ 1)
            let nameBytes = byte(offset &+ 3)
            guard length < 0x80, nameBytes > 0, nameBytes &+ 4 < length, offset &+ 2 &+ length <= end, byte(offset &+ 2) == 0x0A else { return nil }
            // Names ascend: nearly always their first eight bytes say so.
            let text = word(offset &+ 4)
            let name = nameBytes >= 8 ? text.byteSwapped : text.byteSwapped & ~(UInt64.max &>> UInt64(8 &* nameBytes))
            if name <= previousName {
                guard name == previousName, isBehind(offset &+ 3, previousOffset) else { return nil }
            }
            if place < last.count, sharesRest(from: offset, to: end, place, word(offset)) {
                // The name was compared with the one before; the rest is as it was in the last series.
                let rest = last.tails[place]
                guard isASCII(UnsafeRawPointer(output), written), metricName >= 0 || last.metricName >= place else { return nil }
                copy(from: last.canonicalEnd - rest.canonical, to: output + written, rest.canonical)
                written &+= rest.canonical
                offset &+= rest.fields
                last.finish(
                    changed: place, fieldsEnd: offset, written: written, canonicalEnd: UnsafeRawPointer(output) + written,
                    metricName: metricName >= 0 ? metricName : last.metricName)
                return (offset, written)
            }
            let value = offset &+ 4 &+ nameBytes
            let valueBytes = byte(value &+ 1)
            guard byte(value) == 0x12, valueBytes > 0, valueBytes &+ nameBytes &+ 4 == length else { return nil }
            guard nameBytes <= limits.labelNameBytesMax, valueBytes <= limits.labelValueBytesMax, place < last.tails.count else { return nil }
            previousName = name
            previousOffset = offset &+ 3
            if nameBytes == 8, text == Self.metricName { metricName = place }
            last.tails[place] = LabelTail(fields: offset, canonical: written)
            copy(from: start + offset + 3, to: output + written, nameBytes &+ 1)
            written &+= nameBytes &+ 1
            copy(from: start + value + 1, to: output + written, valueBytes &+ 1)
            written &+= valueBytes &+ 1
            place &+= 1
            offset = value &+ 2 &+ valueBytes
        }
        guard metricName >= 0, isASCII(UnsafeRawPointer(output), written) else { return nil }
        last.count = place
        last.finish(changed: place, fieldsEnd: offset, written: written, canonicalEnd: UnsafeRawPointer(output) + written, metricName: metricName)
        return (offset, written)
    }

    /// Whether the labels from an offset on are those of the last series from the same place on.
    @inline(__always) private func sharesRest(from offset: Int, to end: Int, _ place: Int, _ first: UInt64) -> Bool {
        let start = body.baseAddress!
        let fields = last.tails[place].fields
        let known = last.fieldsEnd &- fields
        guard fields <= end &- offset, first == start.loadUnaligned(fromByteOffset: known, as: UInt64.self),
            memcmp(start + offset, start + known, fields) == 0
        else { return false }
        return offset &+ fields == end || start.load(fromByteOffset: offset &+ fields, as: UInt8.self) != 0x0A
    }

    /// Whether one run of a length and as many bytes is behind another in order of bytes.
    private func isBehind(_ offset: Int, _ previous: Int) -> Bool {
        let (one, other) = (Int(body[offset]), Int(body[previous]))
        let shared = min(one, other)
        for index in 1...max(1, shared) where body[offset + index] != body[previous + index] { return body[offset + index] > body[previous + index] }
        return one > other
    }

    /// Copies 16 bytes at a time, and so up to 15 more than asked for.
    @inline(__always) private func copy(from source: UnsafeRawPointer, to output: UnsafeMutableRawPointer, _ count: Int) {
        var offset = 0
        repeat {
            output.storeBytes(of: source.loadUnaligned(fromByteOffset: offset, as: SIMD2<UInt64>.self), toByteOffset: offset, as: SIMD2<UInt64>.self)
            offset &+= 16
        } while offset < count
    }

    @inline(__always) private func isASCII(_ bytes: UnsafeRawPointer, _ count: Int) -> Bool {
        var all: UInt64 = 0
        var offset = 0
        while offset &+ 8 <= count {
            all |= bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        if offset < count { all |= bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & (UInt64.max &>> UInt64(8 &* (8 &- (count &- offset)))) }
        return all & 0x8080_8080_8080_8080 == 0
    }

    /// Sample { value = 1, timestamp = 2 }: 12 length, 09 and eight bytes where it isn't 0, 10 varint. False where anything else is there.
    @inline(__always) private mutating func takeFloats(from first: Int, to end: Int) -> Bool {
        let start = body.baseAddress!
        var offset = first
        while offset < end {
            guard start.load(fromByteOffset: offset, as: UInt8.self) == 0x12 else { return false }
            let sampleEnd = offset &+ 2 &+ Int(start.load(fromByteOffset: offset &+ 1, as: UInt8.self))
            offset &+= 2
            guard sampleEnd <= end, offset < sampleEnd else { return false }
            var value: UInt64 = 0
            if start.load(fromByteOffset: offset, as: UInt8.self) == 0x09 {
                value = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: offset &+ 1, as: UInt64.self))
                offset &+= 9
            }
            guard offset < sampleEnd, start.load(fromByteOffset: offset, as: UInt8.self) == 0x10 else { return false }
            offset &+= 1
            var timestamp: UInt64 = 0
            var shift: UInt64 = 0
            var byte: UInt8 = 0x80
            while byte >= 0x80 {
                // Times after 1970 take six bytes for a long time to come; what takes ten is left to the other decoder.
                guard offset < sampleEnd, shift < 63 else { return false }
                byte = start.load(fromByteOffset: offset, as: UInt8.self)
                timestamp |= UInt64(byte & 0x7F) &<< shift
                shift &+= 7
                offset &+= 1
            }
            guard offset == sampleEnd else { return false }
            timestamps.append(Int64(bitPattern: timestamp))
            values.append(value)
        }
        return true
    }
}
