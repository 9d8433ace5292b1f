import Foundations
import Glibc
import TestSupport

/// A file system of its own with little room, in memory, seen by the processes that are started in it.
///
/// It is mounted in a mount namespace that one waiting process holds, so nothing is left behind when that ends. Needs root, or user
/// namespaces.
final class SmallDisk: @unchecked Sendable {
    /// Where it is for processes started with `launcher`.
    let path: String
    /// Enters the namespace and becomes the command that follows.
    let launcher: [String]
    private let holder: pid_t
    private let mountPoint = TemporaryDirectory("disk")
    private var fill: Int32 = -1

    /// The same place, for this process.
    private var visiblePath: String { "/proc/\(holder)/root" + path }

    init(mebibytes: Int) async throws {
        path = mountPoint.path
        let isRoot = geteuid() == 0
        let flags = isRoot ? ["--mount"] : ["--mount", "--user", "--map-root-user"]
        let script = "mount -t tmpfs -o size=\(mebibytes)m,mode=0755 nightjar-test '\(mountPoint.path)' && exec sleep 3600"
        var argv: [UnsafeMutablePointer<CChar>?] = (["unshare"] + flags + ["sh", "-c", script]).map { strdup($0) } + [nil]
        defer { for pointer in argv { free(pointer) } }
        var child = pid_t()
        let status = posix_spawnp(&child, "unshare", nil, nil, &argv, environ)
        guard status == 0 else { throw SmallDiskError(reason: "there is no `unshare` (of util-linux): \(String(cString: strerror(status)))") }
        holder = child
        launcher = ["nsenter", "--target", String(child), "--mount"] + (isRoot ? [] : ["--user", "--preserve-credentials"])
        let place = "/proc/\(child)/root" + mountPoint.path
        var outside = stat()
        _ = stat(mountPoint.path, &outside)
        let isMounted = try await eventually { () -> Bool? in
            if waitpid(child, nil, WNOHANG) == child { return false }
            var inside = stat()
            return stat(place, &inside) == 0 && inside.st_dev != outside.st_dev ? true : nil
        }
        guard isMounted == true else {
            throw SmallDiskError(reason: "a small file system can't be mounted here: this test needs root or user namespaces (unshare --user)")
        }
    }

    deinit {
        if fill >= 0 { close(fill) }
        kill(holder, SIGKILL)
        waitpid(holder, nil, 0)
    }

    var freeBytes: Int {
        var space = statvfs()
        guard statvfs(visiblePath, &space) == 0 else { return -1 }
        return Int(space.f_bavail) * Int(space.f_frsize)
    }

    /// Writes into a file of its own until so many bytes are free, or really none.
    func fillUp(leaving bytes: Int = 0) {
        if fill < 0 { fill = open(visiblePath + "/fill", O_CREAT | O_WRONLY | O_APPEND, 0o600) }
        precondition(fill >= 0, "can't make the file that fills the disk: \(String(cString: strerror(errno)))")
        let chunk = [UInt8](repeating: 0x5A, count: 64 << 10)
        while true {
            let room = freeBytes - bytes
            if bytes > 0 && room <= 0 { return }
            if write(fill, chunk, bytes > 0 ? min(chunk.count, room) : chunk.count) <= 0 { return }
        }
    }

    /// Removes that file.
    func makeRoom() {
        close(fill)
        fill = -1
        unlink(visiblePath + "/fill")
    }
}

struct SmallDiskError: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
}
