import Compression
import Foundations
import Model
import Wire

/// Values that stores get wrong: written to a server, and read back.
enum OddValues {
    private static let name = "odd_value"
    private static let stepMilliseconds: Int64 = 15_000
    /// What stands before and after each, so that a store can't keep a block of one value.
    private static let neighbours = (1.5, 2.25)

    static let cases: [(title: String, value: Double)] = [
        ("0.30000000000000004", 0.30000000000000004), ("0.7999999999999999", 0.7999999999999999), ("1/3", 1.0 / 3), ("-0", -0.0), ("+Inf", .infinity),
        ("-Inf", -.infinity), ("1e308", 1e308), ("the largest", .greatestFiniteMagnitude), ("the smallest normal", .leastNormalMagnitude),
        ("a denormal", Double(bitPattern: 0x1234_5678_9ABC)), ("the smallest denormal", .leastNonzeroMagnitude), ("2^53 - 1", 0x1p53 - 1), ("2^53 + 2", 0x1p53 + 2),
        ("a counter of 1.8e19", 18_446_744_073_709_551_615.0), ("123456789.12345679", 123_456_789.12345679), ("NaN", StaleMarker.ordinaryNaN),
    ]

    /// NaNs whose payload the query API doesn't show.
    static let payloads: [(title: String, value: Double)] = [
        ("a stale marker", StaleMarker.value), ("a NaN with a payload", Double(bitPattern: 0x7FF8_0000_DEAD_BEEF)),
        ("a negative NaN", Double(bitPattern: 0xFFF8_0000_0000_0042)),
    ]

    static func body(at start: Timestamp) -> Body {
        let entries = (cases + payloads).map { item in
            MetricBatch.Entry(
                labels: ["__name__": name, "case": item.title],
                samples: [neighbours.0, item.value, neighbours.1].enumerated().map {
                    Sample(timestamp: start.milliseconds + Int64($0.offset) * stepMilliseconds, value: $0.element)
                })
        }
        return Body(sampleCount: entries.count * 3, bytes: Snappy.compress(RemoteWrite.encodeV1(MetricBatch(entries: entries))))
    }

    /// The cases that the query API doesn't give back as they were.
    static func wrongInQueries(_ server: RunningServer, at start: Timestamp) async throws -> [String] {
        let json = try await server.query("\(name)[5m]", at: start.advanced(byMilliseconds: 60_000))
        guard let reply = MatrixReply(json) else { throw BenchError("\(server.peer.name)'s answer to a range selector isn't understood") }
        return cases.filter { item in
            let points = reply.series["__name__=\(name),case=\(item.title)"] ?? []
            guard points.map(\.milliseconds) == (0..<3).map({ start.milliseconds + $0 * stepMilliseconds }) else { return true }
            let isSame = item.value.isNaN ? points[1].value.isNaN : points[1].value.bitPattern == item.value.bitPattern
            return !(isSame && points[0].value == neighbours.0 && points[2].value == neighbours.1)
        }.map(\.title)
    }

    /// The cases, NaNs among them, that remote read doesn't give back bit for bit.
    static func wrongInRemoteRead(_ server: RunningServer, at start: Timestamp) async throws -> [String] {
        let reply = try await server.post(
            "/api/v1/read", Snappy.compress(readRequest(at: start)),
            headers: [
                ("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy"), ("X-Prometheus-Remote-Read-Version", "0.1.0"),
            ])
        let plain = try Snappy.decompress(reply, bytesMax: 16 << 20)
        // ReadResponse { results = 1 { timeseries = 1 } }: a result is spelled as a version 1 write request.
        let batch = try plain.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            guard reader.readUInt8() == 0x0A, let result = reader.readLengthPrefixed() else { throw BenchError("the answer to a remote read isn't understood") }
            return try RemoteWrite.decode(result, version: .v1)
        }
        let values = Dictionary(batch.entries.map { ($0.labels["case"] ?? "", $0.samples.map(\.value.bitPattern)) }, uniquingKeysWith: { $1 })
        return (cases + payloads).filter { values[$0.title] != [neighbours.0, $0.value, neighbours.1].map(\.bitPattern) }.map(\.title)
    }

    /// ReadRequest { queries = 1 { start = 1, end = 2, matchers = 3 { name = 2, value = 3 } } }
    private static func readRequest(at start: Timestamp) -> [UInt8] {
        var matcher: [UInt8] = [0x12]
        matcher.append(lengthPrefixed: "__name__")
        matcher.append(0x1A)
        matcher.append(lengthPrefixed: name)
        var query: [UInt8] = [0x08]
        query.append(varint: UInt64(start.milliseconds))
        query.append(0x10)
        query.append(varint: UInt64(start.milliseconds + 3 * stepMilliseconds))
        query.append(0x1A)
        query.append(lengthPrefixed: matcher)
        var request: [UInt8] = [0x0A]
        request.append(lengthPrefixed: query)
        return request
    }
}
