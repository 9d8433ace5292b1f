import CCurl
import Foundations

/// One thread that drives all transfers of a client over a curl multi handle.
final class TransferLoop: Sendable {
    private struct Mailbox {
        var submitted: [Transfer] = []
        var cancelled: [Transfer] = []
        var state = State.idle
    }

    private enum State { case idle, running, closed }

    private static let initialized: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let mailbox = Locked(Mailbox())
    /// Used by the thread, but for `curl_multi_wakeup`, which may be called from any.
    private nonisolated(unsafe) let multi: OpaquePointer

    init(connectionsMax: Int) {
        precondition(Self.initialized, "libcurl can't be initialized")
        multi = OpaquePointer(curl_multi_init()!)
        _ = nj_curl_multi_set_long(handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, connectionsMax)
        _ = nj_curl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, connectionsMax)
    }

    private var handle: UnsafeMutableRawPointer { UnsafeMutableRawPointer(multi) }

    deinit { _ = curl_multi_cleanup(handle) }

    func submit(_ transfer: Transfer) {
        let refused = mailbox.withLock { box in
            if box.state == .closed { return true }
            box.submitted.append(transfer)
            if box.state == .idle {
                box.state = .running
                // The thread keeps the loop alive until it is closed.
                _ = WorkerThread(name: "outbound") { [self] in run() }
            }
            return false
        }
        if refused { transfer.finish(.failure(.closed)) } else { wake() }
    }

    func cancel(_ transfer: Transfer) {
        transfer.isCancelled.withLock { $0 = true }
        mailbox.withLock { $0.cancelled.append(transfer) }
        wake()
    }

    func close() {
        mailbox.withLock { $0.state = .closed }
        wake()
    }

    private func wake() { _ = curl_multi_wakeup(handle) }

    // MARK: On the thread

    private func run() {
        var active: [UnsafeMutableRawPointer: Transfer] = [:]
        while true {
            let (submitted, cancelled, isClosed) = mailbox.withLock { box in
                defer { (box.submitted, box.cancelled) = ([], []) }
                return (box.submitted, box.cancelled, box.state == .closed)
            }
            for transfer in submitted { start(transfer, &active) }
            for transfer in cancelled { end(transfer, .failure(.cancelled), &active) }
            if isClosed {
                for transfer in active.values { end(transfer, .failure(.closed), &active) }
                return
            }
            var running: Int32 = 0
            _ = curl_multi_perform(handle, &running)
            var waiting: Int32 = 0
            while let message = curl_multi_info_read(handle, &waiting) {
                guard message.pointee.msg == CURLMSG_DONE, let transfer = active[message.pointee.easy_handle] else { continue }
                end(transfer, transfer.outcome(message.pointee.data.result), &active)
            }
            _ = curl_multi_poll(handle, nil, 0, Limits.pollMillisecondsMax, nil)
        }
    }

    private func start(_ transfer: Transfer, _ active: inout [UnsafeMutableRawPointer: Transfer]) {
        if transfer.isCancelled.withLock({ $0 }) { return transfer.finish(.failure(.cancelled)) }
        guard let easy = transfer.prepare() else {
            return transfer.finish(.failure(.badRequest(place: transfer.place, reason: "libcurl refused its options or has no memory")))
        }
        active[easy] = transfer
        let status = curl_multi_add_handle(handle, easy)
        if status != CURLM_OK {
            end(transfer, .failure(.badRequest(place: transfer.place, reason: String(cString: curl_multi_strerror(status)))), &active)
        }
    }

    /// Ends a running transfer; one that ended already, or hasn't started yet, is left alone.
    private func end(_ transfer: Transfer, _ result: Result<HTTPReply, OutboundError>, _ active: inout [UnsafeMutableRawPointer: Transfer]) {
        guard let easy = transfer.easy, active.removeValue(forKey: easy) != nil else { return }
        _ = curl_multi_remove_handle(handle, easy)
        transfer.finish(result)
    }
}
