import Foundations
import Glibc
import Testing

@testable import Agent

@Suite struct MountProbeTests {
    private static let space = MountProbe.Space(sizeBytes: 10, freeBytes: 5, availableBytes: 4, files: 3, filesFree: 2)

    @Test func theRootAnswers() {
        let answers = MountProbe().ask(["/", "/no/such/mount"])
        #expect((answers["/"] ?? nil)!.sizeBytes > 0)
        #expect(answers["/no/such/mount"] == .some(nil))
    }

    @Test func aHangingMountHoldsUpNeitherTheOthersNorTheNextRound() {
        let isReleased = Monitor(false)
        let calls = Locked(0)
        let probe = MountProbe(mountTimeoutMilliseconds: 300) { mount in
            if mount == "/hung" {
                calls.withLock { $0 += 1 }
                isReleased.wait(until: { $0 }) { _ in }
            }
            return Self.space
        }
        let mounts = ["/a", "/hung", "/b"]
        let first = probe.ask(mounts)
        #expect(first["/a"] == .some(Self.space) && first["/b"] == .some(Self.space) && first["/hung"] == nil)
        let start = SystemClock().monotonicNanoseconds()
        for _ in 0..<10 { #expect(probe.ask(mounts).count == 2) }
        #expect(SystemClock().monotonicNanoseconds() - start < 3_000_000_000)
        #expect(calls.withLock { $0 } == 1)
        #expect(probe.threadCount <= 2)
        isReleased.update { $0 = true }
        // Once its call has returned, it is asked again.
        var answers = probe.ask(mounts)
        for _ in 0..<6000 where answers.count < 3 {
            usleep(10_000)
            answers = probe.ask(mounts)
        }
        #expect(answers["/hung"] == .some(Self.space) && probe.threadCount == 1)
    }

    @Test func threadsDontPileUp() {
        let isReleased = Monitor(false)
        let probe = MountProbe(mountTimeoutMilliseconds: 20) { _ in
            isReleased.wait(until: { $0 }) { _ in }
            return nil
        }
        let mounts = (0..<50).map { "/hung\($0)" }
        for _ in 0..<5 { #expect(probe.ask(mounts).isEmpty) }
        #expect(probe.threadCount == HostLimits.mountThreadsMax)
        isReleased.update { $0 = true }
    }
}
