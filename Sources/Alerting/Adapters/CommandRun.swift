import Foundation
import Foundations
import Glibc

/// Runs a receiver's program: the message on its standard input, what it prints as the answer.
struct CommandRun: Sendable {
    /// EX_TEMPFAIL of sysexits.h: to be tried again.
    private static let laterCode: Int32 = 75

    var arguments: [String]
    var environment: [String: String]
    var input: [UInt8]
    var timeoutSeconds: Double

    /// 200 for exit code 0; 503, tried again, for 75, a signal or a timeout; 400, for good, for any other code.
    func reply() async -> DeliveryReply {
        await withCheckedContinuation { continuation in
            let thread = WorkerThread(name: "command") { continuation.resume(returning: run()) }
            withExtendedLifetime(thread) {}
        }
    }

    private func run() -> DeliveryReply {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        // The program gets what it needs to run, and nothing that this process knows.
        process.environment = environment.merging(["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"]) { $1 }
        let (standardInput, output) = (Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = output
        do {
            try process.run()
        } catch {
            return DeliveryReply(status: 503, body: Array("the program can't be started: \(error.localizedDescription)".utf8))
        }
        let hasTimedOut = Locked(false)
        let timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + timeoutSeconds)
        timer.setEventHandler {
            hasTimedOut.withLock { $0 = true }
            kill(process.processIdentifier, SIGKILL)
        }
        timer.resume()
        defer { timer.cancel() }
        let writer = WorkerThread(name: "command-input") { [input] in
            // A program that doesn't read to the end is its own affair: the exit code counts. The signal of the broken pipe dies with this thread.
            var broken = sigset_t()
            sigemptyset(&broken)
            sigaddset(&broken, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &broken, nil)
            try? standardInput.fileHandleForWriting.write(contentsOf: Data(input))
            try? standardInput.fileHandleForWriting.close()
        }
        // What the program started may hold its output open beyond its end: the time bounds that too.
        let end = SystemClock().monotonicNanoseconds() + Int64(timeoutSeconds * 1e9)
        var answer: [UInt8] = []
        var ready = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let left = (end - SystemClock().monotonicNanoseconds()) / 1_000_000
            guard left > 0, poll(&ready, 1, Int32(clamping: left)) > 0 else { break }
            var piece = [UInt8](repeating: 0, count: 4096)
            let count = Glibc.read(ready.fd, &piece, piece.count)
            if count <= 0 { break }
            if answer.count < Limits.replyBytesMax { answer += piece[..<count] }
        }
        process.waitUntilExit()
        writer.join()
        if hasTimedOut.withLock({ $0 }) { return DeliveryReply(status: 503, body: Array("no end within \(timeoutSeconds) s".utf8)) }
        if process.terminationReason == .uncaughtSignal { return DeliveryReply(status: 503, body: Array("ended by signal \(process.terminationStatus)".utf8)) }
        switch process.terminationStatus {
        case 0: return DeliveryReply(status: 200, body: answer)
        case Self.laterCode: return DeliveryReply(status: 503, body: answer)
        default: return DeliveryReply(status: 400, body: Array("exit code \(process.terminationStatus): ".utf8) + answer)
        }
    }
}
