import Model

/// Prometheus remote write, versions 1 and 2: the protobuf bodies, with snappy already undone or not yet done.
///
/// Source: the remote write specifications 1.0 and 2.0 of the Prometheus project.
public enum RemoteWrite {
    public enum Version: Sendable, CaseIterable {
        case v1, v2

        /// From a request's `Content-Type`: `application/x-protobuf` alone is version 1, `proto=` names either. Nil for all else, which is to be answered with 415.
        public init?(contentType: String) {
            let parts = contentType.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" && $0 != "\"" } }
            guard parts.first?.lowercased() == "application/x-protobuf" else { return nil }
            guard let message = parts.dropFirst().first(where: { $0.lowercased().hasPrefix("proto=") })?.dropFirst("proto=".count) else {
                self = .v1
                return
            }
            switch message {
            case "prometheus.WriteRequest": self = .v1
            case "io.prometheus.write.v2.Request": self = .v2
            default: return nil
            }
        }

        /// The value of `X-Prometheus-Remote-Write-Version`.
        public var header: String { self == .v1 ? "0.1.0" : "2.0.0" }
    }

    public static let versionHeader = "X-Prometheus-Remote-Write-Version"

    public static func contentType(_ version: Version) -> String {
        version == .v1 ? "application/x-protobuf" : "application/x-protobuf;proto=io.prometheus.write.v2.Request"
    }

    /// All of a request, or an error that says what was wrong and where.
    ///
    /// Label sets come out canonical: sorted, without empty values; a series without `__name__`, an empty or repeated label name and
    /// invalid UTF-8 are errors that name the series. Integer histograms come out with absolute bucket counts.
    public static func decode(
        _ body: UnsafeRawBufferPointer, version: Version, limits: WireLimits = WireLimits()
    ) throws(WireError) -> MetricBatch {
        switch version {
        case .v1: try decodeV1(body, limits: limits)
        case .v2: try decodeV2(body, limits: limits)
        }
    }
}
