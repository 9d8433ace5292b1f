import CPlatform
import Glibc

/// A named thread of our own, for work that blocks (fdatasync, libcurl, statvfs) and must not hold up the cooperative pool.
public final class WorkerThread: @unchecked Sendable {
    private final class Start {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    private let handle: pthread_t
    private let joined = Locked(false)

    /// Starts the thread. `name` is cut to the kernel's 15 bytes.
    public init(name: String, _ body: @escaping @Sendable () -> Void) {
        var handle = pthread_t()
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        let status = pthread_create(&handle, nil, { argument in
            let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
            nj_name_thread(start.name)
            start.body()
            return nil
        }, start.toOpaque())
        precondition(status == 0, "the system gave no thread: \(String(cString: strerror(status)))")
        self.handle = handle
    }

    /// Waits for the thread's end. Calling it again does nothing.
    public func join() {
        let first = joined.withLock { done in
            defer { done = true }
            return !done
        }
        if first { pthread_join(handle, nil) }
    }

    deinit {
        if !joined.withLock({ $0 }) { pthread_detach(handle) }
    }
}
