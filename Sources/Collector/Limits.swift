/// Every bound of the collector's edge, with the value that ships.
public struct CollectorLimits: Sendable {
    // Connections

    /// Bytes of a request's line and headers together, and of each: what common servers take as a maximum for one header.
    public var headerBytesMax = 16 << 10
    /// Header fields of a request: no real client sends a quarter of it.
    public var headerFieldsMax = 100
    /// Seconds after which a connection without traffic is closed; agents send every 10 s.
    public var idleSeconds = 60
    /// Seconds from accepting a connection (the TLS handshake included) to its first whole request head, against clients that dribble.
    public var firstRequestSeconds: Int64 = 15
    /// Open connections; more wait in the system's backlog. Each costs some 30 KiB, and a descriptor of the usual 65,536.
    public var connectionsMax = 16_384
    /// Seconds that requests under way have to finish when the server stops.
    public var shutdownSeconds = 5

    // Ingestion

    /// Bytes of a request body as it comes over the wire: agents split at 1 MiB, Prometheus sends some 100 KiB.
    public var bodyBytesMax = 4 << 20
    /// Bytes of a body once decompressed: four times the above, where real metric batches inflate by 3 to 10.
    public var inflatedBytesMax = 16 << 20
    /// Seconds to bring a whole body: at 4 MiB that is a line of 1.1 Mbit/s.
    public var bodySeconds = 30
    /// Requests that are decoded and stored at a time: each may hold 16 MiB inflated and as much decoded.
    public var ingestConcurrentMax = 16
    /// Requests that wait for one of those places; with more, senders are better off backing off.
    public var ingestWaitingMax = 256
    /// Bytes of bodies held at a time, over all requests.
    public var bytesInFlightMax = 128 << 20
    /// What a refused sender is told to wait, in seconds, when the collector is busy.
    public var overloadRetrySeconds = 2
    /// The same when the disk is full: nothing changes within seconds there.
    public var diskRetrySeconds = 30
    /// Milliseconds for which a measurement of the free space is believed.
    public var diskCheckMilliseconds: Int64 = 1000
    /// Free bytes under which ingestion is refused, unless options say otherwise; at most a twentieth of the disk.
    public var diskReserveBytes: Int64 = 256 << 20

    // Socket inputs

    /// Open connections of one input: a shipper has one or a few.
    public var inputConnectionsMax = 1024
    /// A message of syslog or GELF on a connection: the line's own bound; a longer one of syslog is cut, one of GELF ends the connection.
    public var inputMessageBytesMax = 1 << 20
    /// Records of datagrams that wait to be stored: about a second of a busy sender.
    public var datagramRecordsMax = 50_000
    /// Bytes of them.
    public var datagramBytesMax = 32 << 20
    /// Milliseconds for which records of datagrams are gathered before they are stored, so that a commit holds more than one.
    public var datagramGatherMilliseconds = 20
    /// The system's buffer for datagrams that aren't read yet, as far as it allows (net.core.rmem_max).
    public var datagramSocketBytes = 8 << 20
    /// Datagrams that are read in one call.
    public var datagramsPerRead = 16

    // Queries

    /// Bytes of a POSTed form: a query text of 64 KiB and some hundred selectors fit.
    public var formBytesMax = 1 << 20
    /// Queries at a time, Prometheus's default.
    public var queriesConcurrentMax = 20
    /// Queries that wait for a place.
    public var queriesWaitingMax = 100
    /// Steps of a range query per series, Prometheus's own bound: a screen has fewer columns.
    public var pointsPerSeriesMax: Int64 = 11_000
    /// Seconds a query may run; `timeout` can only shorten it.
    public var querySeconds = 30.0
    /// Bytes of lines that a log query may read, after what the index leaves out: some ten seconds of a core.
    public var logQueryBytesMax = 16 << 30
    /// Lines that are looked at for the fields in them, where the request doesn't say: Loki's default.
    public var detectedFieldLinesDefault = 1_000
    /// The same at most: a second's work.
    public var detectedFieldLinesMax = 50_000
    /// Streams of one answer about volumes, Loki's default.
    public var volumeSeriesDefault = 100
    /// Samples that a query may read: a day of 50,000 series at 10 s.
    public var querySamplesMax = 500_000_000
    /// Bytes that a query may hold at a time.
    public var queryMemoryBytesMax = 1 << 30
    /// Bytes of results kept for dashboards that ask again; 0 keeps none.
    public var resultCacheBytesMax = 64 << 20
    /// Conditions that a request may add to all selectors of its query; people and proxies add one to five, and each costs every read.
    public var extraMatchersMax = 64
    /// Series, label names or values in one answer, where the request sets no lower `limit`.
    public var listedItemsMax = 100_000
    /// Log entries in one answer, Loki's own default for `max_entries_limit_per_query`.
    public var logEntriesMax = 5_000
    /// Log entries in an answer to a request that doesn't say, Loki's default.
    public var logEntriesDefault = 100
    /// Samples that one remote read or federation may take up: some 320 MB in memory, a day of 10,000 series at 30 s.
    public var remoteReadSamplesMax = 20_000_000
    /// Bytes of a frame of a streamed remote read, Prometheus's default.
    public var remoteReadFrameBytesMax = 1 << 20
    /// Bytes from which an answer is worth compressing: under it the headers dominate.
    public var compressedReplyBytesMin = 1 << 10

    // Live tails

    /// Tails at a time; each has a buffer of records in the log store.
    public var tailsMax = 100
    /// Records that one message carries at most.
    public var tailBatchRecordsMax = 500
    /// Milliseconds for which records are gathered before they are sent, so that a busy stream isn't a packet a line.
    public var tailGatherMilliseconds = 50
    /// Seconds between signs of life on a quiet tail, well under the idle limits of proxies.
    public var tailKeepAliveSeconds = 15

    // Security

    /// Failed authentications of one address within a minute; then it gets 429. A person who mistypes needs fewer.
    public var authenticationFailuresPerMinuteMax = 10
    /// Addresses whose failures are remembered; the oldest are forgotten first.
    public var authenticationAddressesMax = 10_000
    /// Bytes of a token file: some thousand tokens.
    public var tokenFileBytesMax = 1 << 20

    // Self-monitoring

    /// Seconds between two writes of the collector's own metrics, as for any host metric here.
    public var monitoringIntervalSeconds = 10
    /// Agents kept in the list; the one unseen for longest goes first. Twice the fleet one collector is meant for.
    public var agentsMax = 20_000
    /// Seconds without a request after which an agent is late: three of its intervals.
    public var agentLateSeconds = 30
    /// Seconds without a request after which an agent is missing.
    public var agentMissingSeconds = 120
    /// Seconds between two log lines about refusals of the same reason.
    public var refusalLogIntervalSeconds: Int64 = 10

    public init() {}
}
