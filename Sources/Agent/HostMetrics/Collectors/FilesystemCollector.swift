import Foundations
import Model

/// The size of each mounted file system, from the mounts of process 1 and statvfs(2).
struct FilesystemCollector: HostCollector {
    let name: StaticString = "filesystem"
    private let probe = MountProbe()

    struct Mount: Equatable {
        var device: String
        var mountPoint: String
        var type: String
        var isReadOnly: Bool
    }

    func collect(_ context: HostContext) throws(HostMetricsError) {
        let mounts = try Self.mounts(context.files)
        // A folder other than / has no mounts of its own to ask: its fixtures are only parsed.
        let answers = context.files.root == "/" ? probe.ask(mounts.map(\.mountPoint)) : [:]
        for mount in mounts { emit(mount, answers[mount.mountPoint] ?? nil, context.sink) }
    }

    private func emit(_ mount: Mount, _ space: MountProbe.Space?, _ sink: SeriesSink) {
        var (device, mountPoint, type) = (mount.device, mount.mountPoint, mount.type)
        device.withUTF8 { device in
            mountPoint.withUTF8 { mountPoint in
                type.withUTF8 { type in
                    let labels = (HostLabel("device", Bytes(device)), HostLabel("fstype", Bytes(type)), HostLabel("mountpoint", Bytes(mountPoint)))
                    func add(_ name: MetricName, _ help: StaticString, _ value: Double?) {
                        sink.add(name, .gauge, help, value, labels.0, labels.1, labels.2)
                    }
                    add("node_filesystem_device_error", "Whether the file system didn't tell its size.", space == nil ? 1 : 0)
                    add("node_filesystem_readonly", "Whether it is mounted read-only.", mount.isReadOnly ? 1 : 0)
                    add("node_filesystem_size_bytes", "The file system's size.", space?.sizeBytes)
                    add("node_filesystem_free_bytes", "Free bytes, those kept for root included.", space?.freeBytes)
                    add("node_filesystem_avail_bytes", "Bytes free for all users.", space?.availableBytes)
                    add("node_filesystem_files", "Inodes in all.", space?.files)
                    add("node_filesystem_files_free", "Free inodes.", space?.filesFree)
                }
            }
        }
    }

    /// Real file systems of /proc/1/mountinfo (of this process where that can't be read), each mount point once: the last mount covers the others.
    static func mounts(_ files: HostFiles) throws(HostMetricsError) -> [Mount] {
        var lines: ByteFields
        if let ofFirstProcess = files.readIfPresent("proc/1/mountinfo") {
            lines = ByteFields(ofFirstProcess)
        } else {
            lines = ByteFields(try files.read("proc/self/mountinfo"))
        }
        var mounts: [Mount] = []
        var places: [String: Int] = [:]
        while let line = lines.nextLine() {
            guard let mount = parse(line) else { continue }
            if let place = places[mount.mountPoint] {
                mounts[place] = mount
            } else if mounts.count < HostLimits.mountsMax {
                places[mount.mountPoint] = mounts.count
                mounts.append(mount)
            }
        }
        return mounts
    }

    /// `36 35 98:0 /mnt1 /mnt/point rw,noatime master:1 - ext3 /dev/root rw,errors=continue` (proc(5)); nil for what is left out.
    private static func parse(_ line: Bytes) -> Mount? {
        var fields = ByteFields(line)
        fields.skip(4)
        guard let point = fields.next(), let options = fields.next() else { return nil }
        while let field = fields.next(), !field.equals("-") {}
        guard let type = fields.next(), let device = fields.next(), !isVirtual(type), !isSystem(point) else { return nil }
        let isReadOnly = options.equals("ro") || options.hasPrefix("ro,") || fields.next().map { $0.equals("ro") || $0.hasPrefix("ro,") } ?? false
        return Mount(device: unescaped(device), mountPoint: unescaped(point), type: type.text, isReadOnly: isReadOnly)
    }

    /// Blank, tab, line feed and backslash stand as `\040` and the like.
    private static func unescaped(_ field: Bytes) -> String {
        guard field.contains("\\") else { return field.text }
        var bytes: [UInt8] = []
        var index = 0
        while index < field.count {
            let octal = field[index...].dropFirst().prefix(3)
            if field[index] == UInt8(ascii: "\\"), octal.count == 3, octal.allSatisfy({ (0x30...0x37).contains($0) }) {
                bytes.append(octal.reduce(0) { $0 &* 8 &+ ($1 &- 0x30) })
                index += 4
            } else {
                bytes.append(field[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let virtualTypes: Set<String> = [
        "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "fusectl", "hugetlbfs", "iso9660", "mqueue",
        "nsfs", "overlay", "proc", "procfs", "pstore", "rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tracefs",
    ]

    private static func isVirtual(_ type: Bytes) -> Bool { virtualTypes.contains(type.text) }

    /// `^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)`
    private static func isSystem(_ point: Bytes) -> Bool {
        func isBelow(_ folder: StaticString) -> Bool {
            point.hasPrefix(folder) && (point.count == folder.utf8CodeUnitCount || point[folder.utf8CodeUnitCount] == UInt8(ascii: "/"))
        }
        func isInside(_ folder: StaticString) -> Bool { point.hasPrefix(folder) && point.count > folder.utf8CodeUnitCount }
        return isBelow("/dev") || isBelow("/proc") || isBelow("/sys") || isInside("/run/credentials/") || isInside("/var/lib/docker/")
            || isInside("/var/lib/containers/storage/")
    }
}
