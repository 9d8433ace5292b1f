import Foundations
import Glibc
import Testing

@Suite struct ConcurrencyTests {
    @Test func aLockedValueLosesNoIncrement() {
        let counter = Locked(0)
        let threads = (0..<4).map { number in
            WorkerThread(name: "count \(number)") { for _ in 0..<10_000 { counter.withLock { $0 += 1 } } }
        }
        for thread in threads { thread.join() }
        #expect(counter.withLock { $0 } == 40_000)
    }

    @Test func aMonitorHandsEverythingOverInOrder() {
        let queue = Monitor<[Int]>([])
        let consumed = Locked<[Int]>([])
        let consumer = WorkerThread(name: "consumer") {
            while true {
                let next = queue.wait(until: { !$0.isEmpty }) { $0.removeFirst() }
                if next < 0 { return }
                consumed.withLock { $0.append(next) }
            }
        }
        for number in 0..<1000 { queue.update { $0.append(number) } }
        queue.update { $0.append(-1) }
        consumer.join()
        #expect(consumed.withLock { $0 } == Array(0..<1000))
    }

    @Test func aWaitEndsAtItsTimeout() {
        let monitor = Monitor(false)
        let clock = SystemClock()
        let start = clock.monotonicNanoseconds()
        #expect(monitor.wait(timeoutMilliseconds: 30, until: { $0 }) { $0 } == false)
        #expect(clock.monotonicNanoseconds() - start >= 29_000_000)
    }

    @Test func errorsLeaveTheLockFree() {
        let value = Locked(1)
        let error = FileError(operation: "write", path: "x", code: EIO)
        #expect(throws: error) { try value.withLock { (_: inout Int) throws(FileError) in throw error } }
        #expect(value.withLock { $0 } == 1)
    }

    @Test func joiningTwiceIsHarmless() {
        let thread = WorkerThread(name: "a name that is longer than fifteen bytes") {}
        thread.join()
        thread.join()
    }

    @Test func aManualClockMovesOnlyWhenTold() {
        let clock = ManualClock(milliseconds: 1000)
        clock.advance(milliseconds: 500)
        #expect(clock.nowMilliseconds() == Timestamp(milliseconds: 1500))
        clock.step(to: NanoTimestamp(nanoseconds: 7))
        #expect(clock.now() == NanoTimestamp(nanoseconds: 7))
        #expect(clock.monotonicNanoseconds() == 500_000_000)
    }

    @Test func theSameSeedGivesTheSameNumbers() {
        var left = SeededGenerator(seed: 5)
        var right = SeededGenerator(seed: 5)
        var other = SeededGenerator(seed: 6)
        let numbers = (0..<10).map { _ in left.next() }
        #expect(numbers == (0..<10).map { _ in right.next() })
        #expect(numbers != (0..<10).map { _ in other.next() })
        var known = SeededGenerator(seed: 0)
        #expect(known.next() == 0xE220_A839_7B1D_CDAF)
    }
}
