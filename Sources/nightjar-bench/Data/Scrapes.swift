import Compression
import Foundations
import Model

/// Scrapes of one host kept in a compact file: the series that all of them have, and their values.
///
/// File: one zstd frame of `NJSC1\n`, the milliseconds between scrapes, the number of series and of scrapes (varints), each series'
/// label set behind its length, then each series' values, 8 bytes each, in order of time.
struct Scrapes {
    let intervalMilliseconds: Int64
    let series: [Labels]
    /// Of each series, a value a scrape.
    let columns: [[Double]]

    var count: Int { columns.first?.count ?? 0 }

    private static let magic = Array("NJSC1\n".utf8)
    /// A day of scrapes of a large host, a second apart, would be 700 MiB.
    private static let bytesMax = 1 << 30

    init(intervalMilliseconds: Int64, series: [Labels], columns: [[Double]]) {
        self.intervalMilliseconds = intervalMilliseconds
        self.series = series
        self.columns = columns
    }

    init(file: String) throws {
        let packed = try RealFileSystem().readAll(file, bytesMax: Self.bytesMax)
        let bytes = try Zstd.decompress(packed, bytesMax: Self.bytesMax)
        guard let scrapes = bytes.withUnsafeBytes(Self.decode) else { throw BenchError("\(file) holds no scrapes; make it anew with `nightjar-bench scrape`") }
        self = scrapes
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) -> Scrapes? {
        var reader = ByteReader(bytes)
        guard let head = reader.readBytes(magic.count), head.elementsEqual(magic), let interval = reader.readVarint(),
            let seriesCount = reader.readVarint(), let count = reader.readVarint(), seriesCount <= UInt64(bytes.count), count <= UInt64(bytes.count)
        else { return nil }
        var series: [Labels] = []
        for _ in 0..<seriesCount {
            guard let encoded = reader.readLengthPrefixed(), let labels = Labels(encoded: encoded) else { return nil }
            series.append(labels)
        }
        var columns: [[Double]] = []
        for _ in 0..<seriesCount {
            var column: [Double] = []
            for _ in 0..<count {
                guard let value = reader.readDouble() else { return nil }
                column.append(value)
            }
            columns.append(column)
        }
        return Scrapes(intervalMilliseconds: Int64(clamping: interval), series: series, columns: columns)
    }

    func write(to file: String) throws {
        var bytes = Self.magic
        bytes.append(varint: UInt64(intervalMilliseconds))
        bytes.append(varint: UInt64(series.count))
        bytes.append(varint: UInt64(count))
        for labels in series { bytes.append(lengthPrefixed: labels.encoded) }
        for column in columns { for value in column { bytes.append(double: value) } }
        try RealFileSystem().replace(file, with: Zstd.compress(bytes, level: 12))
    }
}
