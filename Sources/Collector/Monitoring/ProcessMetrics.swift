import Foundations
import Glibc

/// What the kernel says of this process, under the names that Prometheus's client libraries use.
enum ProcessMetrics {
    static func families(clock: any WallClock) -> [MetricFamily] {
        var families: [MetricFamily] = []
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            families.append(
                MetricFamily(
                    "process_cpu_seconds_total", .counter, "Processor time of this process, in seconds.",
                    seconds(usage.ru_utime) + seconds(usage.ru_stime)))
        }
        if let pages = words("/proc/self/statm").dropFirst().first.flatMap({ Double($0) }) {
            families.append(
                MetricFamily(
                    "process_resident_memory_bytes", .gauge, "Memory of this process that is in RAM, in bytes.", pages * Double(getpagesize())))
        }
        if let descriptors = try? RealFileSystem().list("/proc/self/fd") {
            families.append(MetricFamily("process_open_fds", .gauge, "Open file descriptors.", Double(descriptors.count)))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            families.append(MetricFamily("process_max_fds", .gauge, "File descriptors that may be open.", Double(limit.rlim_cur)))
        }
        return families
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }

    private static func words(_ path: String) -> [Substring] {
        guard let file = try? RealFileSystem().open(path, .read) else { return [] }
        defer { file.close() }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = (try? bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }) ?? 0
        return String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: " ")
    }
}
