/// A format in which metrics are exposed, with how names beyond the older, narrower form are written.
public struct ExpositionFormat: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Prometheus's text format, version 0.0.4.
        case text
        /// OpenMetrics 1.0.
        case openMetrics
        /// `io.prometheus.client.MetricFamily`, each message behind its length.
        case protobuf
    }

    /// What becomes of names that aren't `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    public enum Escaping: String, Hashable, Sendable {
        /// They are written as they are, in quotes where the format is text.
        case allowed = "allow-utf-8"
        /// Each other character becomes an underscore.
        case underscores
    }

    public var kind: Kind
    public var escaping: Escaping

    public init(_ kind: Kind, escaping: Escaping = .underscores) {
        self.kind = kind
        self.escaping = escaping
    }

    /// The format that an `Accept` header prefers (RFC 9110, 12.5.1); text where it names none that there is. Of equal weights the first wins.
    public init(accept: String) {
        var best = (format: ExpositionFormat(.text), weight: 0.0)
        for item in accept.split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let type = parts.first else { continue }
            var parameters: [String: String] = [:]
            for part in parts.dropFirst() {
                let sides = part.split(separator: "=", maxSplits: 1)
                if sides.count == 2 { parameters[String(sides[0])] = String(sides[1]) }
            }
            let weight = parameters["q"].flatMap(Double.init) ?? 1
            guard weight > best.weight, let kind = Self.kind(type, parameters) else { continue }
            best = (ExpositionFormat(kind, escaping: Escaping(rawValue: parameters["escaping"] ?? "") ?? .underscores), weight)
        }
        self = best.format
    }

    private static func kind(_ type: String, _ parameters: [String: String]) -> Kind? {
        switch type {
        case "application/vnd.google.protobuf":
            let isFamily = (parameters["proto"] ?? "io.prometheus.client.metricfamily") == "io.prometheus.client.metricfamily"
            return isFamily && parameters["encoding"] == "delimited" ? .protobuf : nil
        case "application/openmetrics-text": return ["0.0.1", "1.0.0", nil].contains(parameters["version"]) ? .openMetrics : nil
        case "text/plain": return ["0.0.4", "1.0.0", nil].contains(parameters["version"]) ? .text : nil
        case "text/*", "*/*": return .text
        default: return nil
        }
    }

    public var contentType: String {
        let type =
            switch kind {
            case .text: Exposition.contentType
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            case .protobuf: "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        return "\(type); escaping=\(escaping.rawValue)"
    }
}
