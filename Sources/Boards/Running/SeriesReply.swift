import Foundations
import Glibc

/// Answers of the query APIs as bytes: read straight into series, without a tree of values in between.
public enum SeriesReply {
    /// Series of a matrix, a vector or a scalar; nil where the bytes are no such answer. Points beyond the caps are left out.
    public static func series(_ bytes: [UInt8]) -> [BoardSeries]? {
        bytes.withUnsafeBytes { bytes in
            var reader = ReplyReader(bytes)
            var series: [BoardSeries]?
            let isWhole = reader.eachMember { name, reader in
                guard name == "data" else { return reader.skip() }
                return reader.eachMember { name, reader in
                    guard name == "result" else { return reader.skip() }
                    series = reader.result()
                    return series != nil
                }
            }
            return isWhole ? series : nil
        }
    }

    /// The texts of a list: `{"data":["a","b"]}`; objects of labels as their text.
    public static func names(_ bytes: [UInt8]) -> [String]? {
        bytes.withUnsafeBytes { bytes in
            var reader = ReplyReader(bytes)
            var names: [String]?
            let isWhole = reader.eachMember { name, reader in
                guard name == "data" else { return reader.skip() }
                var found: [String] = []
                let isList = reader.eachElement { reader in
                    if reader.isObject {
                        guard let labels = reader.labels() else { return false }
                        found.append(LabelText.text(labels))
                    } else {
                        guard let text = reader.string() else { return false }
                        found.append(text)
                    }
                    return true
                }
                names = isList ? found : nil
                return isList
            }
            return isWhole ? names : nil
        }
    }
}

extension ReplyReader {
    /// A number as it stands, or within quotes. `strtod` stops at what follows it; `+Inf` and `NaN` are read too.
    private mutating func number() -> Double? {
        let isQuoted = take("\"")
        blanks()
        guard offset < bytes.count, let base = bytes.baseAddress else { return nil }
        // A number at the very end would be read past it: no answer ends with one.
        guard bytes[bytes.count - 1] == UInt8(ascii: "}") || bytes[bytes.count - 1] == 0x0A else { return nil }
        let start = (base + offset).assumingMemoryBound(to: CChar.self)
        var end: UnsafeMutablePointer<CChar>?
        let value = strtod(start, &end)
        guard let end, end > UnsafeMutablePointer(mutating: start) else { return nil }
        offset += UnsafePointer(end) - start
        return isQuoted ? (take("\"") ? value : nil) : value
    }

    private mutating func point(_ times: inout [Int64], _ values: inout [Double]) -> Bool {
        guard take("["), let seconds = number(), take(","), let value = number(), take("]"), abs(seconds) < 9e12 else { return false }
        if times.count < Limits.points {
            times.append(Int64((seconds * 1000).rounded()))
            values.append(value)
        }
        return true
    }

    fileprivate mutating func result() -> [BoardSeries]? {
        var series: [BoardSeries] = []
        let start = offset
        // A scalar is one point without labels.
        var (times, values): ([Int64], [Double]) = ([], [])
        if point(&times, &values) { return [BoardSeries(labels: [:], times: times, values: values)] }
        offset = start
        let isList = eachElement { reader in
            guard series.count < Limits.series else { return reader.skip() }
            var one = BoardSeries(labels: [:], times: [], values: [])
            let isRead = reader.eachMember { name, reader in
                switch name {
                case "metric", "stream":
                    guard let labels = reader.labels() else { return false }
                    one.labels = labels
                    return true
                case "values": return reader.eachElement { $0.point(&one.times, &one.values) }
                case "value": return reader.point(&one.times, &one.values)
                default: return reader.skip()
                }
            }
            series.append(one)
            return isRead
        }
        return isList ? series : nil
    }
}
