import Foundations

/// A range of time on a grid of whole steps, so that a chart doesn't shift with every refresh.
struct TimeWindow: Hashable, Sendable {
    var start: Timestamp
    var end: Timestamp
    var stepSeconds: Int64

    /// The `rangeSeconds` before `now`; a step is at least 15 s.
    init(rangeSeconds: Int64, now: Timestamp) {
        stepSeconds = max(15, (rangeSeconds + Int64(Limits.chartPoints) - 1) / Int64(Limits.chartPoints))
        let endSeconds = now.milliseconds / 1000 / stepSeconds * stepSeconds
        end = Timestamp(seconds: endSeconds)
        start = Timestamp(seconds: endSeconds - rangeSeconds / stepSeconds * stepSeconds)
    }

    var count: Int { Int((end.milliseconds - start.milliseconds) / 1000 / stepSeconds) + 1 }

    /// The window of a rate: several samples, and no gap between two steps.
    var rateText: String { "\(max(60, stepSeconds * 2))s" }
}

/// The queries for hosts, under the names of node_exporter. One query serves all hosts.
extension APIClient {
    private static let realFileSystems = #"fstype!~"tmpfs|devtmpfs|ramfs|overlay|squashfs|iso9660|autofs|fuse.*|efivarfs""#

    func hostMeasures(_ window: TimeWindow) async throws(DashboardError) -> HostMeasures {
        let rate = window.rateText
        async let cpu = range(#"1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[\#(rate)]))"#, window)
        async let memory = range("1 - sum by (instance) (node_memory_MemAvailable_bytes) / sum by (instance) (node_memory_MemTotal_bytes)", window)
        async let disk = range(
            "max by (instance) (1 - node_filesystem_avail_bytes{\(Self.realFileSystems)} / node_filesystem_size_bytes{\(Self.realFileSystems)})", window)
        async let load = range("max by (instance) (node_load1)", window)
        async let receive = range(#"sum by (instance) (rate(node_network_receive_bytes_total{device!="lo"}[\#(rate)]))"#, window)
        async let transmit = range(#"sum by (instance) (rate(node_network_transmit_bytes_total{device!="lo"}[\#(rate)]))"#, window)
        async let processors = query(#"count by (instance) (node_cpu_seconds_total{mode="idle"})"#, at: window.end)
        let sampledAt = await newestSamples()
        var measures = HostMeasures(start: window.start, end: window.end)
        do {
            measures.cpu = rows(try await cpu, window)
            measures.memory = rows(try await memory, window)
            measures.disk = rows(try await disk, window)
            measures.load = rows(try await load, window)
            measures.receive = rows(try await receive, window)
            measures.transmit = rows(try await transmit, window)
            measures.processors = try await processors.values(by: "instance")
        } catch {
            throw error as? DashboardError ?? .unreachable(reason: "the request was cancelled")
        }
        measures.sampledAt = sampledAt
        return measures
    }

    /// When the newest sample of each host was taken, in seconds since 1970. Empty where the collector can't tell: then the moment the
    /// agent was last seen stands in for it.
    private func newestSamples() async -> [String: Double] {
        do throws(DashboardError) {
            return try await query("max by (instance) (timestamp(node_load1))", at: SystemClock().nowMilliseconds()).values(by: "instance")
        } catch {
            return [:]
        }
    }

    func hostDetail(_ instance: String, _ window: TimeWindow) async throws(DashboardError) -> HostDetail {
        let rate = window.rateText
        let host = "instance=\(Text.quoted(instance))"
        async let cpu = range(#"1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle",\#(host)}[\#(rate)]))"#, window)
        async let memory = range("1 - sum by (instance) (node_memory_MemAvailable_bytes{\(host)}) / sum by (instance) (node_memory_MemTotal_bytes{\(host)})", window)
        async let read = range("sum by (instance) (rate(node_disk_read_bytes_total{\(host)}[\(rate)]))", window)
        async let written = range("sum by (instance) (rate(node_disk_written_bytes_total{\(host)}[\(rate)]))", window)
        async let receive = range(#"sum by (instance) (rate(node_network_receive_bytes_total{device!="lo",\#(host)}[\#(rate)]))"#, window)
        async let transmit = range(#"sum by (instance) (rate(node_network_transmit_bytes_total{device!="lo",\#(host)}[\#(rate)]))"#, window)
        async let sizes = query("node_filesystem_size_bytes{\(Self.realFileSystems),\(host)}", at: window.end)
        async let available = query("node_filesystem_avail_bytes{\(Self.realFileSystems),\(host)}", at: window.end)
        async let logs = logs("{\(host)}", start: window.start, end: window.end.advanced(byMilliseconds: 3_600_000), limit: 100)
        var detail = HostDetail(instance: instance, start: window.start, end: window.end)
        do {
            detail.cpu = rows(try await cpu, window)[instance] ?? []
            detail.memory = rows(try await memory, window)[instance] ?? []
            detail.diskRead = rows(try await read, window)[instance] ?? []
            detail.diskWrite = rows(try await written, window)[instance] ?? []
            detail.receive = rows(try await receive, window)[instance] ?? []
            detail.transmit = rows(try await transmit, window)[instance] ?? []
            detail.fileSystems = Self.fileSystems(try await sizes, try await available)
            detail.logs = try await logs
        } catch {
            throw error as? DashboardError ?? .unreachable(reason: "the request was cancelled")
        }
        return detail
    }

    private func rows(_ reply: QueryReply, _ window: TimeWindow) -> HostMeasures.Rows {
        reply.rows(by: "instance", start: window.start, stepSeconds: window.stepSeconds, count: window.count)
    }

    /// Fullest first; a device that is mounted more than once stands under its first mount point.
    private static func fileSystems(_ sizes: QueryReply, _ available: QueryReply) -> [HostDetail.FileSystem] {
        let free = available.values(by: "mountpoint")
        var seen: Set<String> = []
        return sizes.result.sorted { ($0.metric["mountpoint"] ?? "").utf8.count < ($1.metric["mountpoint"] ?? "").utf8.count }.compactMap { row in
            let mountPoint = row.metric["mountpoint"] ?? ""
            let device = row.metric["device"] ?? mountPoint
            guard let size = row.value?.value, size.isFinite, size > 0, let available = free[mountPoint], seen.insert(device).inserted else { return nil }
            return HostDetail.FileSystem(mountPoint: mountPoint, device: device, sizeBytes: size, availableBytes: available)
        }.sorted { ($1.usedFraction, $0.mountPoint) < ($0.usedFraction, $1.mountPoint) }
    }
}
