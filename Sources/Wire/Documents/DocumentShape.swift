/// Which members of a document (a JSON object, a map of MessagePack, a journal's entry) are its line, its time and its stream.
///
/// Names are those of flattened members: `log.file.path`.
public struct DocumentShape: Hashable, Sendable {
    /// The member that is the line: the first of these that is a text and isn't empty. Where none is, the document itself is the line.
    public var messageNames: [String]
    /// The member that tells the time, the first of these that does; where there are none, the usual names are looked for.
    public var timeNames: [String]
    /// The members that become labels of the stream; where there are none, `DocumentShape.usualLabels`.
    public var streamNames: [String]
    /// Members that aren't kept.
    public var ignoredNames: Set<String>

    public init(messageNames: [String] = usualMessageNames, timeNames: [String] = [], streamNames: [String] = [], ignoredNames: Set<String> = []) {
        self.messageNames = messageNames
        self.timeNames = timeNames
        self.streamNames = streamNames
        self.ignoredNames = ignoredNames
    }

    /// Where shippers and their users put the line: Filebeat, Vector and Fluentd, Fluent Bit, GELF, loggers of many languages.
    public static let usualMessageNames = ["message", "log", "msg", "_msg", "short_message", "event.original", "MESSAGE"]

    /// The labels of a stream that isn't described, and where their values come from: the first member that is there.
    public static let usualLabels: [(label: String, names: [String])] = [
        ("instance", ["host.name", "host.hostname", "hostname", "host", "agent.hostname", "kubernetes.host", "kubernetes.node_name", "kubernetes.node.name"]),
        (
            "job",
            [
                "service.name", "kubernetes.container_name", "kubernetes.container.name", "container.name", "container_name", "service", "app", "application",
                "event.dataset",
            ]
        ),
        ("namespace", ["kubernetes.namespace_name", "kubernetes.namespace"]),
        ("filename", ["log.file.path", "file", "filename"]),
    ]
}
