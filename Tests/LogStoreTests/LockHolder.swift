import Foundations
import Glibc

/// Another process that holds a file's lock, until told to end.
final class LockHolder {
    private let pid: pid_t
    private let isEnded = Locked(false)

    /// Starts it and waits until the lock is taken.
    init(_ path: String) throws {
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        // `flock` gives its lock to the command; `exec` leaves one process to end.
        let arguments = ["flock", "--exclusive", "--nonblock", "--no-fork", path, "sh", "-c", "echo held; exec sleep 60"]
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in argv { free(pointer) } }
        var child = pid_t()
        let status = posix_spawnp(&child, "flock", &actions, nil, &argv, environ)
        close(ends[1])
        precondition(status == 0, "there is no `flock` (of util-linux) to start")
        pid = child
        var byte: UInt8 = 0
        let count = read(ends[0], &byte, 1)
        close(ends[0])
        precondition(count == 1, "`flock` didn't get the lock")
    }

    func end() {
        let isFirst = isEnded.withLock { done in
            defer { done = true }
            return !done
        }
        guard isFirst else { return }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    deinit { end() }
}
