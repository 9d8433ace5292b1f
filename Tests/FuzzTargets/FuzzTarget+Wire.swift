import Compression
import Foundations
import Model

@testable import Wire

extension FuzzTarget {
    func runWire(_ bytes: UnsafeRawBufferPointer) {
        let now = NanoTimestamp(nanoseconds: 1_767_225_600_000_000_000)
        refusing {
            switch self {
            case .remoteWrite1: _ = try RemoteWrite.decode(bytes, version: .v1)
            case .remoteWrite2: _ = try RemoteWrite.decode(bytes, version: .v2)
            case .otlpProtobuf: _ = try OTLPLogs.decode(protobuf: bytes, receivedAt: now)
            case .otlpJSON: _ = try OTLPLogs.decode(json: bytes, receivedAt: now)
            case .lokiProtobuf: _ = try LokiPush.decode(protobuf: bytes, receivedAt: now)
            case .lokiJSON: _ = try LokiPush.decode(json: bytes, receivedAt: now)
            case .exposition: _ = try Exposition.parse(bytes, defaultTimestamp: now.milliseconds)
            case .logLine: _ = LogLine.parse(bytes, receivedAt: now)
            default:
                var stream = OpenMetricsStream()
                let receiver = IgnoringReceiver()
                let half = bytes.count / 2
                try stream.read(UnsafeRawBufferPointer(rebasing: bytes[..<half]), into: receiver)
                try stream.read(UnsafeRawBufferPointer(rebasing: bytes[half...]), into: receiver)
                try stream.finish(into: receiver)
            }
        }
    }

    func runCompression(_ bytes: UnsafeRawBufferPointer) {
        let encoding: ContentEncoding = self == .snappy ? .snappy : self == .zstd ? .zstd : .gzip
        refusing { _ = try encoding.decode(bytes, bytesMax: 1 << 20) }
    }
}

private struct IgnoringReceiver: OpenMetricsReceiver {
    func series(_ labels: Labels) -> UInt32? { labels.count > 3 ? nil : 1 }
    func sample(_ series: UInt32, _ timestamp: Int64, _ value: Double) {}
    func histogram(_ series: UInt32, _ sample: HistogramSample) {}
    func exemplar(_ series: UInt32, _ exemplar: Exemplar) {}
    func refused(_ labels: Labels) {}
    func metadata(_ family: String, _ metadata: Metadata) {}
}
