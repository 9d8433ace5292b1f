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

    init(_ span: TimeSpan, at moment: Timestamp) { self.init(rangeSeconds: span.seconds, now: span.end(at: moment)) }

    var count: Int { Int((end.milliseconds - start.milliseconds) / 1000 / stepSeconds) + 1 }

    /// The window of a rate: several samples, and no gap between two steps.
    var rateText: String { "\(max(60, stepSeconds * 2))s" }
}

/// The queries for hosts, under the names of node_exporter. One query serves all hosts.
extension APIClient {
    static let realFileSystems = #"fstype!~"tmpfs|devtmpfs|ramfs|overlay|squashfs|iso9660|autofs|fuse.*|efivarfs""#
    private static let rateText = "60s"

    /// The newest values of all hosts. Ten thousand hosts are some 5 MB of answers; courses are asked for those on the screen alone.
    func hostMeasures(at moment: Timestamp) async throws(DashboardError) -> HostMeasures {
        let rate = Self.rateText
        async let cpu = query(#"1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[\#(rate)]))"#, at: moment)
        async let memory = query("1 - sum by (instance) (node_memory_MemAvailable_bytes) / sum by (instance) (node_memory_MemTotal_bytes)", at: moment)
        async let disk = query(
            "max by (instance) (1 - node_filesystem_avail_bytes{\(Self.realFileSystems)} / node_filesystem_size_bytes{\(Self.realFileSystems)})", at: moment)
        async let load = query("max by (instance) (node_load1)", at: moment)
        async let receive = query(#"sum by (instance) (rate(node_network_receive_bytes_total{device!="lo"}[\#(rate)]))"#, at: moment)
        async let transmit = query(#"sum by (instance) (rate(node_network_transmit_bytes_total{device!="lo"}[\#(rate)]))"#, at: moment)
        async let processors = query(#"count by (instance) (node_cpu_seconds_total{mode="idle"})"#, at: moment)
        async let sampled = query("max by (instance, \(HostPlace.labelNames.joined(separator: ", "))) (timestamp(node_load1))", at: moment)
        var measures = HostMeasures()
        do {
            measures.cpu = try await cpu.values(by: "instance")
            measures.memory = try await memory.values(by: "instance")
            measures.disk = try await disk.values(by: "instance")
            measures.load = try await load.values(by: "instance")
            measures.receive = try await receive.values(by: "instance")
            measures.transmit = try await transmit.values(by: "instance")
            measures.processors = try await processors.values(by: "instance")
            let newest = try await sampled
            measures.sampledAt = newest.values(by: "instance")
            for row in newest.result {
                if let instance = row.metric["instance"] { measures.places[instance] = HostPlace { row.metric[$0] } }
            }
        } catch {
            throw error as? DashboardError ?? .unreachable(reason: "the request was cancelled")
        }
        return measures
    }

    /// The course of processors and memory of some hosts.
    func hostTrends(_ instances: [String], _ window: TimeWindow) async throws(DashboardError) -> HostTrends {
        let hosts = "instance=~\(Text.quoted(instances.map(Self.escapedForExpression).joined(separator: "|")))"
        async let cpu = range(#"1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle",\#(hosts)}[\#(window.rateText)]))"#, window)
        async let memory = range(
            "1 - sum by (instance) (node_memory_MemAvailable_bytes{\(hosts)}) / sum by (instance) (node_memory_MemTotal_bytes{\(hosts)})", window)
        do {
            func rows(_ reply: QueryReply) -> [String: [Double?]] {
                reply.rows(by: "instance", start: window.start, stepSeconds: window.stepSeconds, count: window.count)
            }
            return HostTrends(instances: instances, window: window, cpu: rows(try await cpu), memory: rows(try await memory))
        } catch {
            throw error as? DashboardError ?? .unreachable(reason: "the request was cancelled")
        }
    }

    /// A text as a regular expression that takes nothing else.
    private static func escapedForExpression(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            if #"\.+*?()|[]{}^$"#.contains(character) { escaped += "\\" }
            escaped.append(character)
        }
    }

    /// What one tab of a host shows.
    func hostDetail(_ instance: String, _ tab: HostTab, _ window: TimeWindow) async throws(DashboardError) -> HostDetail {
        var detail = HostDetail(instance: instance, tab: tab, window: window)
        let host = "instance=\(Text.quoted(instance))"
        for panel in tab.panels {
            var courses: [HostDetail.Course] = []
            for line in panel.lines {
                let reply = try await range(line.expression(host: host, rate: window.rateText), window)
                let rows = reply.rows(by: line.label ?? "instance", start: window.start, stepSeconds: window.stepSeconds, count: window.count)
                courses += rows.sorted { $0.key < $1.key }.map { HostDetail.Course(name: line.label == nil ? line.name : $0.key + line.name, values: $0.value) }
            }
            detail.panels.append(courses)
        }
        if tab == .disks || tab == .summary { detail.fileSystems = try await fileSystems(host, at: window.end) }
        if tab == .summary || tab == .logs {
            detail.logs = try await logs("{\(host)}", start: window.start, end: window.end.advanced(byMilliseconds: 60_000), limit: tab == .logs ? Limits.logLines : 100)
        }
        return detail
    }

    /// Fullest first; a device that is mounted more than once stands under its first mount point.
    private func fileSystems(_ host: String, at moment: Timestamp) async throws(DashboardError) -> [HostDetail.FileSystem] {
        let sizes = try await query("node_filesystem_size_bytes{\(Self.realFileSystems),\(host)}", at: moment)
        let free = try await query("node_filesystem_avail_bytes{\(Self.realFileSystems),\(host)}", at: moment).values(by: "mountpoint")
        var seen: Set<String> = []
        return sizes.result.sorted { ($0.metric["mountpoint"] ?? "").utf8.count < ($1.metric["mountpoint"] ?? "").utf8.count }.compactMap { row in
            let mountPoint = row.metric["mountpoint"] ?? ""
            let device = row.metric["device"] ?? mountPoint
            guard let size = row.value?.value, size.isFinite, size > 0, let available = free[mountPoint], seen.insert(device).inserted else { return nil }
            return HostDetail.FileSystem(mountPoint: mountPoint, device: device, sizeBytes: size, availableBytes: available)
        }.sorted { ($1.usedFraction, $0.mountPoint) < ($0.usedFraction, $1.mountPoint) }
    }
}
